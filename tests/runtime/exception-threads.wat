;; Each thread throws and catches on its own stack, with its own globals and its own heap.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (export "memory") (import "env" "memory") 1 1 shared)
  (tag $e (param i32))
  (table funcref (elem $throws $throws))
  (type $down (func (param i32 i32)))
  (global $caught (mut i32) (i32.const 0))
  (func $throws (type $down)
    (if (i32.eqz (local.get 1)) (then (throw $e (local.get 0))))
    (call_indirect (type $down) (local.get 0) (i32.sub (local.get 1) (i32.const 1)) (i32.const 1))
    (global.set $caught (i32.const -1)))
  ;; Throws the numbers 0 to 9999 through ten frames; the sum of what is caught, which is also counted in a global.
  (func $work (result i32)
    (local $n i32) (local $sum i32)
    (loop $again
      (block $handler (result i32)
        (try_table (catch $e $handler) (call $throws (local.get $n) (i32.const 10)))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (global.set $caught (i32.add (global.get $caught) (i32.const 1)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000))))
    (i32.add (local.get $sum) (global.get $caught)))
  (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
    (drop (i32.atomic.rmw.add (i32.const 0) (call $work)))
    (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
    (if (i32.eq (local.get $argument) (i32.const 7)) (then (throw $e (i32.const 7)))))
  (func $threads (param $last i32) (result i32)
    (local $n i32)
    (loop $more
      (drop (call $spawn (select (local.get $last) (i32.const 0) (i32.eq (local.get $n) (i32.const 3)))))
      (br_if $more (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 4))))
    (drop (i32.atomic.rmw.add (i32.const 0) (call $work)))
    (loop $wait
      (local.set $n (i32.atomic.load (i32.const 4)))
      (drop (memory.atomic.wait32 (i32.const 4) (local.get $n) (i64.const 1000000)))
      (br_if $wait (i32.lt_u (i32.atomic.load (i32.const 4)) (i32.const 4))))
    (i32.atomic.load (i32.const 0)))
  (func (export "run") (result i32) (call $threads (i32.const 0)))
  (func (export "uncaught") (drop (call $threads (i32.const 7))) (loop $forever (br $forever))))

;; $ --invoke run
;; 250025000
;; $ --invoke uncaught
;; error: uncaught exception: e(7)
;;     0: 0x11f - <wasm function 3>
;; exit status: 134
