;; Loops that compare two pieces of memory, of all lengths and differing at each place, at the end of the memory and beyond. `check`
;; functions compare with a loop that is written another way.
(module
  (memory 1)

  (func $memcmp (export "memcmp") (param $p i32) (param $q i32) (param $n i32) (result i32)
    (local $x i32) (local $y i32)
    (block $end
      (br_if $end (i32.eqz (local.get $n)))
      (loop $next
        (if (i32.ne (local.tee $x (i32.load8_u (local.get $p))) (local.tee $y (i32.load8_u (local.get $q))))
          (then (return (i32.sub (local.get $x) (local.get $y)))))
        (local.set $p (i32.add (local.get $p) (i32.const 1)))
        (local.set $q (i32.add (local.get $q) (i32.const 1)))
        (br_if $next (local.tee $n (i32.add (local.get $n) (i32.const -1))))))
    (i32.const 0))

  ;; How many elements are the same, with an index that goes up to a limit. The first element is always compared.
  (func $match8 (export "match8") (param $p i32) (param $q i32) (param $n i32) (result i32)
    (local $i i32)
    (block $out
      (loop $next
        (br_if $out
          (i32.ne
            (i32.load8_s offset=3 (i32.add (local.get $p) (local.get $i)))
            (i32.load8_s offset=3 (i32.add (local.get $i) (local.get $q)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.get $i))
  (func $match16 (export "match16") (param $p i32) (param $q i32) (param $end i32) (result i32)
    (block $out
      (loop $next
        (br_if $out (i32.ne (i32.load16_u (local.get $p)) (i32.load16_u (local.get $q))))
        (local.set $q (i32.add (local.get $q) (i32.const 2)))
        (br_if $next (i32.ne (local.tee $p (i32.add (local.get $p) (i32.const 2))) (local.get $end)))))
    (local.get $p))
  (func $match32 (export "match32") (param $p i32) (param $q i32) (param $n i32) (result i64)
    (local $i i32) (local $rounds i64)
    (block $out
      (loop $next
        (br_if $out
          (i32.ne
            (i32.load (i32.add (local.get $p) (local.get $i)))
            (i32.load offset=1000 (i32.add (local.get $q) (local.get $i)))))
        (local.set $rounds (i64.add (local.get $rounds) (i64.const 3)))
        (br_if $next (i32.gt_u (local.get $n) (local.tee $i (i32.add (local.get $i) (i32.const 4)))))))
    (i64.add (i64.mul (local.get $rounds) (i64.const 1000)) (i64.extend_i32_u (local.get $i))))
  ;; Bytes of which one is taken with its sign and the other without are never the same from 128 on.
  (func $mixed (export "mixed") (param $p i32) (param $q i32) (param $n i32) (result i32)
    (local $i i32)
    (block $out
      (loop $next
        (br_if $out
          (i32.ne
            (i32.load8_s (i32.add (local.get $p) (local.get $i)))
            (i32.load8_u (i32.add (local.get $q) (local.get $i)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.get $i))

  ;; Two pieces of `n` bytes, equal but for the one at `at`.
  (func $fill (param $p i32) (param $q i32) (param $n i32) (param $at i32)
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
        (i32.store8 (i32.add (local.get $p) (local.get $i)) (i32.add (i32.mul (local.get $i) (i32.const 37)) (i32.const 250)))
        (i32.store8 (i32.add (local.get $q) (local.get $i))
          (i32.add (i32.add (i32.mul (local.get $i) (i32.const 37)) (i32.const 250)) (i32.eq (local.get $i) (local.get $at))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next))))

  ;; All lengths up to 40 and all places, the second piece at the very end of the memory.
  (func (export "check_memcmp") (result i32)
    (local $n i32) (local $at i32) (local $q i32) (local $result i32)
    (loop $lengths
      (local.set $at (i32.const 0))
      (loop $places
        (local.set $q (i32.sub (i32.const 65536) (local.get $n)))
        (call $fill (i32.const 5) (local.get $q) (local.get $n) (local.get $at))
        (local.set $result (call $memcmp (i32.const 5) (local.get $q) (local.get $n)))
        (if (i32.ne (i32.eqz (local.get $result)) (i32.ge_u (local.get $at) (local.get $n)))
          (then (return (i32.add (i32.mul (local.get $n) (i32.const 100)) (local.get $at)))))
        ;; The difference is one, or 255 where the sum wraps.
        (if (i32.lt_u (local.get $at) (local.get $n))
          (then
            (if (i32.ne (local.get $result)
                  (i32.sub
                    (i32.load8_u (i32.add (i32.const 5) (local.get $at)))
                    (i32.load8_u (i32.add (local.get $q) (local.get $at)))))
              (then (return (i32.add (i32.mul (local.get $n) (i32.const 100)) (local.get $at)))))))
        (br_if $places (i32.le_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $n))))
      (br_if $lengths (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 40))))
    (i32.const -1))
  (func (export "check_matches") (result i32)
    (local $n i32) (local $at i32) (local $least i32)
    (local.set $n (i32.const 4))
    (loop $lengths
      (local.set $at (i32.const 0))
      (loop $places
        (call $fill (i32.const 64) (i32.const 1064) (local.get $n) (local.get $at))
        (local.set $least (select (local.get $at) (local.get $n) (i32.lt_u (local.get $at) (local.get $n))))
        (if (i32.ne (call $match8 (i32.const 61) (i32.const 1061) (local.get $n)) (local.get $least))
          (then (return (i32.add (i32.const 10000) (i32.add (i32.mul (local.get $n) (i32.const 100)) (local.get $at))))))
        (local.set $least (i32.and (local.get $least) (i32.const -2)))
        (if (i32.ne (call $match16 (i32.const 64) (i32.const 1064) (i32.add (i32.const 64) (i32.and (local.get $n) (i32.const -2))))
              (i32.add (i32.const 64) (local.get $least)))
          (then (return (i32.add (i32.const 20000) (i32.add (i32.mul (local.get $n) (i32.const 100)) (local.get $at))))))
        (local.set $least (i32.and (local.get $least) (i32.const -4)))
        (if (i64.ne (call $match32 (i32.const 64) (i32.const 64) (i32.and (local.get $n) (i32.const -4)))
              (i64.add
                (i64.mul (i64.const 750) (i64.extend_i32_u (local.get $least)))
                (i64.extend_i32_u (local.get $least))))
          (then (return (i32.add (i32.const 30000) (i32.add (i32.mul (local.get $n) (i32.const 100)) (local.get $at))))))
        (br_if $places (i32.le_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $n))))
      (br_if $lengths (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 40))))
    (i32.const -1))

  ;; Pieces beyond the end: what differs before is found, and without a difference the access beyond traps.
  (func (export "differs_before_end") (result i32)
    (call $fill (i32.const 5) (i32.const 65500) (i32.const 36) (i32.const 30))
    (call $memcmp (i32.const 5) (i32.const 65500) (i32.const 1000)))
  (func (export "differs_before_end_all") (result i32)
    (call $fill (i32.const 5) (i32.const 65500) (i32.const 36) (i32.const 30))
    (call $memcmp (i32.const 5) (i32.const 65500) (i32.const -1)))
  (func (export "runs_beyond_end") (result i32)
    (call $fill (i32.const 5) (i32.const 65500) (i32.const 36) (i32.const 99))
    (call $memcmp (i32.const 5) (i32.const 65500) (i32.const 37)))
  ;; The index wraps: from the end of the index space it would go on at the start.
  (func (export "wraps") (result i32) (call $memcmp (i32.const -4) (i32.const -4) (i32.const 20))))

(assert_return (invoke "check_memcmp") (i32.const -1))
(assert_return (invoke "check_matches") (i32.const -1))
(assert_return (invoke "memcmp" (i32.const 1) (i32.const 1) (i32.const 0)) (i32.const 0))
(assert_return (invoke "memcmp" (i32.const -1) (i32.const 70000) (i32.const 0)) (i32.const 0))
(assert_return (invoke "memcmp" (i32.const 0) (i32.const 0) (i32.const 65536)) (i32.const 0))
(assert_trap (invoke "memcmp" (i32.const 0) (i32.const 0) (i32.const 65537)) "out of bounds memory access")
(assert_trap (invoke "memcmp" (i32.const 0) (i32.const 0) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "differs_before_end") (i32.const -1))
(assert_return (invoke "differs_before_end_all") (i32.const -1))
(assert_trap (invoke "runs_beyond_end") "out of bounds memory access")
(assert_trap (invoke "wraps") "out of bounds memory access")
;; At least one element is compared, and a limit that is behind stops there.
(assert_return (invoke "match8" (i32.const 2000) (i32.const 2000) (i32.const 0)) (i32.const 1))
(assert_return (invoke "match8" (i32.const 2000) (i32.const 2000) (i32.const 100)) (i32.const 100))
(assert_trap (invoke "match16" (i32.const 2000) (i32.const 2000) (i32.const 2001)) "out of bounds memory access")
(assert_trap (invoke "match16" (i32.const 2000) (i32.const 2000) (i32.const 2000)) "out of bounds memory access")
(assert_return (invoke "match16" (i32.const 2000) (i32.const 2000) (i32.const 2002)) (i32.const 2002))
(assert_return (invoke "match32" (i32.const 3000) (i32.const 2000) (i32.const 18)) (i64.const 15020))
(assert_return (invoke "mixed" (i32.const 64) (i32.const 64) (i32.const 39)) (i32.const 0))
