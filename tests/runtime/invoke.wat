;; Arguments and results of every type.
(module
  (type $bytes (array i8))
  (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "references") (param externref) (result externref funcref funcref)
    (local.get 0) (ref.null func) (ref.func 0))
  (func (export "objects") (param anyref) (result anyref eqref externref (ref i31))
    (local.get 0) (array.new_default $bytes (i32.const 1)) (extern.convert_any (ref.i31 (i32.const 1)))
    (ref.i31 (i32.const 2)))
  (func (export "none")))

;; $ --invoke all -- 0xffffffff -5 0.1 -inf 0x0102
;; 0x00000000000000000000000000000102
;; -inf
;; 0.1
;; -5
;; -1
;; $ --invoke all -- 1 2 3 4
;; wasm2exe: all: takes 5 arguments, not 4; usage: PROGRAM i32 i64 f32 f64 v128
;; exit status: 126
;; $ --invoke all -- 1 2 3 4 5
;; wasm2exe: all: '5' is no v128; usage: PROGRAM i32 i64 f32 f64 v128
;; exit status: 126
;; $ --invoke all -- 1 x 3 4 0x5
;; wasm2exe: all: 'x' is no i64; usage: PROGRAM i32 i64 f32 f64 v128
;; exit status: 126
;; $ --invoke all -- 4294967296 2 3 4 0x5
;; wasm2exe: all: '4294967296' is no i32; usage: PROGRAM i32 i64 f32 f64 v128
;; exit status: 126
;; $ --invoke references -- null
;; null
;; null
;; funcref
;; $ --invoke objects -- null
;; null
;; anyref
;; externref
;; anyref
;; $ --invoke objects -- 1
;; wasm2exe: objects: '1' is no anyref; usage: PROGRAM anyref
;; exit status: 126
;; $ --invoke none
;; $ --invoke none -- 1
;; wasm2exe: none: takes 0 arguments, not 1; usage: PROGRAM
;; exit status: 126
