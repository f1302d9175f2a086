;;! function = "few"

;; Two targets beside the default: comparisons take the place of the table.
(module
  (func $few (export "few") (param i32) (result i32)
    (block $default
      (block $b
        (block $a
          (br_table $a $default $default $b $b $b $default (local.get 0)))
        (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30)))

;; ; function 0 (few)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jz      label4; j label1
;; block1:
;;   leal -3(%rdi), %edi
;;   cmpl $0x2, %edi
;;   jbe     label3; j label2
;; block2:
;;   movl $0x1e, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   movl $0x14, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block4:
;;   movl $0xa, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
