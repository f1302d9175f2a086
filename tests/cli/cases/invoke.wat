;; args: --invoke calculate
;; run: 7 -3 1.5 2.25
;; stdout: -21
;; stdout: 3.75
;; run: 0xff 1 0 -0
;; stdout: 255
;; stdout: 0
(module
  (func (export "calculate") (param i32 i64 f32 f64) (result i64 f64)
    (i64.mul (i64.extend_i32_s (local.get 0)) (local.get 1))
    (f64.add (f64.promote_f32 (local.get 2)) (local.get 3))))
