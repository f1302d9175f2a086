;; The function is named, and the place in it.
;; error: invalid-body.wat: function 1 (add): offset 0x23: invalid module: type mismatch
(module
  (func $first)
  (func $add (param i32 i32) (result i32) (i64.const 0)))
