;; A trap in the start function.
(module
  (func $main unreachable)
  (start $main)
  (func (export "nothing")))

;; $ --invoke nothing
;; error: wasm trap: unreachable
;;     0: 0x28 - main
;; exit status: 134
