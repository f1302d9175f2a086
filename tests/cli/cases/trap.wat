;; run:
;; status: 134
;; stderr: error: wasm trap: unreachable
;; stderr: inner
;; stderr: outer
(module
  (func $inner (unreachable))
  (func $outer (call $inner) (drop (i32.const 1)))
  (func (export "_start") (call $outer)))
