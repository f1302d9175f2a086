;; Loops whose last branch compares a counter, which may be compared before or after its step, and branches that leave loops.
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08")

  (func (export "up") (param $i i32) (result i32)
    (local $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 4))))
    (local.get $n))
  (func (export "down64") (param $i i64) (result i64)
    (local $n i64)
    (loop $again
      (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (br_if $again (i64.ne (local.tee $i (i64.sub (local.get $i) (i64.const 3))) (i64.const 0x7fffffffffffffff))))
    (i64.mul (local.get $n) (local.get $i)))
  ;; The counter before its step is used afterwards.
  (func (export "before") (param $i i32) (result i32)
    (local $old i32)
    (loop $again
      (local.set $old (local.get $i))
      (local.set $i (i32.add (local.get $i) (i32.const -2)))
      (br_if $again (i32.ne (local.get $old) (i32.const -6))))
    (i32.add (i32.mul (local.get $old) (i32.const 1000)) (local.get $i)))
  ;; It stops when they are equal, and goes on with another counter.
  (func (export "equal") (param $i i32) (result i32)
    (local $j i32)
    (block $out
      (loop $again
        (local.set $j (i32.add (local.get $j) (local.get $i)))
        (br_if $out (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 0)))
        (br $again)))
    (local.get $j))
  ;; Two counters change places: what is compared is not the next value of the same one.
  (func (export "exchange") (param $i i32) (param $j i32) (result i32)
    (local $t i32) (local $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $t (i32.add (local.get $i) (i32.const 1)))
      (local.set $i (local.get $j))
      (local.set $j (local.get $t))
      (br_if $again (i32.and (i32.ne (local.get $t) (i32.const 7)) (i32.lt_u (local.get $n) (i32.const 100)))))
    (i32.add (i32.mul (local.get $n) (i32.const 10000)) (i32.add (i32.mul (local.get $i) (i32.const 100)) (local.get $j))))

  ;; Branches that leave the loop: on integers, on floats with NaN, on a value that is no comparison.
  (func (export "until_float") (param $x f64) (param $limit f64) (result i32)
    (local $n i32)
    (block $out
      (loop $again
        (if (f64.lt (local.get $x) (local.get $limit))
          (then
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (local.set $x (f64.add (local.get $x) (f64.const 1)))
            (br_if $again (i32.lt_u (local.get $n) (i32.const 50)))
            (br $out)))))
    (local.get $n))
  (func (export "until_float_not") (param $x f64) (param $limit f64) (result i32)
    (local $n i32)
    (block $out
      (loop $again
        (br_if $out (f64.gt (local.get $x) (local.get $limit)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set $x (f64.add (local.get $x) (f64.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const 50)))))
    (local.get $n))
  (func (export "length") (param $p i32) (result i32)
    (local $n i32)
    (loop $again
      (if (i32.load8_u (i32.add (local.get $p) (local.get $n)))
        (then
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $again))))
    (local.get $n))
  (func (export "nonzero64") (param $x i64) (result i32)
    (local $n i32)
    (loop $again
      (if (i64.ne (local.get $x) (i64.const 0))
        (then
          (local.set $x (i64.and (local.get $x) (i64.sub (local.get $x) (i64.const 1))))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $again))))
    (local.get $n)))

(assert_return (invoke "up" (i32.const 4)) (i32.const 0x20000000))
(assert_return (invoke "up" (i32.const -4)) (i32.const 1))
(assert_return (invoke "up" (i32.const -12)) (i32.const 2))
(assert_return (invoke "down64" (i64.const -0x7ffffffffffffffe)) (i64.const 0x7fffffffffffffff))
(assert_return (invoke "down64" (i64.const -0x7ffffffffffffffb)) (i64.const -2))
(assert_return (invoke "before" (i32.const 10)) (i32.const -6008))
(assert_return (invoke "before" (i32.const -6)) (i32.const -6008))
(assert_return (invoke "equal" (i32.const -10)) (i32.const -55))
(assert_return (invoke "equal" (i32.const -1)) (i32.const -1))
(assert_return (invoke "exchange" (i32.const 0) (i32.const 3)) (i32.const 80407))
(assert_return (invoke "exchange" (i32.const 6) (i32.const 3)) (i32.const 10307))
(assert_return (invoke "until_float" (f64.const 0) (f64.const 9.5)) (i32.const 10))
(assert_return (invoke "until_float" (f64.const 0) (f64.const nan)) (i32.const 0))
(assert_return (invoke "until_float" (f64.const nan) (f64.const 3)) (i32.const 0))
(assert_return (invoke "until_float" (f64.const 0) (f64.const inf)) (i32.const 50))
(assert_return (invoke "until_float_not" (f64.const 0) (f64.const 9.5)) (i32.const 10))
(assert_return (invoke "until_float_not" (f64.const 0) (f64.const nan)) (i32.const 50))
(assert_return (invoke "until_float_not" (f64.const nan) (f64.const 3)) (i32.const 50))
(assert_return (invoke "length" (i32.const 0)) (i32.const 8))
(assert_return (invoke "length" (i32.const 8)) (i32.const 0))
(assert_trap (invoke "length" (i32.const 65536)) "out of bounds memory access")
(assert_return (invoke "nonzero64" (i64.const 0x8000000000000001)) (i32.const 2))
(assert_return (invoke "nonzero64" (i64.const 0)) (i32.const 0))
