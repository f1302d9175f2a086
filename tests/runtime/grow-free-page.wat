;; A memory without a maximum leaves the last page of the index space free, at its fixed place; one that asks for that page has it.
(module
  (memory 1)
  (func (export "grow") (param $delta i32) (result i32) (memory.grow (local.get $delta)))
  (func (export "below") (param i32) (result i32) (i32.load (i32.sub (local.get 0) (i32.const 8))))
  (func (export "store-below") (param i32) (i64.store (i32.sub (local.get 0) (i32.const 4)) (i64.const 1))))

;; $ --invoke grow -- 65534
;; 1
;; $ --invoke grow -- 65535
;; -1
;; $ --invoke grow --memory-base any -- 65535
;; 1
;; $ --invoke below -- 8
;; 0
;; $ --invoke below -- 7
;; error: wasm trap: out of bounds memory access
;;     0: 0x50 - <wasm function 1>
;; exit status: 134
;; $ --invoke store-below -- 1
;; error: wasm trap: out of bounds memory access
;;     0: 0x5d - <wasm function 2>
;; exit status: 134
