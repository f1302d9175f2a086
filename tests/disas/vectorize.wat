;;! function = "axpy"

;; b[i] = a[i] * x + b[i]: two lanes at a time once the accesses are known to be inside the memory and the arrays to be apart.
(module
  (memory 1)
  (func $axpy (export "axpy") (param $a i32) (param $b i32) (param $n i32) (param $x f64)
    (loop $l
      (f64.store (local.get $b)
        (f64.add (f64.mul (f64.load (local.get $a)) (local.get $x)) (f64.load (local.get $b))))
      (local.set $a (i32.add (local.get $a) (i32.const 8)))
      (local.set $b (i32.add (local.get $b) (i32.const 8)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))

;; ; function 0 (axpy)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %esi
;;   movl %edi, %r8d
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
;;   shlq $0x5, %rax
;;   leaq (%r8, %rax), %rdi
;;   cmpq %rcx, %rdi
;;   jbe     label5; j label4
;; block4:
;;   jmp     label13
;; block5:
;;   leaq (%rsi, %rax), %rdi
;;   cmpq %rcx, %rdi
;;   jbe     label7; j label6
;; block6:
;;   jmp     label13
;; block7:
;;   movq %rsi, %rcx
;;   subq %r8, %rcx
;;   leaq 0x1f(%rcx), %rcx
;;   cmpq $0x3f, %rcx
;;   jnb     label9; j label8
;; block8:
;;   jmp     label13
;; block9:
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   pshufd $0x44, %xmm0, %xmm1
;;   jmp     label10
;; block10:
;;   movdqu 0x10000(%r8, %rcx), %xmm3
;;   movdqa %xmm1, %xmm2
;;   mulpd %xmm3, %xmm2
;;   movdqu 0x10000(%rsi, %rcx), %xmm3
;;   addpd %xmm3, %xmm2
;;   movupd %xmm2, 0x10000(%rsi, %rcx)
;;   movdqu 0x10010(%r8, %rcx), %xmm3
;;   movdqa %xmm1, %xmm2
;;   mulpd %xmm3, %xmm2
;;   movdqu 0x10010(%rsi, %rcx), %xmm3
;;   addpd %xmm3, %xmm2
;;   movupd %xmm2, 0x10010(%rsi, %rcx)
;;   leaq 0x20(%rcx), %rcx
;;   cmpq %rax, %rcx
;;   jb      label11; j label12
;; block11:
;;   jmp     label10
;; block12:
;;   leal -1(%rdx), %eax
;;   andl $0xfffffffc, %eax
;;   leal (%rsi, %rax, 8), %esi
;;   leal (%r8, %rax, 8), %r8d
;;   subl %eax, %edx
;;   jmp     label13
;; block13:
;;   movdqa %xmm0, %xmm1
;;   mulsd 0x10000(%r8), %xmm1
;;   addsd 0x10000(%rsi), %xmm1
;;   movsd %xmm1, 0x10000(%rsi)
;;   leal -1(%rdx), %edx
;;   leal 8(%rsi), %esi
;;   leal 8(%r8), %r8d
;;   testl %edx, %edx
;;   jnz     label14; j label15
;; block14:
;;   jmp     label13
;; block15:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
