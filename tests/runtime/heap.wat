;; Objects under memory pressure: a small heap through which many times its size passes. `waste` makes garbage between everything.
(module
  (type $cons (struct (field $value i64) (field $next (mut (ref null $cons)))))
  (type $pair (struct (field $byte (mut i8)) (field $left (mut (ref null $cons))) (field $right anyref)))
  (type $bytes (array (mut i8)))
  (type $longs (array (mut i64)))
  (type $conses (array (mut (ref null $cons))))
  (type $vectors (array (mut v128)))
  (tag $found (param i32 (ref null $cons) i64))

  (global $kept (mut (ref null $cons)) (ref.null $cons))
  (table $table 3 10 (ref null $cons))
  (elem $passive (ref null $cons) (item (struct.new $cons (i64.const 7) (ref.null $cons))) (item (ref.null $cons)))

  (func $waste
    (local $n i32) (local $array (ref null $bytes))
    (local.set $n (i32.const 200))
    (loop $more
      (local.set $array (array.new $bytes (i32.const 1) (i32.const 1000)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))

  (func $list (param $n i64) (result (ref null $cons))
    (local $list (ref null $cons))
    (loop $more
      (local.set $list (struct.new $cons (local.get $n) (local.get $list)))
      (local.set $n (i64.sub (local.get $n) (i64.const 1)))
      (br_if $more (i64.ne (local.get $n) (i64.const 0))))
    (local.get $list))

  (func $sum (param $list (ref null $cons)) (result i64)
    (local $sum i64)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $sum (i64.add (local.get $sum) (struct.get $cons $value (local.get $list))))
        (local.set $list (struct.get $cons $next (local.get $list)))
        (br $next)))
    (local.get $sum))

  ;; A list made by recursion: each frame holds an object.
  (func $deep (export "deep") (param $n i64) (result i64)
    (call $sum (call $recurse (local.get $n))))
  (func $recurse (param $n i64) (result (ref null $cons))
    (local $own (ref $cons))
    (if (i64.eqz (local.get $n)) (then (return (ref.null $cons))))
    (local.set $own (struct.new $cons (local.get $n) (ref.null $cons)))
    (if (i64.eqz (i64.rem_u (local.get $n) (i64.const 64))) (then (call $waste)))
    (struct.set $cons $next (local.get $own) (call $recurse (i64.sub (local.get $n) (i64.const 1))))
    (local.get $own))

  ;; Objects that only a global, a table, an element segment and an array refer to.
  (func (export "places") (result i64)
    (local $array (ref $conses)) (local $pair (ref $pair))
    (global.set $kept (call $list (i64.const 1)))
    (table.set $table (i32.const 2) (call $list (i64.const 2)))
    (drop (table.grow $table (call $list (i64.const 3)) (i32.const 5)))
    (local.set $array (array.new_default $conses (i32.const 300000)))
    (local.set $pair (struct.new $pair (i32.const 250) (ref.null $cons) (ref.i31 (i32.const 1000))))
    (call $waste) (call $waste)
    ;; By now the array and the pair are old, and what they refer to is young.
    (array.set $conses (local.get $array) (i32.const 299999) (call $list (i64.const 4)))
    (array.fill $conses (local.get $array) (i32.const 5) (struct.new $cons (i64.const 1) (ref.null $cons)) (i32.const 8))
    (struct.set $pair $left (local.get $pair) (call $list (i64.const 5)))
    (call $waste) (call $waste)
    (array.copy $conses $conses (local.get $array) (i32.const 100) (local.get $array) (i32.const 5) (i32.const 8))
    (array.init_elem $conses $passive (local.get $array) (i32.const 0) (i32.const 0) (i32.const 2))
    (call $waste) (call $waste)
    (call $sum (global.get $kept))
    (i64.add (call $sum (table.get $table (i32.const 2))))
    (i64.add (call $sum (table.get $table (i32.const 7))))
    (i64.add (call $sum (array.get $conses (local.get $array) (i32.const 299999))))
    (i64.add (call $sum (array.get $conses (local.get $array) (i32.const 107))))
    (i64.add (call $sum (array.get $conses (local.get $array) (i32.const 0))))
    (i64.add (call $sum (struct.get $pair $left (local.get $pair))))
    (i64.add (i64.extend_i32_u (i31.get_u (ref.cast i31ref (struct.get $pair $right (local.get $pair))))))
    (i64.add (i64.extend_i32_s (struct.get_s $pair $byte (local.get $pair)))))

  ;; An exception carries an object through collections, at the thrower's and at the handler's.
  (func $search (param $n i64)
    (local $list (ref null $cons))
    (local.set $list (call $list (local.get $n)))
    (call $waste)
    (throw $found (i32.const 5) (local.get $list) (i64.const 6)))
  (func (export "thrown") (param $n i64) (result i64)
    (local $caught exnref) (local $list (ref null $cons))
    (block $out (result exnref)
      (try_table (catch_all_ref $out) (call $search (local.get $n)))
      (unreachable))
    (local.set $caught)
    (call $waste) (call $waste)
    (block $again (result i32 (ref null $cons) i64)
      (try_table (catch $found $again) (throw_ref (local.get $caught)))
      (unreachable))
    (call $waste)
    (drop)
    (local.set $list)
    (drop)
    (call $sum (local.get $list)))

  ;; Live objects up to the limit: a list as long as fits, of which all but the last element is let go, again and again.
  (func (export "full") (param $len i64) (param $rounds i32) (result i64)
    (local $sum i64)
    (loop $again
      (global.set $kept (ref.null $cons))
      (global.set $kept (call $list (local.get $len)))
      (local.set $sum (i64.add (local.get $sum) (call $sum (global.get $kept))))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))

  ;; Vectors and bytes keep their contents when they move.
  (func (export "contents") (param $len i32) (result i64)
    (local $longs (ref $longs)) (local $bytes (ref $bytes)) (local $vectors (ref $vectors)) (local $sum i64)
    (local.set $longs (array.new $longs (i64.const 0x100000000) (local.get $len)))
    (local.set $bytes (array.new $bytes (i32.const 200) (local.get $len)))
    (local.set $vectors (array.new $vectors (v128.const i64x2 1 2) (local.get $len)))
    (call $waste) (call $waste) (call $waste)
    (loop $next
      (local.set $len (i32.sub (local.get $len) (i32.const 1)))
      (local.set $sum (i64.add (local.get $sum) (array.get $longs (local.get $longs) (local.get $len))))
      (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (array.get_u $bytes (local.get $bytes) (local.get $len)))))
      (local.set $sum (i64.add (local.get $sum) (i64x2.extract_lane 1 (array.get $vectors (local.get $vectors) (local.get $len)))))
      (br_if $next (local.get $len)))
    (local.get $sum))

  (func (export "length") (param $len i32) (result i32)
    (array.len (array.new_default $vectors (local.get $len))))
  (func (export "lengths") (param $len i32) (result i32)
    (array.len (array.new $longs (i64.const 1) (local.get $len)))))

