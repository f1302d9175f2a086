;; A list made by recursion, again and again: many frames are active, each with an object, while new ones are made.
(module
  (type $cons (struct (field $value i64) (field $next (ref null $cons))))
  (type $box (struct (field $value i64)))
  (func $make (param $n i64) (result (ref null $cons))
    (local $box (ref $box))
    (if (i64.eqz (local.get $n)) (then (return (ref.null $cons))))
    (local.set $box (struct.new $box (local.get $n)))
    (struct.new $cons
      (i64.const 1)
      (call $make (i64.sub (struct.get $box $value (local.get $box)) (i64.const 1))))
    ;; The box lives on.
    (if (i64.ne (struct.get $box $value (local.get $box)) (local.get $n)) (then (unreachable))))
  (func (export "_start")
    (local $rounds i32) (local $list (ref null $cons)) (local $n i64)
    (local.set $rounds (i32.const 300))
    (loop $again
      (local.set $list (call $make (i64.const 4000)))
      (local.set $n (i64.const 0))
      (loop $more
        (local.set $n (i64.add (local.get $n) (struct.get $cons $value (local.get $list))))
        (br_if $more (i32.eqz (ref.is_null (local.tee $list (struct.get $cons $next (local.get $list)))))))
      (if (i64.ne (local.get $n) (i64.const 4000)) (then (unreachable)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
