;; Interpreters: what their loops fetch is used by handlers, by the ends that several handlers share, and after the loop.

(module
  (memory 1)
  ;; Two bytes an instruction.
  (data (i32.const 0) "\01\05" "\05\04" "\01\03" "\08\09" "\06\02" "\02\06" "\04\00" "\03\00" "\00\2a")
  ;; The same, but it divides by the count, which becomes zero.
  (data (i32.const 64) "\05\02" "\09\07" "\02\42" "\09\07" "\00\00")
  (data (i32.const 128) "\07\00")
  ;; Runs off the end of memory.
  (data (i32.const 65532) "\01\05" "\04\00")
  (global $hooks (mut i32) (i32.const 0))
  (func $interpret (export "interpret") (param $pc i32) (param $trace i32) (result i32)
    (local $op i32) (local $operand i32) (local $acc i32) (local $n i32) (local $sum f64) (local $steps i64)
    (block $done
      (loop $next
        ;; Joins the fetch from the side.
        (if (local.get $trace) (then
          (global.set $hooks (i32.add (global.get $hooks) (i32.const 1)))
          (local.set $trace (i32.sub (local.get $trace) (i32.const 1)))))
        (local.set $op (i32.load8_u (local.get $pc)))
        (local.set $operand (i32.load8_u offset=1 (local.get $pc)))
        (local.set $pc (i32.add (local.get $pc) (i32.const 2)))
        (local.set $steps (i64.add (local.get $steps) (i64.const 1)))
        (block $shared
          (block $default (block $9 (block $8 (block $7 (block $6 (block $5 (block $3 (block $2 (block $1 (block $0
            (br_table $0 $1 $2 $3 $next $5 $6 $7 $8 $9 $default (local.get $op)))
            ;; 0: ends
            (br $done))
            ;; 1: adds
            (local.set $acc (i32.add (local.get $acc) (local.get $operand)))
            (br $next))
            ;; 2: goes back while there are rounds left
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br_if $shared (i32.eqz (local.get $n)))
            (local.set $pc (local.get $operand))
            (br $next))
            ;; 3: sums; 4 does nothing
            (local.set $sum (f64.add (local.get $sum) (f64.convert_i32_u (local.get $acc))))
            (br $next))
            ;; 5: rounds
            (local.set $n (local.get $operand))
            (br $next))
            ;; 6: multiplies
            (local.set $acc (i32.mul (local.get $acc) (local.get $operand)))
            (br $shared))
            (unreachable))
            ;; 8: adds twice
            (local.set $acc (i32.add (local.get $acc) (local.get $operand)))
            (br_if $next (i32.and (local.get $acc) (i32.const 1)))
            (local.set $acc (i32.add (local.get $acc) (local.get $operand)))
            (br $shared))
            ;; 9: divides
            (local.set $acc (i32.div_u (local.get $operand) (local.get $n)))
            (br_if $next (local.get $acc)))
          ;; Any other ends too, after one more addition.
          (local.set $acc (i32.add (local.get $acc) (i32.const 1000)))
          (br $done))
        ;; What several handlers do last.
        (local.set $sum (f64.add (local.get $sum) (f64.convert_i32_u (local.get $op))))
        (br $next)))
    (i32.add
      (i32.add (local.get $acc) (i32.add (local.get $operand) (local.get $op)))
      (i32.add (i32.wrap_i64 (local.get $steps)) (i32.trunc_f64_u (local.get $sum)))))
  (func (export "hooks") (result i32) (global.get $hooks)))

(assert_return (invoke "interpret" (i32.const 0) (i32.const 0)) (i32.const 882))
(assert_return (invoke "hooks") (i32.const 0))
(assert_return (invoke "interpret" (i32.const 0) (i32.const 7)) (i32.const 882))
(assert_return (invoke "hooks") (i32.const 7))
(assert_trap (invoke "interpret" (i32.const 64) (i32.const 0)) "integer divide by zero")
(assert_trap (invoke "interpret" (i32.const 128) (i32.const 0)) "unreachable")
(assert_trap (invoke "interpret" (i32.const 65532) (i32.const 0)) "out of bounds memory access")

