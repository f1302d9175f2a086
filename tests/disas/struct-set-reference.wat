;;! target = "x86_64"

;; The write barrier of a stored reference: one comparison where the object is in the nursery.
(module
  (type $s (struct (field (mut anyref))))
  (func (export "set") (param (ref $s) anyref) (struct.set $s 0 (local.get 0) (local.get 1)))
  (func (export "clear") (param (ref $s)) (struct.set $s 0 (local.get 0) (ref.null any))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r10d
;;   movl %esi, 0x10004(%r10)
;;   cmpl $0x410000, %edi
;;   movq %rdi, %rdx
;;   jnb     label2; j label1
;; block1:
;;   jmp     label5
;; block3:
;;   jmp     label5
;; block5:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   leal -1(%rsi), %eax
;;   cmpl $0x40ffff, %eax
;;   setb %al
;;   testl $0x3, %esi
;;   sete %cl
;;   testb %al, %cl
;;   jnz     label4; j label3
;; block4:
;;   movq    %rsp, %rax
;;   movzbq -0x20000(%rax), %rax
;;   load_ext_name userextname0+0, %rdi
;;   movq %rdx, %rax
;;   leal 4(%rax), %edx
;;   movq %rax, %rsi
;;   call    User(userextname1)
;;   jmp     label5
;;
;; ; function 1
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edx
;;   movl $0x0, 0x10004(%rdx)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
