;; Names in a backtrace: of the name section, of none, and with characters that a terminal would obey; callers that end
;; with a call which never returns. Without inlining, which leaves no frame of the callee.
(module
  (func (export "outer") (call $middle))
  (func $middle (call $"in\1bner\n" (i32.const 1)) (unreachable))
  (func $"in\1bner\n" (param i32) (call $fails) unreachable)
  (func $fails (drop (i32.div_u (i32.const 1) (i32.const 0)))))

;; $ --invoke outer -O0
;; error: wasm trap: integer divide by zero
;;     0: 0x40 - fails
;;     1: 0x36 - in?ner?
;;     2: 0x30 - middle
;;     3: 0x29 - <wasm function 0>
;; exit status: 134
