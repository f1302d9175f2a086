;; WASI functions on a memory that ends within a page: 21 is fault.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 22 (pagesize 1))
  (data (i32.const 16) "right\n")
  (func $write (param $at i32) (param $len i32) (result i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $len))
    (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
  (func (export "run") (result i32 i32 i32 i32 i32)
    (call $write (i32.const 16) (i32.const 6))
    (call $write (i32.const 16) (i32.const 7))
    (memory.grow (i32.const 5000))
    (call $write (i32.const 16) (i32.const 6))
    (memory.size)))

;; $ --invoke run
;; right
;; right
;; 0
;; 21
;; 22
;; 0
;; 5022
;; $ --memory checked --invoke run
;; right
;; right
;; 0
;; 21
;; 22
;; 0
;; 5022
