;;! function = "sum"

;; The sum stays in its register from round to round though it is the second operand; the product takes the place of the operand that
;; is not needed any more.
(module
  (memory 1)
  (func $sum (export "sum") (param $end i32) (param $factor f64) (result f64)
    (local $i i32) (local $sum f64)
    (loop $again
      (local.set $sum
        (f64.add
          (f64.mul (local.get $factor) (f64.convert_i32_s (local.get $i)))
          (local.get $sum)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.get $sum)))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqa %xmm0, %xmm1
;;   uninit  %rsi
;;   xorl %esi, %esi
;;   uninit  %xmm0
;;   xorpd %xmm0, %xmm0
;;   jmp     label1
;; block1:
;;   leal 1(%rsi), %eax
;;   uninit  %xmm2
;;   xorpd %xmm2, %xmm2
;;   cvtsi2sdl %esi, %xmm2
;;   mulsd %xmm1, %xmm2
;;   addsd %xmm2, %xmm0
;;   cmpl %edi, %eax
;;   jnz     label2; j label3
;; block2:
;;   movq %rax, %rsi
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
