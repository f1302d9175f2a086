;; A library: no `_start`, just functions to call by name with --invoke.
(module
  ;; The greatest common divisor, by Euclid.
  (func (export "gcd") (param $a i64) (param $b i64) (result i64)
    (local $rest i64)
    (loop $next
      (if (i64.ne (local.get $b) (i64.const 0))
        (then
          (local.set $rest (i64.rem_u (local.get $a) (local.get $b)))
          (local.set $a (local.get $b))
          (local.set $b (local.get $rest))
          (br $next))))
    (local.get $a))

  ;; The length of the hypotenuse.
  (func (export "hypot") (param $a f64) (param $b f64) (result f64)
    (f64.sqrt (f64.add
      (f64.mul (local.get $a) (local.get $a))
      (f64.mul (local.get $b) (local.get $b)))))

  ;; Several results: the quotient and the remainder. Division by zero traps.
  (func (export "divide") (param $a i32) (param $b i32) (result i32 i32)
    (i32.div_s (local.get $a) (local.get $b))
    (i32.rem_s (local.get $a) (local.get $b))))
