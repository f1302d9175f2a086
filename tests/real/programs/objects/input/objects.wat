;; A program of objects under memory pressure: gigabytes of structs and arrays pass through a heap of 64 MiB. Each part builds something
;; large, walks and changes it, and prints numbers that depend on every object.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data $names "tree\00queue\00words\00cache\00terms\00history\00")

  (global $random (mut i32) (i32.const 1))
  (func $random (param $below i32) (result i32)
    (global.set $random (i32.add (i32.mul (global.get $random) (i32.const 1664525)) (i32.const 1013904223)))
    (i32.rem_u (i32.shr_u (global.get $random) (i32.const 7)) (local.get $below)))

  ;; Output: a name of $names, numbers, the end of a line. They collect from address 16 on.
  (global $out (mut i32) (i32.const 16))
  (func $put (param $byte i32)
    (i32.store8 (global.get $out) (local.get $byte))
    (global.set $out (i32.add (global.get $out) (i32.const 1))))
  (func $name (param $at i32)
    (memory.init $names (i32.const 1024) (local.get $at) (i32.const 8))
    (local.set $at (i32.const 1024))
    (loop $more
      (call $put (i32.load8_u (local.get $at)))
      (br_if $more (i32.load8_u (local.tee $at (i32.add (local.get $at) (i32.const 1)))))))
  (func $number (param $n i64)
    (local $digits i32)
    (call $put (i32.const 32))
    (if (i64.lt_s (local.get $n) (i64.const 0))
      (then (call $put (i32.const 45)) (local.set $n (i64.sub (i64.const 0) (local.get $n)))))
    (local.set $digits (i32.const 1100))
    (loop $more
      (i32.store8 (local.get $digits)
        (i32.add (i32.const 48) (i32.wrap_i64 (i64.rem_u (local.get $n) (i64.const 10)))))
      (local.set $digits (i32.sub (local.get $digits) (i32.const 1)))
      (br_if $more (i64.ne (local.tee $n (i64.div_u (local.get $n) (i64.const 10))) (i64.const 0))))
    (loop $more
      (call $put (i32.load8_u (local.tee $digits (i32.add (local.get $digits) (i32.const 1)))))
      (br_if $more (i32.lt_u (local.get $digits) (i32.const 1100)))))
  (func $line
    (call $put (i32.const 10))
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.sub (global.get $out) (i32.const 16)))
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then (unreachable)))
    (global.set $out (i32.const 16)))

  ;; A balanced tree (AVL) that is never changed: each insertion and removal makes a new path.
  (type $tree (struct (field $key i32) (field $height i32) (field $less (ref null $tree)) (field $more (ref null $tree))))
  (func $height (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0)) (else (struct.get $tree $height (local.get $tree)))))
  (func $node (param $key i32) (param $less (ref null $tree)) (param $more (ref null $tree)) (result (ref $tree))
    (local $a i32) (local $b i32)
    (local.set $a (call $height (local.get $less)))
    (local.set $b (call $height (local.get $more)))
    (struct.new $tree
      (local.get $key)
      (i32.add (i32.const 1) (select (local.get $a) (local.get $b) (i32.gt_s (local.get $a) (local.get $b))))
      (local.get $less)
      (local.get $more)))
  (func $balanced (param $key i32) (param $less (ref null $tree)) (param $more (ref null $tree)) (result (ref $tree))
    (local $lean i32)
    (local.set $lean (i32.sub (call $height (local.get $less)) (call $height (local.get $more))))
    (if (i32.gt_s (local.get $lean) (i32.const 1))
      (then
        (if (i32.lt_s
              (call $height (struct.get $tree $less (local.get $less)))
              (call $height (struct.get $tree $more (local.get $less))))
          (then (local.set $less (call $turn_left (local.get $less)))))
        (return (call $turn_right (call $node (local.get $key) (local.get $less) (local.get $more))))))
    (if (i32.lt_s (local.get $lean) (i32.const -1))
      (then
        (if (i32.lt_s
              (call $height (struct.get $tree $more (local.get $more)))
              (call $height (struct.get $tree $less (local.get $more))))
          (then (local.set $more (call $turn_right (local.get $more)))))
        (return (call $turn_left (call $node (local.get $key) (local.get $less) (local.get $more))))))
    (call $node (local.get $key) (local.get $less) (local.get $more)))
  (func $turn_right (param $tree (ref null $tree)) (result (ref $tree))
    (local $less (ref null $tree))
    (local.set $less (struct.get $tree $less (local.get $tree)))
    (call $node
      (struct.get $tree $key (local.get $less))
      (struct.get $tree $less (local.get $less))
      (call $node
        (struct.get $tree $key (local.get $tree))
        (struct.get $tree $more (local.get $less))
        (struct.get $tree $more (local.get $tree)))))
  (func $turn_left (param $tree (ref null $tree)) (result (ref $tree))
    (local $more (ref null $tree))
    (local.set $more (struct.get $tree $more (local.get $tree)))
    (call $node
      (struct.get $tree $key (local.get $more))
      (call $node
        (struct.get $tree $key (local.get $tree))
        (struct.get $tree $less (local.get $tree))
        (struct.get $tree $less (local.get $more)))
      (struct.get $tree $more (local.get $more))))
  (func $insert (param $tree (ref null $tree)) (param $key i32) (result (ref $tree))
    (local $own i32)
    (if (ref.is_null (local.get $tree))
      (then (return (call $node (local.get $key) (ref.null $tree) (ref.null $tree)))))
    (local.set $own (struct.get $tree $key (local.get $tree)))
    (if (i32.eq (local.get $key) (local.get $own)) (then (return (ref.as_non_null (local.get $tree)))))
    (if (result (ref $tree)) (i32.lt_s (local.get $key) (local.get $own))
      (then
        (call $balanced (local.get $own)
          (call $insert (struct.get $tree $less (local.get $tree)) (local.get $key))
          (struct.get $tree $more (local.get $tree))))
      (else
        (call $balanced (local.get $own)
          (struct.get $tree $less (local.get $tree))
          (call $insert (struct.get $tree $more (local.get $tree)) (local.get $key))))))
  ;; Without its least key, which is the second result.
  (func $without_least (param $tree (ref null $tree)) (result (ref null $tree) i32)
    (local $less (ref null $tree)) (local $key i32)
    (if (ref.is_null (struct.get $tree $less (local.get $tree)))
      (then (return (struct.get $tree $more (local.get $tree)) (struct.get $tree $key (local.get $tree)))))
    (call $without_least (struct.get $tree $less (local.get $tree)))
    (local.set $key)
    (local.set $less)
    (call $balanced
      (struct.get $tree $key (local.get $tree)) (local.get $less) (struct.get $tree $more (local.get $tree)))
    (local.get $key))
  ;; Number and sum of the keys, which must ascend from one above `last`.
  (func $inspect (param $tree (ref null $tree)) (param $last i32) (result i64 i64 i32)
    (local $count i64) (local $sum i64)
    (if (ref.is_null (local.get $tree)) (then (return (i64.const 0) (i64.const 0) (local.get $last))))
    (call $inspect (struct.get $tree $less (local.get $tree)) (local.get $last))
    (local.set $last)
    (local.set $sum)
    (local.set $count)
    (if (i32.ge_s (local.get $last) (struct.get $tree $key (local.get $tree))) (then (unreachable)))
    (call $inspect (struct.get $tree $more (local.get $tree)) (struct.get $tree $key (local.get $tree)))
    (local.set $last)
    (local.set $sum (i64.add (local.get $sum)))
    (local.set $count (i64.add (local.get $count)))
    (i64.add (local.get $count) (i64.const 1))
    (i64.add (local.get $sum) (i64.extend_i32_s (struct.get $tree $key (local.get $tree))))
    (local.get $last))
  (func $tree_part (param $steps i32)
    (local $tree (ref null $tree)) (local $half (ref null $tree)) (local $middle i32)
    (local.set $middle (i32.shr_u (local.get $steps) (i32.const 1)))
    (call $name (i32.const 0))
    (loop $more
      (local.set $tree (call $insert (local.get $tree) (call $random (i32.const 1000000))))
      (if (i32.eqz (i32.rem_u (local.get $steps) (i32.const 3)))
        (then
          (call $without_least (local.get $tree))
          (drop)
          (local.set $tree)))
      ;; What the tree was like then stays.
      (if (i32.eq (local.get $steps) (local.get $middle)) (then (local.set $half (local.get $tree))))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (call $inspect (local.get $half) (i32.const -1))
    (drop)
    (call $number)
    (call $number)
    (call $inspect (local.get $tree) (i32.const -1))
    (drop)
    (call $number)
    (call $number)
    (call $number (i64.extend_i32_s (call $height (local.get $tree))))
    (call $line))

  ;; A queue of two lists: what comes in goes on one, what goes out comes from the other, and now and then one is turned into the other.
  (type $list (struct (field $value i64) (field $next (ref null $list))))
  (func $reverse (param $list (ref null $list)) (result (ref null $list))
    (local $reversed (ref null $list))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $reversed (struct.new $list (struct.get $list $value (local.get $list)) (local.get $reversed)))
        (local.set $list (struct.get $list $next (local.get $list)))
        (br $more)))
    (local.get $reversed))
  (func $queue_part (param $steps i32)
    (local $in (ref null $list)) (local $out (ref null $list)) (local $sum i64) (local $n i64) (local $len i32)
    (loop $more
      (local.set $n (i64.add (local.get $n) (i64.const 1)))
      (local.set $in (struct.new $list (local.get $n) (local.get $in)))
      (local.set $len (i32.add (local.get $len) (i32.const 1)))
      (if (i32.lt_u (call $random (i32.const 300000)) (local.get $len))
        (then
          (if (ref.is_null (local.get $out))
            (then (local.set $out (call $reverse (local.get $in))) (local.set $in (ref.null $list))))
          (local.set $sum
            (i64.add
              (i64.mul (local.get $sum) (i64.const 31))
              (struct.get $list $value (local.get $out))))
          (local.set $out (struct.get $list $next (local.get $out)))
          (local.set $len (i32.sub (local.get $len) (i32.const 1)))))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (call $name (i32.const 5))
    (call $number (i64.extend_i32_u (local.get $len)))
    (call $number (local.get $sum))
    (call $line))

  ;; Counts words in a hash table that grows. A word is made anew each time; the table keeps the first one.
  (type $bytes (array (mut i8)))
  (type $entry (struct (field $word (ref $bytes)) (field $hash i32) (field $count (mut i32)) (field $next (mut (ref null $entry)))))
  (type $table (array (mut (ref null $entry))))
  (global $table (mut (ref null $table)) (ref.null $table))
  (global $entries (mut i32) (i32.const 0))
  (func $word (result (ref $bytes))
    (local $word (ref $bytes)) (local $at i32) (local $bits i32)
    (local.set $word (array.new $bytes (i32.const 97) (i32.add (i32.const 3) (call $random (i32.const 30)))))
    ;; Three letters differ.
    (local.set $bits (call $random (i32.const 15000)))
    (loop $more
      (array.set $bytes (local.get $word) (local.get $at)
        (i32.add (i32.const 97) (i32.rem_u (local.get $bits) (i32.const 25))))
      (local.set $bits (i32.div_u (local.get $bits) (i32.const 25)))
      (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 3))))
    (local.get $word))
  (func $hash (param $word (ref $bytes)) (result i32)
    (local $at i32) (local $hash i32)
    (loop $more
      (local.set $hash
        (i32.mul (i32.xor (local.get $hash) (array.get_u $bytes (local.get $word) (local.get $at))) (i32.const 16777619)))
      (br_if $more
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (array.len (local.get $word)))))
    (local.get $hash))
  (func $equal (param $a (ref $bytes)) (param $b (ref $bytes)) (result i32)
    (local $at i32)
    (if (i32.ne (array.len (local.get $a)) (array.len (local.get $b))) (then (return (i32.const 0))))
    (loop $more
      (if (i32.ne
            (array.get_u $bytes (local.get $a) (local.get $at)) (array.get_u $bytes (local.get $b) (local.get $at)))
        (then (return (i32.const 0))))
      (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (array.len (local.get $a)))))
    (i32.const 1))
  (func $slot (param $hash i32) (result i32)
    (i32.and (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15)))
      (i32.sub (array.len (global.get $table)) (i32.const 1))))
  (func $grow
    (local $old (ref null $table)) (local $at i32) (local $entry (ref null $entry)) (local $next (ref null $entry))
    (local.set $old (global.get $table))
    (global.set $table (array.new_default $table (i32.mul (array.len (local.get $old)) (i32.const 2))))
    (loop $slots
      (local.set $entry (array.get $table (local.get $old) (local.get $at)))
      (block $end
        (loop $entries
          (br_if $end (ref.is_null (local.get $entry)))
          (local.set $next (struct.get $entry $next (local.get $entry)))
          (struct.set $entry $next (local.get $entry)
            (array.get $table (global.get $table) (call $slot (struct.get $entry $hash (local.get $entry)))))
          (array.set $table (global.get $table) (call $slot (struct.get $entry $hash (local.get $entry)))
            (local.get $entry))
          (local.set $entry (local.get $next))
          (br $entries)))
      (br_if $slots (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (array.len (local.get $old))))))
  (func $count (param $word (ref $bytes))
    (local $hash i32) (local $entry (ref null $entry))
    (local.set $hash (call $hash (local.get $word)))
    (local.set $entry (array.get $table (global.get $table) (call $slot (local.get $hash))))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $entry)))
        (if (i32.eq (struct.get $entry $hash (local.get $entry)) (local.get $hash))
          (then
            (if (call $equal (struct.get $entry $word (local.get $entry)) (local.get $word))
              (then
                (struct.set $entry $count (local.get $entry)
                  (i32.add (struct.get $entry $count (local.get $entry)) (i32.const 1)))
                (return)))))
        (local.set $entry (struct.get $entry $next (local.get $entry)))
        (br $more)))
    (array.set $table (global.get $table) (call $slot (local.get $hash))
      (struct.new $entry (local.get $word) (local.get $hash) (i32.const 1)
        (array.get $table (global.get $table) (call $slot (local.get $hash)))))
    (global.set $entries (i32.add (global.get $entries) (i32.const 1)))
    (if (i32.gt_u (global.get $entries) (array.len (global.get $table))) (then (call $grow))))
  (func $words_part (param $steps i32)
    (local $at i32) (local $entry (ref null $entry)) (local $most i32) (local $sum i64)
    (global.set $table (array.new_default $table (i32.const 16)))
    (loop $more
      (call $count (call $word))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (loop $slots
      (local.set $entry (array.get $table (global.get $table) (local.get $at)))
      (block $end
        (loop $entries
          (br_if $end (ref.is_null (local.get $entry)))
          (if (i32.ne (call $hash (struct.get $entry $word (local.get $entry))) (struct.get $entry $hash (local.get $entry)))
            (then (unreachable)))
          (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (struct.get $entry $count (local.get $entry)))))
          (if (i32.gt_u (struct.get $entry $count (local.get $entry)) (local.get $most))
            (then (local.set $most (struct.get $entry $count (local.get $entry)))))
          (local.set $entry (struct.get $entry $next (local.get $entry)))
          (br $entries)))
      (br_if $slots
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (array.len (global.get $table)))))
    (global.set $table (ref.null $table))
    (call $name (i32.const 11))
    (call $number (i64.extend_i32_u (global.get $entries)))
    (call $number (i64.extend_i32_u (local.get $most)))
    (call $number (local.get $sum))
    (call $line))

  ;; A cache that lets go what was used least recently: a ring of entries linked both ways, and an array that finds them.
  (type $used (struct
    (field $key i32) (field $data (ref $bytes)) (field $before (mut (ref null $used))) (field $after (mut (ref null $used)))))
  (type $index (array (mut (ref null $used))))
  (func $unlink (param $used (ref null $used))
    (struct.set $used $after (struct.get $used $before (local.get $used)) (struct.get $used $after (local.get $used)))
    (struct.set $used $before (struct.get $used $after (local.get $used)) (struct.get $used $before (local.get $used))))
  (func $link (param $used (ref null $used)) (param $ring (ref null $used))
    (struct.set $used $before (local.get $used) (local.get $ring))
    (struct.set $used $after (local.get $used) (struct.get $used $after (local.get $ring)))
    (struct.set $used $before (struct.get $used $after (local.get $ring)) (local.get $used))
    (struct.set $used $after (local.get $ring) (local.get $used)))
  (func $cache_part (param $steps i32)
    (local $index (ref $index)) (local $ring (ref null $used)) (local $used (ref null $used)) (local $key i32) (local $left i32)
    (local $hits i64) (local $sum i64)
    (local.set $index (array.new_default $index (i32.const 200000)))
    (local.set $ring
      (struct.new $used (i32.const -1) (array.new_default $bytes (i32.const 1)) (ref.null $used) (ref.null $used)))
    (struct.set $used $before (local.get $ring) (local.get $ring))
    (struct.set $used $after (local.get $ring) (local.get $ring))
    (local.set $left (i32.const 50000))
    (loop $more
      (local.set $key (call $random (i32.const 200000)))
      (if (call $random (i32.const 3)) (then (local.set $key (i32.div_u (local.get $key) (i32.const 5)))))
      (local.set $used (array.get $index (local.get $index) (local.get $key)))
      (if (ref.is_null (local.get $used))
        (then
          (local.set $used
            (struct.new $used (local.get $key)
              (array.new $bytes (local.get $key) (i32.add (i32.const 1) (i32.and (local.get $key) (i32.const 255))))
              (ref.null $used) (ref.null $used)))
          (array.set $index (local.get $index) (local.get $key) (local.get $used))
          (if (local.get $left)
            (then (local.set $left (i32.sub (local.get $left) (i32.const 1))))
            (else
              (array.set $index (local.get $index)
                (struct.get $used $key (struct.get $used $before (local.get $ring))) (ref.null $used))
              (call $unlink (struct.get $used $before (local.get $ring))))))
        (else
          (local.set $hits (i64.add (local.get $hits) (i64.const 1)))
          (call $unlink (local.get $used))))
      (call $link (local.get $used) (local.get $ring))
      (br_if $more (local.tee $steps (i32.sub (local.get $steps) (i32.const 1)))))
    (local.set $used (struct.get $used $after (local.get $ring)))
    (loop $more
      (local.set $sum
        (i64.add
          (i64.mul (local.get $sum) (i64.const 31))
          (i64.extend_i32_u
            (i32.add
              (struct.get $used $key (local.get $used))
              (array.get_u $bytes (struct.get $used $data (local.get $used))
                (i32.sub (array.len (struct.get $used $data (local.get $used))) (i32.const 1)))))))
      (local.set $used (struct.get $used $after (local.get $used)))
      (br_if $more (i32.eqz (ref.eq (local.get $used) (local.get $ring)))))
    (call $name (i32.const 17))
    (call $number (local.get $hits))
    (call $number (local.get $sum))
    (call $line))

  ;; Terms over one variable: made at random, differentiated, simplified and evaluated.
  (type $term (sub (struct)))
  (type $constant (sub final $term (struct (field $value i64))))
  (type $variable (sub final $term (struct)))
  (type $sum (sub final $term (struct (field $a (ref $term)) (field $b (ref $term)))))
  (type $product (sub final $term (struct (field $c (ref $term)) (field $d (ref $term)))))
  (func $term (param $depth i32) (result (ref $term))
    (if (i32.eqz (local.get $depth))
      (then
        (if (call $random (i32.const 2)) (then (return (struct.new $variable))))
        (return (struct.new $constant (i64.extend_i32_u (call $random (i32.const 4)))))))
    (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
    (if (result (ref $term)) (call $random (i32.const 2))
      (then (struct.new $sum (call $term (local.get $depth)) (call $term (local.get $depth))))
      (else (struct.new $product (call $term (local.get $depth)) (call $term (local.get $depth))))))
  (func $derivative (param $term (ref $term)) (result (ref $term))
    (block $product (result (ref $product))
      (block $sum (result (ref $sum))
        (if (ref.test (ref $constant) (br_on_cast $product (ref $term) (ref $product)
              (br_on_cast $sum (ref $term) (ref $sum) (local.get $term))))
          (then (return (struct.new $constant (i64.const 0)))))
        (return (struct.new $constant (i64.const 1))))
      (drop)
      (return
        (struct.new $sum
          (call $derivative (struct.get $sum $a (ref.cast (ref $sum) (local.get $term))))
          (call $derivative (struct.get $sum $b (ref.cast (ref $sum) (local.get $term)))))))
    (drop)
    (struct.new $sum
      (struct.new $product
        (call $derivative (struct.get $product $c (ref.cast (ref $product) (local.get $term))))
        (struct.get $product $d (ref.cast (ref $product) (local.get $term))))
      (struct.new $product
        (struct.get $product $c (ref.cast (ref $product) (local.get $term)))
        (call $derivative (struct.get $product $d (ref.cast (ref $product) (local.get $term)))))))
  (func $is (param $term (ref $term)) (param $value i64) (result i32)
    (if (i32.eqz (ref.test (ref $constant) (local.get $term))) (then (return (i32.const 0))))
    (i64.eq (struct.get $constant $value (ref.cast (ref $constant) (local.get $term))) (local.get $value)))
  ;; Without zero terms and factors.
  (func $simplified (param $term (ref $term)) (result (ref $term))
    (local $a (ref $term)) (local $b (ref $term))
    (if (ref.test (ref $sum) (local.get $term))
      (then
        (local.set $a (call $simplified (struct.get $sum $a (ref.cast (ref $sum) (local.get $term)))))
        (local.set $b (call $simplified (struct.get $sum $b (ref.cast (ref $sum) (local.get $term)))))
        (if (call $is (local.get $a) (i64.const 0)) (then (return (local.get $b))))
        (if (call $is (local.get $b) (i64.const 0)) (then (return (local.get $a))))
        (return (struct.new $sum (local.get $a) (local.get $b)))))
    (if (ref.test (ref $product) (local.get $term))
      (then
        (local.set $a (call $simplified (struct.get $product $c (ref.cast (ref $product) (local.get $term)))))
        (if (call $is (local.get $a) (i64.const 0)) (then (return (local.get $a))))
        (local.set $b (call $simplified (struct.get $product $d (ref.cast (ref $product) (local.get $term)))))
        (if (call $is (local.get $b) (i64.const 0)) (then (return (local.get $b))))
        (return (struct.new $product (local.get $a) (local.get $b)))))
    (local.get $term))
  (func $value (param $term (ref $term)) (param $x i64) (result i64)
    (if (ref.test (ref $sum) (local.get $term))
      (then
        (return
          (i64.add
            (call $value (struct.get $sum $a (ref.cast (ref $sum) (local.get $term))) (local.get $x))
            (call $value (struct.get $sum $b (ref.cast (ref $sum) (local.get $term))) (local.get $x))))))
    (if (ref.test (ref $product) (local.get $term))
      (then
        (return
          (i64.mul
            (call $value (struct.get $product $c (ref.cast (ref $product) (local.get $term))) (local.get $x))
            (call $value (struct.get $product $d (ref.cast (ref $product) (local.get $term))) (local.get $x))))))
    (if (result i64) (ref.test (ref $constant) (local.get $term))
      (then (struct.get $constant $value (ref.cast (ref $constant) (local.get $term))))
      (else (local.get $x))))
  (func $terms_part (param $rounds i32)
    (local $derivative (ref $term)) (local $simplified (ref $term)) (local $sum i64)
    (loop $more
      (local.set $derivative (call $derivative (call $term (i32.const 13))))
      (local.set $simplified (call $simplified (local.get $derivative)))
      (if (i64.ne
            (call $value (local.get $derivative) (i64.const 3)) (call $value (local.get $simplified) (i64.const 3)))
        (then (unreachable)))
      (local.set $sum (i64.add (local.get $sum) (call $value (local.get $simplified) (i64.const 7))))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $name (i32.const 23))
    (call $number (local.get $sum))
    (call $line))

  ;; Versions of a long list, each of which takes most of the heap: the one before must go first.
  (func $history_part (param $len i64) (param $rounds i32)
    (local $list (ref null $list)) (local $n i64) (local $sum i64)
    (loop $more
      (local.set $list (ref.null $list))
      (local.set $n (local.get $len))
      (loop $longer
        (local.set $list (struct.new $list (i64.add (local.get $n) (local.get $sum)) (local.get $list)))
        (br_if $longer (i64.ne (local.tee $n (i64.sub (local.get $n) (i64.const 1))) (i64.const 0))))
      (loop $next
        (local.set $sum
          (i64.add (i64.mul (local.get $sum) (i64.const 31)) (struct.get $list $value (local.get $list))))
        (br_if $next (i32.eqz (ref.is_null (local.tee $list (struct.get $list $next (local.get $list)))))))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $name (i32.const 29))
    (call $number (local.get $sum))
    (call $line))

  (func (export "_start")
    (call $tree_part (i32.const 400000))
    (call $queue_part (i32.const 10000000))
    (call $words_part (i32.const 2000000))
    (call $cache_part (i32.const 4000000))
    (call $terms_part (i32.const 150))
    (call $history_part (i64.const 2500000) (i32.const 40))))
