;; Byte arrays of 16 to 271 elements: each is made, looked at, and let go. Eight times.
(module
  (type $bytes (array (mut i8)))
  (func $run (param $n i32) (result i32)
    (local $bytes (ref $bytes)) (local $random i32) (local $len i32) (local $sum i32)
    (loop $more
      (local.set $random (i32.add (i32.mul (local.get $random) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $len
        (i32.add (i32.const 16) (i32.and (i32.shr_u (local.get $random) (i32.const 8)) (i32.const 255))))
      (local.set $bytes (array.new $bytes (local.get $random) (local.get $len)))
      (local.set $sum
        (i32.add (local.get $sum)
          (array.get_u $bytes (local.get $bytes) (i32.sub (local.get $len) (i32.const 1)))))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func (export "_start")
    (local $rounds i32)
    (local.set $rounds (i32.const 8))
    (loop $again
      (if (i32.ne (call $run (i32.const 3000000)) (i32.const 382500064)) (then (unreachable)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
