;;! target = "aarch64"
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
;; block0:
;;   b label1
;; block1:
;;   sub w0, w4, #1
;;   mov w0, w0
;;   lsr x5, x0, #2
;;   sub x1, x5, #2
;;   orr x6, xzr, #1073741822
;;   load_ext_name_near x0, User(userextname0)+0
;;   ldr x0, [x0]
;;   subs xzr, x1, x6
;;   b.ls label3 ; b label2
;; block2:
;;   b label13
;; block3:
;;   load_ext_name_near x6, User(userextname0)+0
;;   ldr x7, [x6, #8]
;;   mov w8, w2
;;   lsl x1, x5, #5
;;   add x8, x8, x5, LSL 5
;;   subs xzr, x8, x7
;;   b.ls label5 ; b label4
;; block4:
;;   b label13
;; block5:
;;   mov w8, w3
;;   add x5, x8, x5, LSL 5
;;   subs xzr, x5, x7
;;   b.ls label7 ; b label6
;; block6:
;;   b label13
;; block7:
;;   sub x5, x8, x2, UXTW
;;   add x5, x5, #31
;;   subs xzr, x5, #63
;;   b.hs label9 ; b label8
;; block8:
;;   b label13
;; block9:
;;   movz x5, #0
;;   ldr x7, [x6]
;;   add x6, x7, x2, UXTW
;;   add x7, x7, x3, UXTW
;;   dup v2.2d, v0.d[0]
;;   b label10
;; block10:
;;   add x9, x6, x5
;;   ldr q3, [x6, x5]
;;   add x8, x7, x5
;;   ldr q4, [x7, x5]
;;   fmul v3.2d, v3.2d, v2.2d
;;   fadd v3.2d, v3.2d, v4.2d
;;   str q3, [x7, x5]
;;   ldr q4, [x9, #16]
;;   ldr q5, [x8, #16]
;;   fmul v4.2d, v4.2d, v2.2d
;;   fadd v4.2d, v4.2d, v5.2d
;;   str q4, [x8, #16]
;;   add x5, x5, #32
;;   subs xzr, x5, x1
;;   b.lo label11 ; b label12
;; block11:
;;   b label10
;; block12:
;;   sub w8, w4, #1
;;   and w8, w8, #4294967292
;;   add w3, w3, w8, LSL 3
;;   add w2, w2, w8, LSL 3
;;   sub w4, w4, w8
;;   b label13
;; block13:
;;   ldr d16, [x0, w2, UXTW]
;;   ldr d17, [x0, w3, UXTW]
;;   fmul d16, d16, d0
;;   fadd d16, d16, d17
;;   str d16, [x0, w3, UXTW]
;;   sub w4, w4, #1
;;   add w3, w3, #8
;;   add w2, w2, #8
;;   cbnz w4, label14 ; b label15
;; block14:
;;   b label13
;; block15:
;;   ret
