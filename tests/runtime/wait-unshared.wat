;; Atomic accesses to a memory of one thread: there is nobody to wait for.
(module $unshared
  (memory 1)
  (func $add (export "add") (result i32)
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 5)))
    (i32.atomic.load (i32.const 8)))
  (func $notify (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1)))
  (func $wait (export "wait") (param i32) (result i32)
    (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0))))

;; $ --invoke add
;; 5
;; $ --invoke notify -- 8
;; 0
;; $ --invoke notify -- 9
;; error: wasm trap: unaligned atomic
;;     0: 0x53 - notify
;; exit status: 134
;; $ --invoke notify -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0x53 - notify
;; exit status: 134
;; $ --invoke wait -- 8
;; error: wasm trap: atomic wait on non-shared memory
;;     0: 0x60 - wait
;; exit status: 134
;; $ --invoke wait -- 9
;; error: wasm trap: unaligned atomic
;;     0: 0x60 - wait
;; exit status: 134
;; $ --invoke wait -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0x60 - wait
;; exit status: 134
