;;! target = "x86_64"

;; A final type takes one comparison of the header; others look at a position of the display as well.
(module
  (type $open (sub (struct (field i32))))
  (type $final (sub final $open (struct (field i32) (field i32))))
  (func (export "final") (param (ref $open)) (result i32) (ref.test (ref $final) (local.get 0)))
  (func (export "open") (param (ref struct)) (result i32) (ref.test (ref $open) (local.get 0))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r8d
;;   movl 0x10000(%r8), %edi
;;   shrl $0x3, %edi
;;   cmpl $0x1, %edi
;;   jz      label2; j label1
;; block1:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   jmp     label3
;; block2:
;;   movl $0x1, %eax
;;   jmp     label3
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r11d
;;   movl 0x10000(%r11), %r10d
;;   shrl $0x3, %r10d
;;   testl %r10d, %r10d
;;   jz      label1; j label2
;; block1:
;;   jmp     label5
;; block2:
;;   load_ext_name userextname0+0, %rax
;;   movl (%rax, %r10, 4), %ecx
;;   movl (%rax, %rcx), %eax
;;   testl %eax, %eax
;;   jz      label3; j label4
;; block3:
;;   jmp     label5
;; block4:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   jmp     label6
;; block5:
;;   movl $0x1, %eax
;;   jmp     label6
;; block6:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
