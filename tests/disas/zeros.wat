;;! function = "trailing"

;; Both halves are counted at once.
(module
  (func $trailing (export "trailing") (param i64) (result i32)
    (select
      (i32.ctz (i32.wrap_i64 (local.get 0)))
      (i32.add (i32.ctz (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32)))) (i32.const 32))
      (i32.wrap_i64 (local.get 0)))))

;; ; function 0 (trailing)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x40, %edx
;;   bsfq %rdi, %rax
;;   cmoveq %rdx, %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
