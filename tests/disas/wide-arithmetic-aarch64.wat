;;! target = "aarch64"

;; An addition and an addition with carry; one multiplication gives both halves.
(module
  (func $add (export "add") (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $sub (export "sub") (param i64 i64 i64 i64) (result i64 i64)
    (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $mul_u (export "mul_u") (param i64 i64) (result i64 i64)
    (i64.mul_wide_u (local.get 0) (local.get 1)))
  (func $mul_s (export "mul_s") (param i64 i64) (result i64 i64)
    (i64.mul_wide_s (local.get 0) (local.get 1))))

;; ; function 0 (add)
;; block0:
;;   adds x2, x2, x4
;;   adc x3, x3, x5
;;   ret
;;
;; ; function 1 (sub)
;; block0:
;;   subs x2, x2, x4
;;   sbc x3, x3, x5
;;   ret
;;
;; ; function 2 (mul_u)
;; block0:
;;   madd x4, x2, x3, xzr
;;   umulh x3, x2, x3
;;   mov x2, x4
;;   ret
;;
;; ; function 3 (mul_s)
;; block0:
;;   madd x4, x2, x3, xzr
;;   smulh x3, x2, x3
;;   mov x2, x4
;;   ret
