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
    end))

;; $ --invoke named -O0
;; error: uncaught exception: bad? luck(-1, 9223372036854775807, f64, externref)
;;     0: 0x7c - throws
;;     1: 0x99 - <wasm function 2>
;; exit status: 134
;; $ --invoke numbered
;; error: uncaught exception: tag 1
;;     0: 0x9e - <wasm function 3>
;; exit status: 134
;; $ --invoke again -O0 -- 0
;; error: uncaught exception: bad? luck(-1, 9223372036854775807, f64, externref)
;;     0: 0x95 - between
;;     1: 0xa5 - <wasm function 4>
;; exit status: 134
;; $ --invoke again -O0 -- 1
;; error: uncaught exception: tag 1
;;     0: 0x95 - between
;;     1: 0xa5 - <wasm function 4>
;; exit status: 134
;; $ --invoke null
;; error: wasm trap: null reference
;;     0: 0xad - <wasm function 5>
;; exit status: 134
;; $ --invoke legacy
;; error: uncaught exception: typeinfo name for name
;;     0: 0xb6 - <wasm function 6>
;; exit status: 134
