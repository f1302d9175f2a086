;;! function = "differences"

;; a[i + 1] is loaded once, and kept for the next iteration: a lane of the vector before.
(module
  (memory 1)
  (func $differences (export "differences") (param $a i32) (param $b i32) (param $n i32) (local $this i32) (local $next i32)
    (local.set $this (i32.load (local.get $a)))
    (loop $l
      (local.set $next (i32.load offset=4 (local.get $a)))
      (i32.store (local.get $b) (i32.sub (local.get $next) (local.get $this)))
      (local.set $this (local.get $next))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; ; function 0 (differences)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %eax
;;   movl 0x10000(%rax), %r9d
;;   jmp     label1
;; block1:
;;   leal -1(%rdx), %ecx
;;   shrq $0x2, %rcx
;;   leaq -2(%rcx), %r8
;;   cmpq $0x3ffffffe, %r8
;;   jbe     label3; j label2
;; block2:
;;   jmp     label13
;; block3:
;;   load_ext_name userextname0+0, %r8
;;   movq 8(%r8), %r10
;;   shlq $0x4, %rcx
;;   leaq 4(%rax, %rcx), %r8
;;   cmpq %r10, %r8
;;   jbe     label5; j label4
;; block4:
;;   jmp     label13
;; block5:
;;   movl %esi, %r8d
;;   leaq (%r8, %rcx), %r11
;;   cmpq %r10, %r11
;;   jbe     label7; j label6
;; block6:
;;   jmp     label13
;; block7:
;;   movq %r8, %r10
;;   subq %rax, %r10
;;   leaq 0xb(%r10), %r10
;;   cmpq $0x1f, %r10
;;   jnb     label9; j label8
;; block8:
;;   jmp     label13
;; block9:
;;   uninit  %r10
;;   xorq %r10, %r10
;;   movd %r9d, %xmm0
;;   pshufd $0x0, %xmm0, %xmm1
;;   jmp     label10
;; block10:
;;   movdqu 0x10004(%rax, %r10), %xmm0
;;   shufps $0xf, %xmm0, %xmm1
;;   shufps $0x98, %xmm0, %xmm1
;;   movdqa %xmm0, %xmm2
;;   psubd %xmm1, %xmm2
;;   movdqu %xmm2, 0x10000(%r8, %r10)
;;   leaq 0x10(%r10), %r10
;;   cmpq %rcx, %r10
;;   jb      label11; j label12
;; block11:
;;   movdqa %xmm0, %xmm1
;;   jmp     label10
;; block12:
;;   leal -1(%rdx), %eax
;;   andl $0xfffffffc, %eax
;;   leal (%rdi, %rax, 4), %edi
;;   leal (%rsi, %rax, 4), %esi
;;   pshufd $0x3, %xmm0, %xmm0
;;   movd %xmm0, %r9d
;;   subl %eax, %edx
;;   jmp     label13
;; block13:
;;   movl %edi, %ecx
;;   movl 0x10004(%rcx), %ecx
;;   movq %rcx, %r8
;;   subl %r9d, %r8d
;;   movl %esi, %r9d
;;   movl %r8d, 0x10000(%r9)
;;   subl $0x1, %edx
;;   leal 4(%rdi), %edi
;;   leal 4(%rsi), %esi
;;   testl %edx, %edx
;;   jnz     label14; j label15
;; block14:
;;   movq %rcx, %r9
;;   jmp     label13
;; block15:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
