;; A hash table with a hundred thousand chains, to which objects are added at random: old objects that refer to new
;; ones. Three times.
(module
  (type $entry (struct (field $value i32) (field $next (ref null $entry))))
  (type $table (array (mut (ref null $entry))))
  (func $run (param $size i32) (param $steps i32) (result i32)
    (local $table (ref $table)) (local $random i32) (local $at i32) (local $sum i32) (local $entry (ref null $entry))
    (local.set $table (array.new_default $table (local.get $size)))
    (local.set $random (i32.const 12345))
    (loop $more
      (local.set $random (i32.add (i32.mul (local.get $random) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $at (i32.rem_u (i32.shr_u (local.get $random) (i32.const 8)) (local.get $size)))
      ;; Now and then a chain is let go.
      (array.set $table (local.get $table) (local.get $at)
        (struct.new $entry (local.get $steps)
          (if (result (ref null $entry)) (i32.and (local.get $random) (i32.const 0x30000))
            (then (array.get $table (local.get $table) (local.get $at)))
            (else (ref.null $entry)))))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (local.set $at (i32.const 0))
    (loop $chains
      (local.set $entry (array.get $table (local.get $table) (local.get $at)))
      (block $end
        (loop $entries
          (br_if $end (ref.is_null (local.get $entry)))
          (local.set $sum (i32.add (local.get $sum) (struct.get $entry $value (local.get $entry))))
          (local.set $entry (struct.get $entry $next (local.get $entry)))
          (br $entries)))
      (br_if $chains (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $size))))
    (local.get $sum))
  (func (export "_start")
    (local $rounds i32)
    (local.set $rounds (i32.const 3))
    (loop $again
      (if (i32.ne (call $run (i32.const 100000) (i32.const 2000000)) (i32.const -702791253)) (then (unreachable)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
