;; Sorts lists of random numbers by merging, in new lists each time; recursion holds objects in its frames.
(module
  (type $cons (struct (field $value i32) (field $next (mut (ref null $cons)))))
  (global $random (mut i32) (i32.const 1))
  (func $list (param $n i32) (result (ref null $cons))
    (local $list (ref null $cons))
    (loop $more
      (global.set $random (i32.add (i32.mul (global.get $random) (i32.const 1103515245)) (i32.const 12345)))
      (local.set $list (struct.new $cons (i32.shr_u (global.get $random) (i32.const 4)) (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $list))
  (func $merge (param $a (ref null $cons)) (param $b (ref null $cons)) (result (ref null $cons))
    (local $first (ref $cons)) (local $last (ref $cons)) (local $new (ref null $cons))
    (local.set $last (local.tee $first (struct.new $cons (i32.const 0) (ref.null $cons))))
    (block $end
      (loop $more
        (if (ref.is_null (local.get $a))
          (then (struct.set $cons $next (local.get $last) (local.get $b)) (br $end)))
        (if (ref.is_null (local.get $b))
          (then (struct.set $cons $next (local.get $last) (local.get $a)) (br $end)))
        (if (i32.le_u (struct.get $cons $value (local.get $a)) (struct.get $cons $value (local.get $b)))
          (then
            (local.set $new (struct.new $cons (struct.get $cons $value (local.get $a)) (ref.null $cons)))
            (local.set $a (struct.get $cons $next (local.get $a))))
          (else
            (local.set $new (struct.new $cons (struct.get $cons $value (local.get $b)) (ref.null $cons)))
            (local.set $b (struct.get $cons $next (local.get $b)))))
        (struct.set $cons $next (local.get $last) (local.get $new))
        (local.set $last (ref.as_non_null (local.get $new)))
        (br $more)))
    (struct.get $cons $next (local.get $first)))
  ;; The first `n` elements, sorted, and what follows them.
  (func $sort (param $list (ref null $cons)) (param $n i32) (result (ref null $cons) (ref null $cons))
    (local $a (ref null $cons)) (local $b (ref null $cons))
    (if (i32.eq (local.get $n) (i32.const 1))
      (then
        (return
          (struct.new $cons (struct.get $cons $value (local.get $list)) (ref.null $cons))
          (struct.get $cons $next (local.get $list)))))
    (call $sort (local.get $list) (i32.shr_u (local.get $n) (i32.const 1)))
    (local.set $list)
    (local.set $a)
    (call $sort (local.get $list) (i32.sub (local.get $n) (i32.shr_u (local.get $n) (i32.const 1))))
    (local.set $list)
    (local.set $b)
    (call $merge (local.get $a) (local.get $b))
    (local.get $list))
  ;; The number of elements, which must not descend.
  (func $check (param $list (ref null $cons)) (result i32)
    (local $last i32) (local $n i32)
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $list)))
        (if (i32.gt_u (local.get $last) (struct.get $cons $value (local.get $list))) (then (unreachable)))
        (local.set $last (struct.get $cons $value (local.get $list)))
        (local.set $list (struct.get $cons $next (local.get $list)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br $more)))
    (local.get $n))
  (func (export "_start")
    (local $rounds i32)
    (local.set $rounds (i32.const 24))
    (loop $again
      (call $sort (call $list (i32.const 100000)) (i32.const 100000))
      (drop)
      (if (i32.ne (call $check) (i32.const 100000)) (then (unreachable)))
      (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))))
