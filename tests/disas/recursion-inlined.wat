;;! function = "fac"

;; A small recursive function is inlined into itself twice.
(module
  (func $fac (export "fac") (param i64) (result i64)
    (if (result i64) (i64.eqz (local.get 0))
      (then (i64.const 1))
      (else (i64.mul (local.get 0) (call $fac (i64.sub (local.get 0) (i64.const 1))))))))

;; ; function 0 (fac)
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %r15, (%rsp)
;; block0:
;;   testq %rdi, %rdi
;;   jz      label8; j label1
;; block1:
;;   cmpq $0x1, %rdi
;;   jz      label6; j label2
;; block2:
;;   cmpq $0x2, %rdi
;;   movq %rdi, %r15
;;   jz      label4; j label3
;; block3:
;;   movq %r15, %rax
;;   leaq -3(%rax), %rdi
;;   call    User(userextname0)
;;   movq %r15, %rdi
;;   leaq -2(%rdi), %r10
;;   imulq %rax, %r10
;;   jmp     label5
;; block4:
;;   movq %r15, %rdi
;;   movl $0x1, %r10d
;;   jmp     label5
;; block5:
;;   leaq -1(%rdi), %rax
;;   imulq %r10, %rax
;;   jmp     label7
;; block6:
;;   movl $0x1, %eax
;;   jmp     label7
;; block7:
;;   imulq %rdi, %rax
;;   jmp     label9
;; block8:
;;   movl $0x1, %eax
;;   jmp     label9
;; block9:
;;   movq (%rsp), %r15
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
