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
;;   movl %esi, %r9d
;;   movl %edi, %r8d
;;   movl 0x10000(%r8), %r10d
;;   jmp     label1
;; block1:
;;   leal -1(%rdx), %eax
;;   shrq $0x2, %rax
;;   leaq -2(%rax), %rcx
;;   cmpq $0x3ffffffe, %rcx
;;   jbe     label3; j label2
;; block2:
;;   jmp     label13
;; block3:
;;   load_ext_name userextname0+8, %rcx
;;   movq (%rcx), %rcx
;;   shlq $0x4, %rax
;;   leaq 4(%r8, %rax), %rsi
;;   cmpq %rcx, %rsi
;;   jbe     label5; j label4
;; block4:
;;   jmp     label13
;; block5:
;;   leaq (%r9, %rax), %rsi
;;   cmpq %rcx, %rsi
;;   jbe     label7; j label6
;; block6:
;;   jmp     label13
;; block7:
;;   movq %r9, %rcx
;;   subq %r8, %rcx
;;   leaq 0xb(%rcx), %rcx
;;   cmpq $0x1f, %rcx
;;   jnb     label9; j label8
;; block8:
;;   jmp     label13
;; block9:
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   movd %r10d, %xmm0
;;   pshufd $0x0, %xmm0, %xmm1
;;   jmp     label10
;; block10:
;;   movdqu 0x10004(%r8, %rcx), %xmm0
;;   shufps $0xf, %xmm0, %xmm1
;;   shufps $0x98, %xmm0, %xmm1
;;   movdqa %xmm0, %xmm2
;;   psubd %xmm1, %xmm2
;;   movdqu %xmm2, 0x10000(%r9, %rcx)
;;   leaq 0x10(%rcx), %rcx
;;   cmpq %rax, %rcx
;;   jb      label11; j label12
;; block11:
;;   movdqa %xmm0, %xmm1
;;   jmp     label10
;; block12:
;;   leal -1(%rdx), %eax
;;   andl $0xfffffffc, %eax
;;   leal (%r8, %rax, 4), %r8d
;;   leal (%r9, %rax, 4), %r9d
;;   pshufd $0x3, %xmm0, %xmm0
;;   movd %xmm0, %r10d
;;   subl %eax, %edx
;;   jmp     label13
;; block13:
;;   movl 0x10004(%r8), %eax
;;   movq %rax, %rcx
;;   subl %r10d, %ecx
;;   movl %ecx, 0x10000(%r9)
;;   leal -1(%rdx), %edx
;;   leal 4(%r8), %r8d
;;   leal 4(%r9), %r9d
;;   testl %edx, %edx
;;   jnz     label14; j label15
;; block14:
;;   movq %rax, %r10
;;   jmp     label13
;; block15:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
