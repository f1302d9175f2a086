;; Exceptions that nobody catches: the tag and what it carries, and where it was thrown.
(module
  (tag $"bad\1b luck" (param i32 i64 f64 externref))
  (tag)
  (tag $_ZTS4name)
  (func $throws (throw $"bad\1b luck" (i32.const -1) (i64.const 9223372036854775807) (f64.const 1) (ref.null extern)))
  (func $between (param i32) (result i32)
    (block $other (result exnref)
      (try_table (catch_all_ref $other)
        (if (i32.eqz (local.get 0)) (then (call $throws)))
        (throw 1))
      (unreachable))
    (throw_ref))
  (func (export "named") (call $throws))
  (func (export "numbered") (throw 1))
  (func (export "again") (param i32) (drop (call $between (local.get 0))))
  (func (export "null") (throw_ref (ref.null exn)))
  (func (export "legacy")
    try
      throw $_ZTS4name
    catch_all
      rethrow 0
    end)
  (tag $number (param i32))
  (func $down (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (throw $number (i32.const 11))))
    (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "deep") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $number $caught) (call $down (local.get 0)))))
  (func $handles (param i32) (result i32)
    (i32.div_u (i32.const 100)
      (block $caught (result i32)
        (try_table (result i32) (catch $number $caught) (call $down (local.get 0)))
        (drop)
        (i32.const 1)))
    (i32.sub (i32.const 9))
    (call $fails))
  (func $fails (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "trap-behind-handler") (param i32) (result i32) (call $handles (local.get 0))))

;; $ --invoke named -O0
;; error: uncaught exception: bad? luck(-1, 9223372036854775807, f64, externref)
;;     0: 0xa1 - throws
;;     1: 0xbe - <wasm function 2>
;; exit status: 134
;; $ --invoke numbered
;; error: uncaught exception: tag 1
;;     0: 0xc3 - <wasm function 3>
;; exit status: 134
;; $ --invoke again -O0 -- 0
;; error: uncaught exception: bad? luck(-1, 9223372036854775807, f64, externref)
;;     0: 0xba - between
;;     1: 0xca - <wasm function 4>
;; exit status: 134
;; $ --invoke again -O0 -- 1
;; error: uncaught exception: tag 1
;;     0: 0xba - between
;;     1: 0xca - <wasm function 4>
;; exit status: 134
;; $ --invoke null
;; error: wasm trap: null reference
;;     0: 0xd2 - <wasm function 5>
;; exit status: 134
;; $ --invoke legacy
;; error: uncaught exception: typeinfo name for name
;;     0: 0xdb - <wasm function 6>
;; exit status: 134
;; $ --invoke trap-behind-handler -O0 -- 5
;; error: wasm trap: integer divide by zero
;;     0: 0x12a - fails
;;     1: 0x121 - handles
;;     2: 0x130 - <wasm function 11>
;; exit status: 134
