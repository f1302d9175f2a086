;;! function = "compare"
;;! target = "aarch64"

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
;; block0:
;;   b label1
;; block1:
;;   sub w0, w4, #1
;;   mov w1, w0
;;   lsr x0, x1, #4
;;   sub x5, x0, #2
;;   orr x6, xzr, #1073741822
;;   load_ext_name_near x0, User(userextname0)+0
;;   ldr x0, [x0]
;;   subs xzr, x5, x6
;;   b.ls label3 ; b label2
;; block2:
;;   b label14
;; block3:
;;   load_ext_name_near x6, User(userextname0)+0
;;   ldr x5, [x6, #8]
;;   and x7, x1, #18446744073709551600
;;   add x7, x7, x2, UXTW
;;   subs xzr, x7, x5
;;   b.ls label5 ; b label4
;; block4:
;;   b label14
;; block5:
;;   and x7, x1, #18446744073709551600
;;   add x7, x7, x3, UXTW
;;   subs xzr, x7, x5
;;   b.ls label7 ; b label6
;; block6:
;;   b label14
;; block7:
;;   movz x5, #0
;;   ldr x7, [x6]
;;   add x6, x7, x2, UXTW
;;   add x7, x7, x3, UXTW
;;   b label8
;; block8:
;;   ldr q0, [x6, x5]
;;   ldr q1, [x7, x5]
;;   eor v0.16b, v0.16b, v1.16b
;;   umaxp v0.4s, v0.4s, v0.4s
;;   mov x8, v0.d[0]
;;   subs xzr, x8, #0
;;   cset x8, ne
;;   ands wzr, w8, #255
;;   b.ne label9 ; b label10
;; block9:
;;   b label13
;; block10:
;;   add x5, x5, #16
;;   and x8, x1, #18446744073709551600
;;   subs xzr, x5, x8
;;   b.lo label11 ; b label12
;; block11:
;;   b label8
;; block12:
;;   b label13
;; block13:
;;   add w2, w2, w5
;;   add w3, w3, w5
;;   sub w4, w4, w5
;;   b label14
;; block14:
;;   ldrb w1, [x0, w2, UXTW]
;;   ldrb w5, [x0, w3, UXTW]
;;   subs wzr, w1, w5
;;   b.ne label18 ; b label15
;; block15:
;;   sub w4, w4, #1
;;   add w2, w2, #1
;;   add w3, w3, #1
;;   cbnz w4, label16 ; b label17
;; block16:
;;   b label14
;; block17:
;;   movz w2, #0
;;   ret
;; block18:
;;   sub w2, w1, w5
;;   ret
