;; An addition and an addition with carry; one multiplication gives both halves.
(module
  (func $add (export "add") (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $sub (export "sub") (param i64 i64 i64 i64) (result i64 i64)
    (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $mul_u (export "mul_u") (param i64 i64) (result i64 i64)
    (i64.mul_wide_u (local.get 0) (local.get 1)))
  (func $mul_s (export "mul_s") (param i64 i64) (result i64 i64)
    (i64.mul_wide_s (local.get 0) (local.get 1))))

;; ; function 0 (add)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   addq %rdx, %rax
;;   movq %rcx, %r8
;;   movq %rsi, %rcx
;;   adcq %r8, %rcx
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (sub)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   subq %rdx, %rax
;;   movq %rcx, %r8
;;   movq %rsi, %rcx
;;   sbbq %r8, %rcx
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (mul_u)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   mulq %rsi ;; implicit: %rax, %rdx
;;   movq %rdx, %rcx
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 3 (mul_s)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   imulq %rsi ;; implicit: %rax, %rdx
;;   movq %rdx, %rcx
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
