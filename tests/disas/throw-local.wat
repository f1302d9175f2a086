;;! function = "throws"

;; What is thrown to a handler of the same function is a jump, also from an inlined function: no object, no search.
(module
  (tag $e (param i32))
  (func $throws_if (param i32) (if (i32.gt_s (local.get 0) (i32.const 9)) (then (throw $e (local.get 0)))))
  (func $throws (export "throws") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $e $caught) (call $throws_if (local.get 0)))
      (return (i32.const -1)))))

;; ; function 1 (throws)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   cmpl $0x9, %edi
;;   movq %rdi, %rax
;;   jnle    label3; j label1
;; block1:
;;   jmp     label2
;; block2:
;;   movl $0xffffffff, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   jmp     label4
;; block4:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
