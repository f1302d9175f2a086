;; memory.grow up to the last byte of the last page, and past it.
(module
  (memory 2 65536)
  (func (export "grow") (param $delta i32) (result i32) (memory.grow (local.get $delta)))
  (func (export "fill") (result i32 i32 i32)
    (memory.grow (i32.const 65534))
    (i32.store8 (i32.const -1) (i32.const 200))
    (i32.load8_u (i32.const -1))
    (memory.grow (i32.const 1)))
  (func (export "past") (result i32)
    (drop (memory.grow (i32.const 1)))
    (i32.load (i32.const 0x2fffd))))

;; $ --invoke grow -- 0
;; 2
;; $ --invoke grow -- 65534
;; 2
;; $ --invoke grow -- 65535
;; -1
;; $ --invoke grow -- -1
;; -1
;; $ --invoke fill
;; 2
;; 200
;; -1
;; $ --invoke past
;; error: wasm trap: out of bounds memory access
;;     0: 0x6f - <wasm function 2>
;; exit status: 134
;; $ --invoke past --memory checked
;; error: wasm trap: out of bounds memory access
;;     0: 0x6f - <wasm function 2>
;; exit status: 134
;; $ --invoke fill --memory checked
;; 2
;; 200
;; -1
;; $ --invoke fill --memory-base any
;; 2
;; 200
;; -1
;; $ --invoke past --memory-base any
;; error: wasm trap: out of bounds memory access
;;     0: 0x6f - <wasm function 2>
;; exit status: 134
