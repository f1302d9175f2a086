;; Loops that are vectorised do what they did, also when an access is out of bounds: memory is then as the iterations before left it.

(module
  (memory (export "memory") 1 2)

  (func (export "fill") (param $p i32) (param $n i32) (param $x i32) (local $i i32)
    (loop $l
      (i32.store (i32.add (local.get $p) (local.get $i)) (local.get $x))
      (local.set $i (i32.add (local.get $i) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  ;; b[i] = a[i] + x
  (func (export "add") (param $a i32) (param $b i32) (param $n i32) (param $x i32) (local $i i32)
    (loop $l
      (i32.store (i32.add (local.get $b) (local.get $i))
        (i32.add (i32.load (i32.add (local.get $a) (local.get $i))) (local.get $x)))
      (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.shl (local.get $n) (i32.const 2))))))

  ;; Sums from `from` to `to`, exclusive.
  (func (export "sum") (param $from i32) (param $to i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $from))))
      (br_if $l (i32.ne (local.tee $from (i32.add (local.get $from) (i32.const 4))) (local.get $to))))
    (local.get $sum))

  ;; The counter passes the bound when that is not a multiple of its step.
  (func (export "fill-until") (param $p i32) (param $end i32) (param $x i32)
    (loop $l
      (i32.store (local.get $p) (local.get $x))
      (br_if $l (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end)))))

  (func (export "fill-up-to") (param $p i32) (param $end i32) (param $x i32)
    (loop $l
      (i32.store (local.get $p) (local.get $x))
      (br_if $l (i32.le_u (local.tee $p (i32.add (local.get $p) (i32.const 4))) (local.get $end)))))

  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))

(invoke "fill" (i32.const 0) (i32.const 100) (i32.const 1))
(assert_return (invoke "sum" (i32.const 0) (i32.const 404)) (i32.const 100))

;; Adjacent, overlapping, and the same.
(invoke "add" (i32.const 0) (i32.const 4) (i32.const 50) (i32.const 1))
(assert_return (invoke "load" (i32.const 200)) (i32.const 51))
(assert_return (invoke "load" (i32.const 204)) (i32.const 1))
(invoke "add" (i32.const 4) (i32.const 0) (i32.const 50) (i32.const 1))
(assert_return (invoke "load" (i32.const 196)) (i32.const 52))
(assert_return (invoke "load" (i32.const 200)) (i32.const 51))
(invoke "add" (i32.const 0) (i32.const 0) (i32.const 50) (i32.const 1))
(assert_return (invoke "load" (i32.const 196)) (i32.const 53))
(assert_return (invoke "load" (i32.const 200)) (i32.const 51))

;; To the last byte, and past it.
(invoke "fill" (i32.const 65236) (i32.const 75) (i32.const 7))
(assert_return (invoke "load" (i32.const 65532)) (i32.const 7))
(assert_trap (invoke "fill" (i32.const 65238) (i32.const 75) (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65530)) (i32.const 8))
(assert_return (invoke "load" (i32.const 65532)) (i32.const 0))
(assert_trap (invoke "add" (i32.const 65200) (i32.const 1000) (i32.const 100) (i32.const 3)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 1332)) (i32.const 3))
(assert_return (invoke "load" (i32.const 1336)) (i32.const 0))
(assert_trap (invoke "add" (i32.const 1000) (i32.const 65200) (i32.const 100) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65532)) (i32.const 4))

;; An index that wraps is not one that goes on.
(assert_trap (invoke "fill" (i32.const -64) (i32.const 100) (i32.const 9)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 0)) (i32.const 4))
(assert_trap (invoke "fill-until" (i32.const 64000) (i32.const 64101) (i32.const 5)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65532)) (i32.const 5))
(assert_trap (invoke "fill-up-to" (i32.const 64000) (i32.const -1) (i32.const 6)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 65532)) (i32.const 6))
(invoke "fill-up-to" (i32.const 64000) (i32.const 64043) (i32.const 4))
(assert_return (invoke "load" (i32.const 64040)) (i32.const 4))
(assert_return (invoke "load" (i32.const 64044)) (i32.const 6))

;; After growing.
(assert_return (invoke "grow") (i32.const 1))
(invoke "fill" (i32.const 65500) (i32.const 100) (i32.const 3))
(assert_return (invoke "load" (i32.const 65896)) (i32.const 3))
(assert_return (invoke "load" (i32.const 65900)) (i32.const 0))
(assert_trap (invoke "fill" (i32.const 131000) (i32.const 100) (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "load" (i32.const 131068)) (i32.const 2))
