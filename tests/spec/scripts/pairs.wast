;; Indices in loops that are the sum of what stays the same and of a counter: when they wrap, and when something traps before they do.

(module
  (memory 2)
  (data (i32.const 0) "\01\02\03\04\05\06\07\08")
  (data (i32.const 131064) "\11\12\13\14\15\16\17\18")
  ;; From zero: the sum cannot wrap.
  (func (export "sum") (param $from i32) (param $bytes i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $bytes))))
    (local.get $sum))
  (func (export "scaled") (param $from i32) (param $count i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum
        (i32.add (local.get $sum) (i32.load16_u (i32.add (i32.shl (local.get $i) (i32.const 1)) (local.get $from)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum))
  ;; A scale that loses bits: in the second round the index is that of the first.
  (func (export "scaled far") (param $from i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum
        (i32.add (local.get $sum) (i32.load8_u (i32.add (i32.shl (local.get $i) (i32.const 31)) (local.get $from)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (i32.const 4))))
    (local.get $sum))
  ;; From somewhere else: the first sum may have wrapped.
  (func (export "from") (param $from i32) (param $start i32) (param $end i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $start)))))
      (br_if $again (i32.lt_u (local.tee $start (i32.add (local.get $start) (i32.const 1))) (local.get $end))))
    (local.get $sum))
  (func (export "from four") (param $from i32) (param $end i32) (result i32)
    (local $sum i32) (local $i i32)
    (local.set $i (i32.const 4))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.get $sum))
  ;; Not accessed in every round: later sums may have wrapped.
  (func (export "sometimes") (param $from i32) (param $end i32) (result i32)
    (local $sum i32) (local $i i32)
    (loop $again
      (if (i32.ge_u (local.get $i) (i32.const 4))
        (then (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.get $sum))
  ;; Two ways back, one of which comes past no access.
  (func (export "two ways") (param $from i32) (param $end i32) (result i32)
    (local $sum i32) (local $i i32)
    (block $out
      (loop $again
        (if (i32.lt_u (local.get $i) (i32.const 4))
          (then
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $again)))
        (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (local.get $end)))))
    (local.get $sum))
  ;; The pointer is another one in each round.
  (func (export "both") (param $from i32) (param $end i32) (result i32)
    (local $sum i32) (local $i i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (local.set $from (i32.add (local.get $from) (i32.const -2)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $end))))
    (local.get $sum))
  ;; Downwards.
  (func (export "down") (param $from i32) (param $end i32) (result i32)
    (local $sum i32) (local $i i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $from) (local.get $i)))))
      (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const -1))) (local.get $end))))
    (local.get $sum))
  ;; The counter of the loop outside, and constants.
  (func (export "nested") (param $from i32) (param $rows i32) (result i32)
    (local $sum i32) (local $i i32) (local $j i32)
    (loop $row
      (local.set $j (i32.const 0))
      (loop $again
        (local.set $sum
          (i32.add (local.get $sum)
            (i32.load8_u
              (i32.add (i32.add (local.get $from) (i32.const -4))
                (i32.add (i32.mul (local.get $i) (i32.const 4)) (local.get $j))))))
        (br_if $again (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 4))))
      (br_if $row (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rows))))
    (local.get $sum))
  ;; Ranges: a row of a table and a column.
  (func (export "row") (param $row i32) (param $start i32) (result i32)
    (local $sum i32)
    (local.set $row (i32.mul (i32.and (local.get $row) (i32.const 0xffff)) (i32.const 4)))
    (local.set $start (i32.and (local.get $start) (i32.const 7)))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (i32.load8_u (i32.add (local.get $row) (local.get $start)))))
      (br_if $again (i32.lt_u (local.tee $start (i32.add (local.get $start) (i32.const 1))) (i32.const 8))))
    (local.get $sum)))

(assert_return (invoke "sum" (i32.const 0) (i32.const 8)) (i32.const 36))
(assert_return (invoke "sum" (i32.const 131064) (i32.const 8)) (i32.const 164))
(assert_trap (invoke "sum" (i32.const 131064) (i32.const 9)) "out of bounds memory access")
(assert_trap (invoke "sum" (i32.const -4) (i32.const 8)) "out of bounds memory access")
(assert_trap (invoke "sum" (i32.const -1) (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "scaled" (i32.const 0) (i32.const 2)) (i32.const 0x0604))
(assert_trap (invoke "scaled" (i32.const 131070) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "scaled" (i32.const -2) (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "scaled far" (i32.const 3)) (i32.const 8))
(assert_return (invoke "from" (i32.const -4) (i32.const 4) (i32.const 12)) (i32.const 36))
(assert_return (invoke "from" (i32.const 4) (i32.const -4) (i32.const -1)) (i32.const 6))
(assert_trap (invoke "from" (i32.const -4) (i32.const 3) (i32.const 12)) "out of bounds memory access")
(assert_return (invoke "from four" (i32.const -4) (i32.const 12)) (i32.const 36))
(assert_trap (invoke "from four" (i32.const -5) (i32.const 12)) "out of bounds memory access")
(assert_return (invoke "sometimes" (i32.const -4) (i32.const 12)) (i32.const 36))
(assert_trap (invoke "sometimes" (i32.const -5) (i32.const 12)) "out of bounds memory access")
(assert_return (invoke "two ways" (i32.const -4) (i32.const 12)) (i32.const 36))
(assert_return (invoke "both" (i32.const 7) (i32.const 8)) (i32.const 36))
(assert_trap (invoke "both" (i32.const 7) (i32.const 9)) "out of bounds memory access")
(assert_return (invoke "down" (i32.const 7) (i32.const -8)) (i32.const 36))
(assert_trap (invoke "down" (i32.const 7) (i32.const -9)) "out of bounds memory access")
(assert_return (invoke "nested" (i32.const 4) (i32.const 2)) (i32.const 36))
(assert_return (invoke "nested" (i32.const 131068) (i32.const 2)) (i32.const 164))
(assert_trap (invoke "nested" (i32.const 131069) (i32.const 2)) "out of bounds memory access")
(assert_trap (invoke "nested" (i32.const 0) (i32.const 2)) "out of bounds memory access")
(assert_return (invoke "row" (i32.const 0) (i32.const 0)) (i32.const 36))
(assert_return (invoke "row" (i32.const 32766) (i32.const 0)) (i32.const 164))
(assert_trap (invoke "row" (i32.const 32767) (i32.const 0)) "out of bounds memory access")
