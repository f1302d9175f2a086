;; The one result that relaxed operators have here, where the specification allows several.

(module
  (func (export "swizzle") (param v128 v128) (result v128) (i8x16.relaxed_swizzle (local.get 0) (local.get 1)))
  (func (export "trunc_f32x4_s") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))
  (func (export "trunc_f32x4_u") (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_u (local.get 0)))
  (func (export "trunc_f64x2_s") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_s_zero (local.get 0)))
  (func (export "trunc_f64x2_u") (param v128) (result v128) (i32x4.relaxed_trunc_f64x2_u_zero (local.get 0)))
  (func (export "f32x4.madd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f32x4.nmadd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64x2.madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f64x2.nmadd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2)))
  (func (export "i8x16.laneselect") (param v128 v128 v128) (result v128)
    (i8x16.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "i64x2.laneselect") (param v128 v128 v128) (result v128)
    (i64x2.relaxed_laneselect (local.get 0) (local.get 1) (local.get 2)))
  (func (export "f32x4.min") (param v128 v128) (result v128) (f32x4.relaxed_min (local.get 0) (local.get 1)))
  (func (export "f64x2.max") (param v128 v128) (result v128) (f64x2.relaxed_max (local.get 0) (local.get 1)))
  (func (export "q15mulr") (param v128 v128) (result v128) (i16x8.relaxed_q15mulr_s (local.get 0) (local.get 1)))
  (func (export "dot") (param v128 v128) (result v128) (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func (export "dot_add") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))

;; Every index above 15 gives 0.
(assert_return (invoke "swizzle" (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
                                 (v128.const i8x16 15 0 16 17 31 32 127 128 143 240 255 1 2 3 4 5))
               (v128.const i8x16 16 1 0 0 0 0 0 0 0 0 0 2 3 4 5 6))

;; Out of range saturates, NaN is 0.
(assert_return (invoke "trunc_f32x4_s" (v128.const f32x4 nan 2147483648 -2147483904 -1.9))
               (v128.const i32x4 0 0x7fffffff 0x80000000 -1))
(assert_return (invoke "trunc_f32x4_u" (v128.const f32x4 nan 4294967296 -1 4294967040))
               (v128.const i32x4 0 0xffffffff 0 0xffffff00))
(assert_return (invoke "trunc_f64x2_s" (v128.const f64x2 nan inf)) (v128.const i32x4 0 0x7fffffff 0 0))
(assert_return (invoke "trunc_f64x2_s" (v128.const f64x2 -2147483648.9 -2147483650)) (v128.const i32x4 0x80000000 0x80000000 0 0))
(assert_return (invoke "trunc_f64x2_u" (v128.const f64x2 nan -inf)) (v128.const i32x4 0 0 0 0))
(assert_return (invoke "trunc_f64x2_u" (v128.const f64x2 4294967295.9 4294967296)) (v128.const i32x4 0xffffffff 0xffffffff 0 0))

;; The product is rounded: its low bits are lost, and one that is too large is infinite.
(assert_return (invoke "f32x4.madd" (v128.const f32x4 0x1.000004p+0 0x1p+127 -1 0)
                                    (v128.const f32x4 0x1.0002p+0 2 1 0)
                                    (v128.const f32x4 -0x1.000204p+0 -0x1p+127 1 -0))
               (v128.const f32x4 0 inf 0 0))
(assert_return (invoke "f32x4.nmadd" (v128.const f32x4 0x1.000004p+0 0x1p+127 -1 0)
                                     (v128.const f32x4 0x1.0002p+0 2 1 0)
                                     (v128.const f32x4 0x1.000204p+0 0x1p+127 -1 0))
               (v128.const f32x4 0 -inf 0 0))
(assert_return (invoke "f64x2.madd" (v128.const f64x2 0x1.00000004p+0 0x1p+1023)
                                    (v128.const f64x2 0x1.000002p+0 2)
                                    (v128.const f64x2 -0x1.000002040000p+0 -0x1p+1023))
               (v128.const f64x2 0 inf))
(assert_return (invoke "f64x2.nmadd" (v128.const f64x2 0x1.00000004p+0 -1)
                                     (v128.const f64x2 0x1.00000004p+0 1)
                                     (v128.const f64x2 0x1.00000008p+0 1))
               (v128.const f64x2 0 2))

;; Bit by bit.
(assert_return (invoke "i8x16.laneselect" (v128.const i8x16 0xff 0xff 0xff 0xff 0 0 0 0 0 0 0 0 0 0 0 0)
                                          (v128.const i8x16 0 0 0 0 0xff 0xff 0xff 0xff 0 0 0 0 0 0 0 0)
                                          (v128.const i8x16 0x80 0x7f 0x01 0xff 0x80 0x7f 0x01 0xff 0 0 0 0 0 0 0 0))
               (v128.const i8x16 0x80 0x7f 0x01 0xff 0x7f 0x80 0xfe 0 0 0 0 0 0 0 0 0))
(assert_return (invoke "i64x2.laneselect" (v128.const i64x2 -1 -1) (v128.const i64x2 0 0)
                                          (v128.const i64x2 0x8000000000000001 0x7fffffffffffff00))
               (v128.const i64x2 0x8000000000000001 0x7fffffffffffff00))

;; NaN on either side gives NaN; the zeros are ordered.
(assert_return (invoke "f32x4.min" (v128.const f32x4 nan 1 0 -0) (v128.const f32x4 1 nan -0 0))
               (v128.const f32x4 nan:canonical nan:canonical -0 -0))
(assert_return (invoke "f64x2.max" (v128.const f64x2 nan -0) (v128.const f64x2 1 0))
               (v128.const f64x2 nan:canonical 0))
(assert_return (invoke "f64x2.max" (v128.const f64x2 1 0) (v128.const f64x2 nan -0))
               (v128.const f64x2 nan:canonical 0))

;; Saturates.
(assert_return (invoke "q15mulr" (v128.const i16x8 -32768 -32768 32767 1 0 0 0 0) (v128.const i16x8 -32768 32767 32767 16384 0 0 0 0))
               (v128.const i16x8 32767 -32767 32766 1 0 0 0 0))

;; Both sides are signed, and the sum of two products saturates.
(assert_return (invoke "dot" (v128.const i8x16 -128 -128 -128 -128 127 -128 1 2 -1 0 0 -1 0 0 0 0)
                             (v128.const i8x16 -128 -128 -127 -127 -128 127 3 4 -1 0 0 127 0 0 0 0))
               (v128.const i16x8 32767 32512 -32512 11 1 -127 0 0))
(assert_return (invoke "dot_add" (v128.const i8x16 -128 -128 -128 -128 127 127 -128 -128 1 2 3 4 0 0 0 0)
                                 (v128.const i8x16 -128 -128 -128 -128 -128 -128 127 127 5 6 7 8 0 0 0 0)
                                 (v128.const i32x4 1 -1 100 0x7fffffff))
               (v128.const i32x4 65535 -65025 170 0x7fffffff))