;; $ --invoke deep --max-heap 1M -- 20000
;; 200010000
;; $ --invoke deep --memory-base any -- 100000
;; 5000050000
;; $ --invoke places --max-heap 3M
;; 1037
;; $ --invoke places -O0 --memory-base any
;; 1037
;; $ --invoke thrown --max-heap 1M -- 10000
;; 50005000
;; $ --invoke full --max-heap 3M -- 129000 60
;; 499233870000
;; $ --invoke full --max-heap 3M -- 132000 1
;; error: wasm trap: GC heap out of memory
;;     0: 0x10c - list (inlined into <wasm function 8>)
;; exit status: 134
;; $ --invoke contents --max-heap 2M -- 60000
;; 257698049880000
;; $ --invoke contents -- 300000
;; 1288490249400000
;; $ --invoke length -- -1
;; error: wasm trap: GC heap out of memory
;;     0: 0x34f - <wasm function 10>
;; exit status: 134
;; $ --invoke length -- 268435456
;; error: wasm trap: GC heap out of memory
;;     0: 0x34f - <wasm function 10>
;; exit status: 134
;; $ --invoke lengths --max-heap 64K -- 8190
;; 8190
;; $ --invoke lengths --max-heap 64K -- 8192
;; error: wasm trap: GC heap out of memory
;;     0: 0x35b - <wasm function 11>
;; exit status: 134
