;; A frame of inlined code names the function that the instruction is in, and the one it was inlined into.
(module
  (func (export "outer") (call $small) (call $small))
  (func $small (drop (i32.div_u (i32.const 1) (i32.const 0)))))

;; $ --invoke outer
;; error: wasm trap: integer divide by zero
;;     0: 0x2e - small (inlined into <wasm function 0>)
;; exit status: 134
