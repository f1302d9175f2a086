;; A thousand million calls in tail position, of three kinds, in the stack of one.
(module
  (type $count (func (param i64) (result i64)))
  (table funcref (elem $direct $indirect $other))
  (func $direct (export "direct") (type $count)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 7))))
    (return_call $other (i64.sub (local.get 0) (i64.const 1))))
  (func $other (type $count)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 8))))
    (return_call $direct (i64.sub (local.get 0) (i64.const 1))))
  (func $indirect (export "indirect") (type $count)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 9))))
    (return_call_indirect (type $count) (i64.sub (local.get 0) (i64.const 1)) (i32.const 1))))

;; $ --invoke direct -- 1000000000
;; 7
;; $ --invoke indirect -- 100000000
;; 9
