;; Every thread has a heap of its own: several collect at once, with roots in globals, tables and frames, and throw exceptions.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))
  (type $cons (struct (field $value i32) (field $next (mut (ref null $cons)))))
  (type $array (array (mut (ref null $cons))))
  (tag $found (param (ref null $cons)))
  (global $kept (mut (ref null $cons)) (ref.null $cons))
  (table $table 4 (ref null $cons))

  (func $list (param $n i32) (result (ref null $cons))
    (local $list (ref null $cons))
    (loop $more
      (local.set $list (struct.new $cons (local.get $n) (local.get $list)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $list))
  (func $sum (param $list (ref null $cons)) (result i32)
    (local $sum i32)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $list)))
        (local.set $sum (i32.add (local.get $sum) (struct.get $cons $value (local.get $list))))
        (local.set $list (struct.get $cons $next (local.get $list)))
        (br $next)))
    (local.get $sum))
  (func $search (param $n i32)
    (local $own (ref null $cons))
    (local.set $own (call $list (i32.const 3)))
    (if (i32.eqz (local.get $n)) (then (throw $found (call $list (i32.const 1000)))))
    (call $search (i32.sub (local.get $n) (i32.const 1)))
    (drop (call $sum (local.get $own))))
  (func $work (result i32)
    (local $rounds i32) (local $array (ref $array)) (local $total i32)
    (local.set $array (array.new_default $array (i32.const 2000)))
    (global.set $kept (call $list (i32.const 100)))
    (table.set $table (i32.const 3) (call $list (i32.const 200)))
    (local.set $rounds (i32.const 2000))
    (loop $more
      (array.set $array (local.get $array) (i32.sub (local.get $rounds) (i32.const 1)) (call $list (i32.const 10)))
      (block $caught (result (ref null $cons))
        (try_table (catch $found $caught) (call $search (i32.const 50)))
        (unreachable))
      (call $sum)
      (local.set $total (i32.add (local.get $total)))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (loop $more
      (local.set $total
        (i32.add (local.get $total) (call $sum (array.get $array (local.get $array) (local.get $rounds)))))
      (br_if $more (i32.lt_u (local.tee $rounds (i32.add (local.get $rounds) (i32.const 1))) (i32.const 2000))))
    (i32.add (local.get $total) (i32.add (call $sum (global.get $kept)) (call $sum (table.get $table (i32.const 3))))))

  ;; The sum of what all threads find out is at 0, the number of those that are done at 4.
  (func (export "wasi_thread_start") (param i32 i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (call $work)))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1))))
  (func $run (export "run") (param $threads i32) (result i32)
    (local $n i32) (local $done i32)
    (loop $more
      (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 0)) (then (return (i32.const -1))))
      (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (local.get $threads))))
    (drop (i32.atomic.rmw.add (i32.const 0) (call $work)))
    (loop $wait
      (local.set $done (i32.atomic.load (i32.const 4)))
      (if (i32.ne (local.get $done) (local.get $threads))
        (then
          (drop (memory.atomic.wait32 (i32.const 4) (local.get $done) (i64.const -1)))
          (br $wait))))
    (i32.atomic.load (i32.const 0)))
  ;; One after the other: what a thread had is given back.
  (func (export "many") (param $rounds i32) (result i32)
    (local $result i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 0))
      (i32.store (i32.const 4) (i32.const 0))
      (local.set $result (call $run (i32.const 1)))
      (br_if $more (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $result))
  ;; What a thread does with a reference that is null.
  (func (export "null") (result i32) (struct.get $cons $value (global.get $kept))))

;; $ --invoke run --max-heap 1M -- 4
;; 710708454
;; $ --invoke run -O0 -- 3
;; -290426696
;; $ --invoke many --max-heap 512K -- 30
;; 2002270300
;; $ --invoke null
;; error: wasm trap: null reference
;;     0: 0x23e - <wasm function 8>
;; exit status: 134
