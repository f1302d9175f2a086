;; WASI functions work on the memory that is exported as "memory", whatever its index.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory $scratch 1)
  (memory $main (export "memory") 1)
  (data (memory $scratch) (i32.const 8) "wrong\n")
  (data (memory $main) (i32.const 8) "right\n")
  (func (export "_start")
    (i32.store $main (i32.const 0) (i32.const 8))
    (i32.store $main (i32.const 4) (i32.const 6))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))

;; $
;; right