;; An interpreter in the handler of another; vectors; a value that changes only outside.
(module
  (memory 1)
  (data (i32.const 0) "\01\02\03\00\02\01\00\03\05\04\03\02\01\00\00\04")
  (func $nested (export "nested") (param $count i32) (result i32)
    (local $outer i32) (local $inner i32) (local $op i32) (local $step i32) (local $v v128) (local $total i32)
    (block $out
      (loop $next
        (br_if $out (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (local.set $op (i32.load8_u (i32.and (local.get $count) (i32.const 15))))
        (local.set $v (i32x4.add (local.get $v) (i32x4.splat (local.get $op))))
        (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $3 $4 $next $5 (local.get $op)))
          (local.set $total (i32.add (local.get $total) (i32x4.extract_lane 1 (local.get $v))))
          (br $next))
          (local.set $inner (local.get $op))
          (loop $again
            (local.set $step (i32.load8_u offset=3 (local.get $inner)))
            (local.set $inner (i32.add (local.get $inner) (i32.const 1)))
            (block $end (block $b (block $a (block $c
              (br_table $a $b $c $again $b $end $end (local.get $step)))
              (local.set $total (i32.add (local.get $total) (local.get $op)))
              (br $again))
              (local.set $total (i32.xor (local.get $total) (local.get $step)))
              (br_if $again (i32.lt_u (local.get $inner) (i32.const 9)))
              (br $next))
              (local.set $v (i32x4.sub (local.get $v) (i32x4.splat (local.get $step))))
              (br_if $again (i32.lt_u (local.get $inner) (i32.const 12)))
              (br $next)))
          (br $next))
          (local.set $total (i32.mul (local.get $total) (i32.const 3)))
          (br $next))
          (local.set $total (i32.add (local.get $total) (local.get $step)))
          (br $next))
          (local.set $outer (i32.add (local.get $outer) (local.get $count)))
          (br $next))
        (local.set $total (i32.sub (local.get $total) (i32.const 1)))
        (br $next)))
    (i32.add
      (i32.add (local.get $total) (local.get $outer))
      (i32.add (i32x4.extract_lane 2 (local.get $v)) (local.get $op)))))

(assert_return (invoke "nested" (i32.const 0)) (i32.const 0))
(assert_return (invoke "nested" (i32.const 1)) (i32.const 2))
(assert_return (invoke "nested" (i32.const 40)) (i32.const 86566))

;; Handlers that throw, are thrown to, and go on after calls; a reference that the loop fetches.
(module
  (type $cell (struct (field (mut i32)) (field (ref null $cell))))
  (tag $thrown (param i32))
  (memory 1)
  (data (i32.const 0) "\01\02\03\04\02\05\01\03\00")
  (func $link (param i32) (param (ref null $cell)) (result (ref $cell))
    (if (i32.eq (local.get 0) (i32.const 77)) (then (throw $thrown (i32.const 5))))
    (struct.new $cell (local.get 0) (local.get 1)))
  (func $throws (param i32) (throw $thrown (local.get 0)))
  (func $run (export "run") (result i32)
    (local $pc i32) (local $op i32) (local $list (ref null $cell)) (local $top (ref null $cell)) (local $sum i32)
    (loop $next
      (local.set $op (i32.load8_u (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      (local.set $top (local.get $list))
      (block $caught (result i32)
        (try_table (catch $thrown $caught)
          (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
            (br_table $0 $1 $2 $3 $4 $5 (local.get $op)))
            (return (i32.add (local.get $sum)
              (struct.get $cell 0 (struct.get $cell 1 (ref.as_non_null (local.get $top)))))))
            (local.set $list (call $link (local.get $pc) (local.get $top)))
            (br $next))
            (call $throws (local.get $op))
            (br $next))
            (local.set $list (call $link (i32.const 10) (local.get $list)))
            (local.set $sum (i32.add (local.get $sum) (struct.get $cell 0 (ref.as_non_null (local.get $top)))))
            (br $next))
            (local.set $list (call $link (i32.const 77) (local.get $top)))
            (br $next))
          (struct.set $cell 0 (ref.as_non_null (local.get $top)) (local.get $op)))
        (br $next))
      (local.set $sum (i32.add (local.get $sum)))
      (br $next))
    (unreachable)))

(assert_return (invoke "run") (i32.const 24))
