;;! opt = "1"
;;! function = "fac"

;; No stack check in the prologue: the guard page finds exhaustion.
(module
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1))))))))

;; ; function 0 (fac)
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %r12, (%rsp)
;; block0:
;;   testq %rdi, %rdi
;;   movq %rdi, %r12
;;   jz      label2; j label1
;; block1:
;;   movq %r12, %r11
;;   movq %r11, %rdi
;;   subq $0x1, %rdi
;;   call    User(userextname0)
;;   movq %r12, %rdi
;;   imulq %rax, %rdi
;;   movq %rdi, %rax
;;   jmp     label3
;; block2:
;;   movl $0x1, %eax
;;   jmp     label3
;; block3:
;;   movq (%rsp), %r12
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
