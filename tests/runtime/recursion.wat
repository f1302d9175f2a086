;; Recursion that ends, and recursion that uses up the stack: directly, with large frames, and in a call of the runtime.
(module
  (memory 1)
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))
  (func (export "zero") (result i32) (call $down (i32.const 0)))
  (func $forever (export "forever") (param i64) (result i64)
    (i64.add (i64.const 1) (call $forever (i64.add (local.get 0) (i64.const 1)))))
  (func $grows (export "grows") (result i32)
    (drop (memory.grow (i32.const 0)))
    (i32.add (i32.const 1) (call $grows)))
  (func $fills (export "fills") (result i32)
    (memory.fill (i32.const 0) (i32.const 0) (i32.const 100))
    (i32.add (i32.const 1) (call $fills))))

;; $ --invoke down -- 10
;; 10
;; $ --invoke forever -- 0
;; error: wasm trap: call stack exhausted
;;     0: 0x72 - forever
;;     1: 0x7a - forever
;;     2: 0x7a - forever
;;     3: 0x7a - forever
;;     4: 0x7a - forever
;;     5: 0x7a - forever
;;     6: 0x7a - forever
;;     7: 0x7a - forever
;;     8: 0x7a - forever
;;     9: 0x7a - forever
;;    10: 0x7a - forever
;;    11: 0x7a - forever
;;    12: 0x7a - forever
;;    13: 0x7a - forever
;;    14: 0x7a - forever
;;    15: 0x7a - forever
;;    16: 0x7a - forever
;;    17: 0x7a - forever
;;    18: 0x7a - forever
;;    19: 0x7a - forever
;;     ... N more frames
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; N: 0x7a - forever
;; exit status: 134
;; $ --invoke grows
;; error: wasm trap: call stack exhausted
;;     0: 0x82 - grows
;;     1: 0x87 - grows
;;     2: 0x87 - grows
;;     3: 0x87 - grows
;;     4: 0x87 - grows
;;     5: 0x87 - grows
;;     6: 0x87 - grows
;;     7: 0x87 - grows
;;     8: 0x87 - grows
;;     9: 0x87 - grows
;;    10: 0x87 - grows
;;    11: 0x87 - grows
;;    12: 0x87 - grows
;;    13: 0x87 - grows
;;    14: 0x87 - grows
;;    15: 0x87 - grows
;;    16: 0x87 - grows
;;    17: 0x87 - grows
;;    18: 0x87 - grows
;;    19: 0x87 - grows
;;     ... N more frames
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; N: 0x87 - grows
;; exit status: 134
;; $ --invoke fills
;; error: wasm trap: call stack exhausted
;;     0: 0x94 - fills
;;     1: 0x99 - fills
;;     2: 0x99 - fills
;;     3: 0x99 - fills
;;     4: 0x99 - fills
;;     5: 0x99 - fills
;;     6: 0x99 - fills
;;     7: 0x99 - fills
;;     8: 0x99 - fills
;;     9: 0x99 - fills
;;    10: 0x99 - fills
;;    11: 0x99 - fills
;;    12: 0x99 - fills
;;    13: 0x99 - fills
;;    14: 0x99 - fills
;;    15: 0x99 - fills
;;    16: 0x99 - fills
;;    17: 0x99 - fills
;;    18: 0x99 - fills
;;    19: 0x99 - fills
;;     ... N more frames
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; N: 0x99 - fills
;; exit status: 134
