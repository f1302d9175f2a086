;; A shared memory that is imported from nowhere is there all the same, for a program of one thread too.
(module
  (import "env" "memory" (memory 1 3 shared))
  (data (i32.const 0) "\07")
  (func $grow (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $sum (export "sum") (param i32) (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.store (local.get 0) (i32.const 5))
    (i32.add (i32.atomic.load (i32.const 0)) (i32.atomic.rmw.add (local.get 0) (i32.const 1))))
  (func $notify (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
  (func $wait (export "wait") (result i32)
    (memory.atomic.wait32 (i32.const 0) (i32.const 7) (i64.const 1000000))))

;; $ --invoke grow -- 2
;; 1
;; $ --invoke grow -- 3
;; -1
;; $ --invoke grow --memory checked -- 2
;; 1
;; $ --invoke sum -- 131068
;; 12
;; $ --invoke sum -- 131072
;; error: wasm trap: out of bounds memory access
;;     0: 0x62 - sum
;; exit status: 134
;; $ --invoke sum --memory checked -- 131068
;; 12
;; $ --invoke sum --memory checked -- 131072
;; error: wasm trap: out of bounds memory access
;;     0: 0x62 - sum
;; exit status: 134
;; $ --invoke sum --memory-base any -- 131068
;; 12
;; $ --invoke notify
;; 0
;; $ --invoke wait
;; 2
