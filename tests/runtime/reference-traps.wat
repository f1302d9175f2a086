;; What is only found about a reference when the program runs: null, another type, an index, no room.
(module
  (type $point (sub (struct (field $x i32) (field $y (mut i64)))))
  (type $point3 (sub $point (struct (field i32) (field (mut i64)) (field f64))))
  (type $bytes (array (mut i8)))
  (type $wide (array v128))
  (type $lists (array (mut (ref null $lists))))
  (type $function (func (result i32)))

  (global $null (export "null") (mut (ref null $point)) (ref.null $point))
  (global $point (mut (ref null any)) (struct.new $point (i32.const 1) (i64.const 2)))
  (global $bytes (mut (ref null $bytes)) (array.new $bytes (i32.const 1) (i32.const 10)))
  (table $functions 1 (ref null $function))

  (func (export "field") (result i32) (struct.get $point $x (global.get $null)))
  (func (export "set-field") (struct.set $point $y (global.get $null) (i64.const 1)))
  (func (export "length") (result i32) (array.len (ref.null array)))
  (func (export "null-array") (result i32) (array.get_u $bytes (ref.null $bytes) (i32.const -1)))
  (func (export "null-function") (result i32) (call_ref $function (table.get $functions (i32.const 0))))
  (func (export "not-null") (drop (ref.as_non_null (global.get $null))))
  (func (export "cast") (drop (ref.cast (ref $point3) (global.get $point))))
  (func (export "cast-null") (drop (ref.cast (ref $point) (global.get $null))))
  (func (export "cast-i31") (drop (ref.cast (ref i31) (global.get $point))))
  (func (export "byte") (param i32) (result i32) (array.get_u $bytes (global.get $bytes) (local.get 0)))
  (func (export "fill") (param i32 i32)
    (array.fill $bytes (global.get $bytes) (local.get 0) (i32.const 7) (local.get 1)))
  (func (export "too-long") (drop (array.new_default $wide (i32.const -1))))
  (func (export "list") (param i32) (result i32)
    (local $list (ref null $lists))
    (loop $more
      (local.set $list (array.new $lists (local.get $list) (i32.const 3)))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (array.len (local.get $list))))

;; $ --invoke field
;; error: wasm trap: null reference
;;     0: 0x104 - <wasm function 0>
;; exit status: 134
;; $ --invoke set-field
;; error: wasm trap: null reference
;;     0: 0x10f - <wasm function 1>
;; exit status: 134
;; $ --invoke length
;; error: wasm trap: null reference
;;     0: 0x118 - <wasm function 2>
;; exit status: 134
;; $ --invoke null-array
;; error: wasm trap: null reference
;;     0: 0x121 - <wasm function 3>
;; exit status: 134
;; $ --invoke null-function
;; error: wasm trap: null reference
;;     0: 0x12b - <wasm function 4>
;; exit status: 134
;; $ --invoke not-null
;; error: wasm trap: null reference
;;     0: 0x132 - <wasm function 5>
;; exit status: 134
;; $ --invoke cast
;; error: wasm trap: cast failure
;;     0: 0x139 - <wasm function 6>
;; exit status: 134
;; $ --invoke cast-null
;; error: wasm trap: cast failure
;;     0: 0x142 - <wasm function 7>
;; exit status: 134
;; $ --invoke cast-i31
;; error: wasm trap: cast failure
;;     0: 0x14b - <wasm function 8>
;; exit status: 134
;; $ --invoke byte -- 9
;; 1
;; $ --invoke byte -- 10
;; error: wasm trap: out of bounds array access
;;     0: 0x156 - <wasm function 9>
;; exit status: 134
;; $ --invoke byte -- -1
;; error: wasm trap: out of bounds array access
;;     0: 0x156 - <wasm function 9>
;; exit status: 134
;; $ --invoke fill -- 3 7
;; $ --invoke fill -- 3 8
;; error: wasm trap: out of bounds array access
;;     0: 0x164 - <wasm function 10>
;; exit status: 134
;; $ --invoke fill -- -1 2
;; error: wasm trap: out of bounds array access
;;     0: 0x164 - <wasm function 10>
;; exit status: 134
;; $ --invoke too-long
;; error: wasm trap: GC heap out of memory
;;     0: 0x16c - <wasm function 11>
;; exit status: 134
;; $ --invoke list -- 1000000
;; 3
;; $ --invoke list --max-heap 1M -- 10000
;; 3
;; $ --invoke list --max-heap 1M -- 100000
;; error: wasm trap: GC heap out of memory
;;     0: 0x17c - <wasm function 12>
;; exit status: 134
