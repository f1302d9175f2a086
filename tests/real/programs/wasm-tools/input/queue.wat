;; A bounded queue with a sort and a dispatcher: folded and flat forms, every section, names, bulk memory, references, SIMD.
(module $queue
  (type $op (func (param i32 i32) (result i32)))
  (type $pair (func (param i64) (result i64 i32)))
  (import "host" "log" (func $log (param i32) (param f64)))
  (import "host" "limit" (global $limit i32))
  (memory $main (export "memory") 1 16)
  (table $ops 4 8 funcref)
  (table $held 2 externref)
  (global $head (mut i32) (i32.const 0))
  (global $scale f32 (f32.const -0x1.8p+3))
  (global $nan f64 (f64.const nan:0x4000000000000))
  (elem (table $ops) (i32.const 0) func $add $sub)
  (elem $later funcref (ref.func $max) (ref.null func))
  (elem declare func $push)
  (data (i32.const 16) "queue\00\ff\"\\" "\u{2192}")
  (data $passive "later")
  (start $begin)

  (func $begin
    (table.init $ops $later (i32.const 2) (i32.const 0) (i32.const 2))
    (elem.drop $later)
    (memory.init $passive (i32.const 64) (i32.const 0) (i32.const 5))
    data.drop $passive)
  (func $add (type $op) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $op) (i32.sub (local.get 0) (local.get 1)))
  (func $max (type $op) (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 1))))

  (func $push (export "push") (param $value i32) (result i32)
    (local $at i32)
    (if (i32.ge_u (global.get $head) (global.get $limit)) (then (return (i32.const -1))))
    (local.set $at (i32.shl (global.get $head) (i32.const 2)))
    (i32.store offset=1024 (local.get $at) (local.get $value))
    (global.set $head (i32.add (global.get $head) (i32.const 1)))
    (global.get $head))

  (func $sort (export "sort")
    (local $i i32) (local $j i32) (local $held i32)
    (block $done
      (loop $outer
        (br_if $done (i32.ge_u (local.get $i) (global.get $head)))
        (local.set $j (local.get $i))
        (local.set $held (i32.load offset=1024 (i32.shl (local.get $i) (i32.const 2))))
        (block $placed
          (loop $inner
            (br_if $placed (i32.eqz (local.get $j)))
            (br_if $placed (i32.le_s (i32.load offset=1020 (i32.shl (local.get $j) (i32.const 2))) (local.get $held)))
            (i32.store offset=1024 (i32.shl (local.get $j) (i32.const 2)) (i32.load offset=1020 (i32.shl (local.get $j) (i32.const 2))))
            (local.set $j (i32.sub (local.get $j) (i32.const 1)))
            (br $inner)))
        (i32.store offset=1024 (i32.shl (local.get $j) (i32.const 2)) (local.get $held))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $outer))))

  (func (export "apply") (param $op i32) (param $a i32) (param $b i32) (result i32)
    local.get $a
    local.get $b
    local.get $op
    call_indirect $ops (type $op))

  (func $divmod (type $pair) (param $n i64) (result i64 i32)
    (block $small (result i64)
      (br_if $small (i64.const 0) (i64.lt_u (local.get $n) (i64.const 10)))
      (drop)
      (i64.div_u (local.get $n) (i64.const 10)))
    (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10))))

  (func (export "dispatch") (param i32) (result f64)
    (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (return (f64.const 0x1p-1074))) (return (f64.const -inf)))
    (call $log (local.get 0) (global.get $nan))
    (f64.promote_f32 (global.get $scale)))

  (func (export "sum") (param $at i32) (result i32)
    (local $total v128)
    (local.set $total (i32x4.add (v128.load align=4 (local.get $at)) (v128.const i32x4 1 2 3 -4)))
    (i32.add
      (i32x4.extract_lane 0 (local.get $total))
      (i32x4.extract_lane 3 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 4 5 6 7 (local.get $total) (local.get $total)))))

  (func (export "hold") (param externref) (result i32)
    (table.set $held (i32.const 1) (local.get 0))
    (ref.is_null (table.get $held (i32.const 0))))
  (export "divmod" (func $divmod)))
