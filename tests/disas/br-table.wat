;;! function = "switch"
;;! disable-pass = "tables"

;; A jump table; the index is clamped, also under speculation.
(module
  (func $switch (export "switch") (param i32) (result i32)
    (block (block (block (block
      (br_table 0 1 2 3 (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
      (return (i32.const 30)))
    (i32.const 40)))

;; ; function 0 (switch)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x3, %r8d
;;   movl %edi, %r9d
;;   cmpl %r8d, %r9d
;;   cmovbl %r9d, %r8d
;;   br_table %r8, %rcx, %rax
;; block1:
;;   movl $0x1e, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   movl $0x14, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   movl $0xa, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block4:
;;   movl $0x28, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
