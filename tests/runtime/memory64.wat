;; A 64-bit memory beyond 4 GiB, of which WASI functions reach the low 4 GiB.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $main (export "memory") i64 1)
  (data (memory $main) (i64.const 8) "right\n")
  (func (export "_start")
    (drop (memory.grow (i64.const 65536)))
    (i32.store $main (i64.const 0) (i32.const 8))
    (i32.store $main (i64.const 4) (i32.const 6))
    (i32.store (i64.const 0xfffffffc) (i32.const 0x0a6b6f))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (i32.store $main (i64.const 0) (i32.const 0xfffffffc))
    (i32.store $main (i64.const 4) (i32.const 3))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))

;; $
;; right
;; ok
;; $ --memory checked
;; right
;; ok
;; $ --memory-base any
;; right
;; ok
