;; A memory of the greatest size: its last byte can be stored to, and lengths do not wrap.
;;! stdout: {\0\0\0\0\0\0\0\0}
;;! peer: it traps
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1 65536)
  (func $expect (param $actual i32) (param $expected i32)
    (if (i32.ne (local.get $actual) (local.get $expected)) (then (call $proc_exit (i32.const 1)))))
  (func (export "_start")
    ;; Where there is not enough memory there is nothing to test.
    (if (i32.eq (memory.grow (i32.const 65535)) (i32.const -1)) (then (return)))
    (call $expect (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const -8)) (i32.const 0))
    (if (i64.eqz (i64.load (i32.const -8))) (then (call $proc_exit (i32.const 2))))
    (call $expect (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const -7)) (i32.const 21))
    (call $expect (call $random_get (i32.const -1) (i32.const 1)) (i32.const 0))
    (call $expect (call $random_get (i32.const -1) (i32.const 2)) (i32.const 21))
    (call $expect (call $random_get (i32.const 2) (i32.const -1)) (i32.const 21))
    (call $expect (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0x20000000) (i32.const 0)) (i32.const 21))
    ;; The last bytes are an iovec that ends one byte behind the memory, then one that ends where the memory does.
    (i64.store (i32.const -8) (i64.const 0x11_fffffff0))
    (call $expect (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 0)) (i32.const 21))
    (i64.store (i32.const -8) (i64.const 0x10_fffffff0))
    (call $expect (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 0)) (i32.const 0))))
