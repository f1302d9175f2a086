;; A trap in the fetch of an interpreter is at the fetch, whichever handler the copy of it belongs to.
(module
  (memory 1)
  (data (i32.const 65530) "\00\01\02\03\00\01")
  (func $interpret (export "interpret") (param $pc i32) (result i32) (local $op i32) (local $acc i32)
    (loop $next
      (local.set $op (i32.load8_u (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      (block $default (block $4 (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $default (local.get $op)))
        (local.set $acc (i32.add (local.get $acc) (i32.const 1)))
        (br $next))
        (local.set $acc (i32.mul (local.get $acc) (i32.const 3)))
        (br $next))
        (local.set $acc (i32.xor (local.get $acc) (i32.const 7)))
        (br $next))
        (local.set $acc (i32.add (local.get $acc) (local.get $pc)))
        (br $next))
        (br_if $next (local.get $acc))))
    (i32.add (local.get $acc) (local.get $op))))

;; $ --invoke interpret -- 65530
;; error: wasm trap: out of bounds memory access
;;     0: 0x33 - interpret
;; exit status: 134
;; $ --invoke interpret --disable-pass dispatch -- 65530
;; error: wasm trap: out of bounds memory access
;;     0: 0x33 - interpret
;; exit status: 134
;; $ --invoke interpret -- 70000
;; error: wasm trap: out of bounds memory access
;;     0: 0x33 - interpret
;; exit status: 134
