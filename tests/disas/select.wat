;;! function = "max"

;; One comparison and a conditional move.
(module
  (func $max (export "max") (param i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1)))))

;; ; function 0 (max)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   cmpl %edi, %esi
;;   movq %rdi, %rax
;;   cmovgel %esi, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
