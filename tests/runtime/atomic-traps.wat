;; Atomic accesses trap outside the memory and at unaligned addresses, which counts more; a wait traps where nobody could end it.
(module $atomic
  (memory $shared 1 2 shared)
  (func $load (export "load") (param i32) (result i64) (i64.atomic.load offset=8 (local.get 0)))
  (func $load-byte (export "load-byte") (param i32) (result i32) (i32.atomic.load8_u (local.get 0)))
  (func $store (export "store") (param i32) (i32.atomic.store (local.get 0) (i32.const 1)))
  (func $store-byte (export "store-byte") (param i32) (i64.atomic.store8 (local.get 0) (i64.const 1)))
  (func $add (export "add") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 1)))
  (func $add-dropped (export "add-dropped") (param i32) (drop (i32.atomic.rmw16.add_u (local.get 0) (i32.const 1))))
  (func $and (export "and") (param i32) (result i64) (i64.atomic.rmw8.and_u (local.get 0) (i64.const 1)))
  (func $xchg (export "xchg") (param i32) (result i64) (i64.atomic.rmw.xchg (local.get 0) (i64.const 1)))
  (func $cmpxchg (export "cmpxchg") (param i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (i32.const 0) (i32.const 1)))
  (func $wait (export "wait") (param i32) (result i32)
    (memory.atomic.wait64 offset=8 (local.get 0) (i64.const 0) (i64.const 0)))
  (func $notify (export "notify") (param i32) (result i32) (memory.atomic.notify (local.get 0) (i32.const 1))))

;; $ --invoke load -- 65520
;; 0
;; $ --invoke load -- 65528
;; error: wasm trap: out of bounds memory access
;;     0: 0x9a - load
;; exit status: 134
;; $ --invoke load -- 65529
;; error: wasm trap: unaligned atomic
;;     0: 0x9a - load
;; exit status: 134
;; $ --invoke load -- 4294967288
;; error: wasm trap: out of bounds memory access
;;     0: 0x9a - load
;; exit status: 134
;; $ --invoke load-byte -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xa3 - load-byte
;; exit status: 134
;; $ --invoke store -- 65532
;; $ --invoke store -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xae - store
;; exit status: 134
;; $ --invoke store -- 2
;; error: wasm trap: unaligned atomic
;;     0: 0xae - store
;; exit status: 134
;; $ --invoke store-byte -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xb9 - store-byte
;; exit status: 134
;; $ --invoke add -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xc4 - add
;; exit status: 134
;; $ --invoke add-dropped -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xcf - add-dropped
;; exit status: 134
;; $ --invoke and -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xdb - and
;; exit status: 134
;; $ --invoke xchg -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xe6 - xchg
;; exit status: 134
;; $ --invoke cmpxchg -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xf3 - cmpxchg
;; exit status: 134
;; $ --invoke cmpxchg --memory checked -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0xf3 - cmpxchg
;; exit status: 134
;; $ --invoke wait -- 65520
;; 2
;; $ --invoke wait -- 65528
;; error: wasm trap: out of bounds memory access
;;     0: 0x100 - wait
;; exit status: 134
;; $ --invoke wait -- 4294967288
;; error: wasm trap: out of bounds memory access
;;     0: 0x100 - wait
;; exit status: 134
;; $ --invoke wait -- 4
;; error: wasm trap: unaligned atomic
;;     0: 0x100 - wait
;; exit status: 134
;; $ --invoke notify -- 65532
;; 0
;; $ --invoke notify -- 65536
;; error: wasm trap: out of bounds memory access
;;     0: 0x10b - notify
;; exit status: 134
;; $ --invoke notify -- 2
;; error: wasm trap: unaligned atomic
;;     0: 0x10b - notify
;; exit status: 134
