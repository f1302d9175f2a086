;;! target = "x86_64"

;; A jump.
(module
  (table 2 2 funcref)
  (elem (i32.const 0) $even $odd)
  (type $f (func (param i32) (result i32)))
  (func $even (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
  (func $odd (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0)) (else (return_call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "indirect") (param i32 i32) (result i32) (return_call_indirect (type $f) (local.get 0) (local.get 1))))

;; ; function 0 (even)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jz      label2; j label1
;; block1:
;;   leal -1(%rdi), %edi
;;   return_call_known User(userextname0) (0) tmp=%r11 %rdi=%rdi
;; block2:
;;   jmp     label3
;; block3:
;;   movl $0x1, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (odd)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jz      label2; j label1
;; block1:
;;   leal -1(%rdi), %edi
;;   return_call_known User(userextname0) (0) tmp=%r11 %rdi=%rdi
;; block2:
;;   jmp     label3
;; block3:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %esi
;;   cmpq $0x2, %rsi
;;   jnb #trap=user4
;;   load_ext_name userextname0+0, %rax
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   cmpq $0x2, %rsi
;;   cmovaeq %rcx, %rsi
;;   movslq (%rax, %rsi, 8), %rcx
;;   leaq (%rax, %rcx), %r10
;;   return_call_unknown %r10 (0) tmp=%r11 %rdi=%rdi
