;; Maps a short list a thousand times, and a long one ten times.
(module
  (type $cons (struct (field $value i32) (field $next (mut (ref null $cons)))))
  (func $iota (param $n i32) (result (ref null $cons))
    (local $list (ref null $cons))
    (loop $more
      (local.set $list (struct.new $cons (local.get $n) (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $list))
  (func $increment (param $list (ref null $cons)) (result (ref null $cons))
    (local $first (ref $cons)) (local $last (ref $cons)) (local $new (ref $cons))
    (local.set $last
      (local.tee $first
        (struct.new $cons (i32.add (struct.get $cons $value (local.get $list)) (i32.const 1)) (ref.null $cons))))
    (loop $more
      (local.set $list (struct.get $cons $next (local.get $list)))
      (if (i32.eqz (ref.is_null (local.get $list)))
        (then
          (local.set $new
            (struct.new $cons (i32.add (struct.get $cons $value (local.get $list)) (i32.const 1)) (ref.null $cons)))
          (struct.set $cons $next (local.get $last) (local.get $new))
          (local.set $last (local.get $new))
          (br $more))))
    (local.get $first))
  (func $run (param $n i32) (param $rounds i32) (result i32)
    (local $list (ref null $cons)) (local $sum i32)
    (local.set $list (call $iota (local.get $n)))
    (loop $again
      (local.set $list (call $increment (local.get $list)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (loop $more
      (local.set $sum (i32.add (local.get $sum) (struct.get $cons $value (local.get $list))))
      (br_if $more (i32.eqz (ref.is_null (local.tee $list (struct.get $cons $next (local.get $list)))))))
    (local.get $sum))
  (func (export "_start")
    (if (i32.ne (call $run (i32.const 1000) (i32.const 4000)) (i32.const 4500500)) (then (unreachable)))
    (if (i32.ne (call $run (i32.const 200000) (i32.const 30)) (i32.const -1468736480)) (then (unreachable)))))
