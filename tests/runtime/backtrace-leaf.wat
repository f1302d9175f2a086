;; The function on top calls nothing and has no frame: its caller is in the backtrace all the same.
(module
  (memory 1)
  (table funcref (elem $first $second))
  (type $reader (func (param i32) (result i32)))
  (func $first (type $reader) (i32.add (i32.load (local.get 0)) (i32.load offset=8 (local.get 0))))
  (func $second (type $reader) (i32.load offset=4 (local.get 0)))
  (func $caller (export "caller") (param i32 i32) (result i32)
    (i32.add (call_indirect (type $reader) (local.get 1) (local.get 0)) (i32.const 1))))

;; $ --invoke caller -- 0 16
;; 1
;; $ --invoke caller -- 0 70000
;; error: wasm trap: out of bounds memory access
;;     0: 0x47 - first
;;     1: 0x5f - caller
;; exit status: 134
;; $ --invoke caller -- 1 70000
;; error: wasm trap: out of bounds memory access
;;     0: 0x55 - second
;;     1: 0x5f - caller
;; exit status: 134
