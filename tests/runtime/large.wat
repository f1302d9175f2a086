;; All the memory that 32 bits address, of which next to nothing is used.
(module
  (memory 65536)
  (data (i32.const 0) "\01")
  (data (i32.const -1) "\02")
  (func (export "ends") (result i32) (i32.add (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const -1))))
  (func (export "past") (result i32) (i32.load16_u (i32.const -1))))

;; $ --invoke ends
;; 3
;; $ --invoke ends --memory checked
;; 3
;; $ --invoke past
;; error: wasm trap: out of bounds memory access
;;     0: 0x41 - <wasm function 1>
;; exit status: 134
;; $ --invoke past --memory checked
;; error: wasm trap: out of bounds memory access
;;     0: 0x41 - <wasm function 1>
;; exit status: 134
