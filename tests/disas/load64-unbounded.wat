;;! function = "sum"

;; A memory without a maximum; the base of the second one is loaded once.
(module
  (memory i64 1)
  (memory $second i64 1)
  (func $sum (export "sum") (param $at i64) (param $end i64) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (i32.load $second (local.get $at))))
      (local.set $at (i64.add (local.get $at) (i64.const 4)))
      (br_if $next (i64.ne (local.get $at) (local.get $end))))
    (local.get $sum)))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   load_ext_name userextname0+0, %rcx
;;   movq (%rcx), %rcx
;;   jmp     label1
;; block1:
;;   movabsq $0x4000000000, %rdx
;;   cmpq %rdi, %rdx
;;   movq %rdi, %r8
;;   cmovbq %rdx, %r8
;;   movl (%rcx, %r8), %edx
;;   leaq 4(%rdi), %rdi
;;   leal (%rax, %rdx), %eax
;;   cmpq %rsi, %rdi
;;   jnz     label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
