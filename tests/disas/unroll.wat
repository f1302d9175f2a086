;;! function = "scale"
;;! disable-pass = "inline"

;; A loop over vectors does two iterations in a round; its counter and what it compares are there once.
(module
  (memory 100)
  (func $scale (export "scale") (param $to i32) (param $from i32) (param $bytes i32)
    (local $i i32)
    (loop $again
      (v128.store (i32.add (local.get $to) (local.get $i))
        (f32x4.mul
          (v128.load (i32.add (local.get $from) (local.get $i)))
          (v128.const f32x4 0.5 0.5 0.5 0.5)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 16))) (local.get $bytes))))))

;; ; function 0 (scale)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   jmp     label1
;; block1:
;;   leal -0x10(%rdx), %eax
;;   movq %rax, %rcx
;;   andq $0xfffffffffffffff0, %rcx
;;   uninit  %r8
;;   xorl %r8d, %r8d
;;   movdqu (%rip), %xmm0
;;   cmpq %rax, %rcx
;;   jz      label3; j label2
;; block2:
;;   jmp     label9
;; block3:
;;   movq %rax, %rcx
;;   shrq $0x5, %rcx
;;   leaq -2(%rcx), %rcx
;;   uninit  %r8
;;   xorl %r8d, %r8d
;;   cmpq $0x3ffffffe, %rcx
;;   jbe     label5; j label4
;; block4:
;;   jmp     label9
;; block5:
;;   movl %esi, %ecx
;;   movdqu (%rip), %xmm1
;;   movl %edi, %r9d
;;   shrq $0x4, %rax
;;   andl $0xfffffffe, %eax
;;   shll $0x4, %eax
;;   uninit  %r8
;;   xorq %r8, %r8
;;   jmp     label6
;; block6:
;;   movdqu 0x10000(%rcx, %r8), %xmm2
;;   mulps %xmm1, %xmm2
;;   movups %xmm2, 0x10000(%r9, %r8)
;;   movdqu 0x10010(%rcx, %r8), %xmm2
;;   mulps %xmm1, %xmm2
;;   movups %xmm2, 0x10010(%r9, %r8)
;;   leal 0x20(%r8), %r8d
;;   cmpl %eax, %r8d
;;   jnz     label7; j label8
;; block7:
;;   jmp     label6
;; block8:
;;   jmp     label9
;; block9:
;;   leal (%rsi, %r8), %eax
;;   movdqu 0x10000(%rax), %xmm1
;;   mulps %xmm0, %xmm1
;;   leal (%rdi, %r8), %eax
;;   movups %xmm1, 0x10000(%rax)
;;   leal 0x10(%r8), %r8d
;;   cmpl %edx, %r8d
;;   jnz     label10; j label11
;; block10:
;;   jmp     label9
;; block11:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
