;;! function = "compare"

;; memcmp as C libraries have it: vectors are compared as long as both arrays are in memory, up to the one that differs.
(module
  (memory 1)
  (func $compare (export "compare") (param $p i32) (param $q i32) (param $n i32) (result i32) (local $x i32) (local $y i32)
    (block $o
      (loop $l
        (br_if $o (i32.ne
          (local.tee $x (i32.load8_u (local.get $p)))
          (local.tee $y (i32.load8_u (local.get $q)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (return (i32.const 0)))
    (i32.sub (local.get $x) (local.get $y))))

;; ; function 0 (compare)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %r9d
;;   movl %edi, %r8d
;;   jmp     label1
;; block1:
;;   leal -1(%rdx), %eax
;;   movq %rax, %rcx
;;   shrq $0x4, %rcx
;;   leaq -2(%rcx), %rcx
;;   cmpq $0x3ffffffe, %rcx
;;   jbe     label3; j label2
;; block2:
;;   jmp     label14
;; block3:
;;   load_ext_name userextname0+8, %rcx
;;   movq (%rcx), %rcx
;;   movq %rax, %rsi
;;   andq $0xfffffffffffffff0, %rsi
;;   leaq (%r8, %rsi), %rsi
;;   cmpq %rcx, %rsi
;;   jbe     label5; j label4
;; block4:
;;   jmp     label14
;; block5:
;;   movq %rax, %rsi
;;   andq $0xfffffffffffffff0, %rsi
;;   leaq (%r9, %rsi), %rsi
;;   cmpq %rcx, %rsi
;;   jbe     label7; j label6
;; block6:
;;   jmp     label14
;; block7:
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   jmp     label8
;; block8:
;;   movdqu 0x10000(%r8, %rcx), %xmm0
;;   movdqu 0x10000(%r9, %rcx), %xmm1
;;   pxor %xmm1, %xmm0
;;   uninit  %xmm1
;;   pxor %xmm1, %xmm1
;;   pcmpeqb %xmm1, %xmm0
;;   pmovmskb %xmm0, %esi
;;   cmpl $0xffff, %esi
;;   jnz     label9; j label10
;; block9:
;;   jmp     label13
;; block10:
;;   leaq 0x10(%rcx), %rcx
;;   movq %rax, %rsi
;;   andq $0xfffffffffffffff0, %rsi
;;   cmpq %rsi, %rcx
;;   jb      label11; j label12
;; block11:
;;   jmp     label8
;; block12:
;;   jmp     label13
;; block13:
;;   leal (%r8, %rcx), %r8d
;;   leal (%r9, %rcx), %r9d
;;   subl %ecx, %edx
;;   jmp     label14
;; block14:
;;   movzbq 0x10000(%r8), %rax
;;   movzbq 0x10000(%r9), %rcx
;;   cmpl %ecx, %eax
;;   jnz     label18; j label15
;; block15:
;;   leal -1(%rdx), %edx
;;   leal 1(%r8), %r8d
;;   leal 1(%r9), %r9d
;;   testl %edx, %edx
;;   jnz     label16; j label17
;; block16:
;;   jmp     label14
;; block17:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block18:
;;   subl %ecx, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
