;; One export for each kind of trap.
(module
  (type $nothing (func))
  (memory 1)
  (table $table 4 funcref)
  (elem (i32.const 1) $number)
  (func $number (result i32) (i32.const 0))
  (func (export "unreachable") (unreachable))
  (func (export "load") (param i32) (result i64) (i64.load offset=16 (local.get 0)))
  (func (export "store") (param i32) (i32.store (local.get 0) (i32.const 1)))
  (func (export "copy") (memory.copy (i32.const 0) (i32.const 65530) (i32.const 7)))
  (func (export "table") (result i32) (ref.is_null (table.get $table (i32.const 4))))
  (func (export "grown") (result i32)
    (drop (table.grow $table (ref.null func) (i32.const 100)))
    (ref.is_null (table.get $table (i32.const 103))))
  (func (export "call") (param i32) (call_indirect $table (type $nothing) (local.get 0)))
  (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "remainder") (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1)))
  (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0))))

;; $ --invoke unreachable
;; error: wasm trap: unreachable
;;     0: 0xb6 - <wasm function 1>
;; exit status: 134
;; $ --invoke load -- 65520
;; error: wasm trap: out of bounds memory access
;;     0: 0xbc - <wasm function 2>
;; exit status: 134
;; $ --invoke load -- 65512
;; 0
;; $ --invoke load -- -1
;; error: wasm trap: out of bounds memory access
;;     0: 0xbc - <wasm function 2>
;; exit status: 134
;; $ --invoke store -- -1
;; error: wasm trap: out of bounds memory access
;;     0: 0xc6 - <wasm function 3>
;; exit status: 134
;; $ --invoke store --memory checked -- -1
;; error: wasm trap: out of bounds memory access
;;     0: 0xc6 - <wasm function 3>
;; exit status: 134
;; $ --invoke copy
;; error: wasm trap: out of bounds memory access
;;     0: 0xd4 - <wasm function 4>
;; exit status: 134
;; $ --invoke table
;; error: wasm trap: out of bounds table access
;;     0: 0xdd - <wasm function 5>
;; exit status: 134
;; $ --invoke grown
;; 1
;; $ --invoke call -- 4
;; error: wasm trap: undefined element
;;     0: 0xf7 - <wasm function 7>
;; exit status: 134
;; $ --invoke call -- 0
;; error: wasm trap: uninitialized element
;;     0: 0xf7 - <wasm function 7>
;; exit status: 134
;; $ --invoke call -- 1
;; error: wasm trap: indirect call type mismatch
;;     0: 0xf7 - <wasm function 7>
;; exit status: 134
;; $ --invoke divide -- 1 0
;; error: wasm trap: integer divide by zero
;;     0: 0x101 - <wasm function 8>
;; exit status: 134
;; $ --invoke divide -- -2147483648 -1
;; error: wasm trap: integer overflow
;;     0: 0x101 - <wasm function 8>
;; exit status: 134
;; $ --invoke remainder -- 1 0
;; error: wasm trap: integer divide by zero
;;     0: 0x109 - <wasm function 9>
;; exit status: 134
;; $ --invoke truncate -- nan
;; error: wasm trap: invalid conversion to integer
;;     0: 0x10f - <wasm function 10>
;; exit status: 134
;; $ --invoke truncate -- 1e10
;; error: wasm trap: integer overflow
;;     0: 0x10f - <wasm function 10>
;; exit status: 134
