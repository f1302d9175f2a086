;; Functions called by a module without a memory: nothing can be stored.
;;! peer: it traps
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func $expect (param $actual i32) (param $expected i32)
    (if (i32.ne (local.get $actual) (local.get $expected)) (then (call $proc_exit (i32.const 1)))))
  (func (export "_start")
    (call $expect (call $sched_yield) (i32.const 0))
    (call $expect (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)) (i32.const 21))
    (call $expect (call $random_get (i32.const 0) (i32.const 1)) (i32.const 21))
    (call $expect (call $random_get (i32.const 0) (i32.const 0)) (i32.const 0))))
