;; The smallest command.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\0d\00\00\00")
  (data (i32.const 16) "hello, world\n")
  (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))

;; $
;; hello, world
;; $ -O0
;; hello, world
;; $ --memory checked
;; hello, world
;; $ --memory-base any
;; hello, world
;; $ --target-cpu native
;; hello, world
