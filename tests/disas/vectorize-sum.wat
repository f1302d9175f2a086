;;! function = "zeros"

;; How many bytes are zero: 32 of them in a round, whose masks are added up before they are widened to the sum's 32 bits.
(module
  (memory 1)
  (func $zeros (export "zeros") (param $p i32) (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.eqz (i32.load8_u (local.get $p)))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

;; ; function 0 (zeros)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   jmp     label1
;; block1:
;;   leal -1(%rsi), %ecx
;;   movq %rcx, %rdx
;;   shrq $0x5, %rdx
;;   leaq -2(%rdx), %rdx
;;   uninit  %rax
;;   xorl %eax, %eax
;;   cmpq $0x3ffffffe, %rdx
;;   jbe     label3; j label2
;; block2:
;;   jmp     label9
;; block3:
;;   load_ext_name userextname0+8, %r8
;;   movq (%r8), %r8
;;   movq %rcx, %r9
;;   andq $0xffffffffffffffe0, %r9
;;   leaq (%rdi, %r9), %r9
;;   uninit  %rax
;;   xorl %eax, %eax
;;   cmpq %r8, %r9
;;   jbe     label5; j label4
;; block4:
;;   jmp     label9
;; block5:
;;   uninit  %rax
;;   xorq %rax, %rax
;;   uninit  %xmm0
;;   pxor %xmm0, %xmm0
;;   uninit  %xmm7
;;   pxor %xmm7, %xmm7
;;   jmp     label6
;; block6:
;;   movdqu 0x10000(%rdi, %rax), %xmm1
;;   movdqu 0x10010(%rdi, %rax), %xmm4
;;   leaq 0x20(%rax), %rax
;;   movq %rcx, %r8
;;   andq $0xffffffffffffffe0, %r8
;;   pcmpeqb %xmm7, %xmm1
;;   pcmpeqb %xmm7, %xmm4
;;   paddb %xmm4, %xmm1
;;   movdqa %xmm1, %xmm2
;;   punpcklbw %xmm1, %xmm2
;;   psraw $0x8, %xmm2
;;   punpckhbw %xmm1, %xmm1
;;   psraw $0x8, %xmm1
;;   paddw %xmm1, %xmm2
;;   movdqa %xmm2, %xmm4
;;   punpcklwd %xmm2, %xmm4
;;   psrad $0x10, %xmm4
;;   punpckhwd %xmm2, %xmm2
;;   psrad $0x10, %xmm2
;;   paddd %xmm2, %xmm4
;;   psubd %xmm4, %xmm0
;;   cmpq %r8, %rax
;;   jb      label7; j label8
;; block7:
;;   jmp     label6
;; block8:
;;   movd %xmm0, %r11d
;;   pshufd $0x1, %xmm0, %xmm1
;;   movd %xmm1, %eax
;;   leal (%r11, %rax), %r11d
;;   pshufd $0x2, %xmm0, %xmm1
;;   movd %xmm1, %eax
;;   leal (%r11, %rax), %r11d
;;   pshufd $0x3, %xmm0, %xmm0
;;   movd %xmm0, %eax
;;   leal (%r11, %rax), %eax
;;   leal -1(%rsi), %r10d
;;   andl $0xffffffe0, %r10d
;;   leal (%rdi, %r10), %edi
;;   subl %r10d, %esi
;;   jmp     label9
;; block9:
;;   movzbq 0x10000(%rdi), %rcx
;;   leal -1(%rsi), %esi
;;   testl %ecx, %ecx
;;   sete %cl
;;   movzbl %cl, %ecx
;;   leal (%rax, %rcx), %eax
;;   leal 1(%rdi), %edi
;;   testl %esi, %esi
;;   jnz     label10; j label11
;; block10:
;;   jmp     label9
;; block11:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
