;;! run: "$EXE" 2>err; status=$?
;;! run: grep -q 'wasm trap: call stack exhausted' err && grep -q -- '- down' err && grep -q -- 'into thread)' err || exit 1
;;! run: exit $status
;;! status: 134
;;! peer: it starts no threads

;; Each thread has a stack with an end of its own, where recursion traps; it is as large as the first one's.
(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func $wait (param $count i32) (local $now i32)
    (loop $again
      (local.set $now (i32.atomic.load (i32.const 8)))
      (if (i32.lt_u (local.get $now) (local.get $count))
        (then
          (drop (memory.atomic.wait32 (i32.const 8) (local.get $now) (i64.const -1)))
          (br $again)))))
  (func (export "_start")
    (if (i32.ne (call $down (i32.const 50000)) (i32.const 50000)) (then (unreachable)))
    (drop (call $spawn (i32.const 50000)))
    (drop (call $spawn (i32.const 50000)))
    (call $wait (i32.const 2))
    (drop (call $spawn (i32.const -1)))
    (call $wait (i32.const 3)))
  (func $thread (export "wasi_thread_start") (param $number i32) (param $depth i32)
    (if (i32.ne (call $down (local.get $depth)) (local.get $depth)) (then (unreachable)))
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 8) (i32.const -1)))))
