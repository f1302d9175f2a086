;;! function = "forms"

;; A difference can have another register, a product is made of sums, and a bit of a constant is tested at once.
(module
  (memory 1)
  (func $forms (export "forms") (param $x i32) (result i32)
    (local $sum i32)
    (local.set $sum (i32.add (i32.mul (local.get $x) (i32.const 33)) (i32.mul (local.get $x) (i32.const 12))))
    (if (i32.and (i32.shl (i32.const 1) (local.get $x)) (i32.const 0x800013))
      (then (return (i32.sub (local.get $sum) (i32.const 80)))))
    (if (i32.lt_u (i32.and (i32.sub (local.get $sum) (i32.const 48)) (i32.const 255)) (i32.const 10))
      (then (return (local.get $x))))
    (local.get $sum)))

;; ; function 0 (forms)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x800013, %r11d
;;   btl %edi, %r11d
;;   jb      label6; j label1
;; block1:
;;   jmp     label2
;; block2:
;;   movq %rdi, %rax
;;   shll $0x5, %eax
;;   leal (%rdi, %rax), %ecx
;;   leal (%rdi, %rdi, 2), %edx
;;   movq %rdi, %rsi
;;   leal (%rcx, %rdx, 4), %eax
;;   leal -0x30(%rcx, %rdx, 4), %ecx
;;   cmpb $0xa, %cl
;;   jb      label5; j label3
;; block3:
;;   jmp     label4
;; block4:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block5:
;;   movq %rsi, %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block6:
;;   movq %rdi, %rax
;;   movq %rax, %rcx
;;   shll $0x5, %ecx
;;   leal (%rax, %rcx), %ecx
;;   leal (%rax, %rax, 2), %eax
;;   leal -0x50(%rcx, %rax, 4), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
