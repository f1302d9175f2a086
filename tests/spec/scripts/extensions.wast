;; Values of 32 bits that become addresses, and whose upper half must be zero there: by loads, selections, and what goes from
;; block to block.
(module
  (memory 1)
  (table funcref (elem $minus $seven))
  (type $index (func (result i32)))
  (data (i32.const 0) "\10\00\00\00\20\00\00\00\ff\fe\fd\fc\80\00\00\00")
  (data (i32.const 16) "\20\00\00\00\01\00\00\00")
  (data (i32.const 32) "\00\00\00\00\02\00\00\00")
  (data (i32.const 65532) "\0a\0b\0c\0d")

  ;; A list.
  (func (export "last") (param $p i32) (result i32)
    (local $next i32)
    (loop $again
      (if (local.tee $next (i32.load (local.get $p)))
        (then (local.set $p (local.get $next)) (br $again))))
    (i32.load offset=4 (local.get $p)))

  ;; Down from the end; the index is compared as a signed number, and used as an address.
  (func (export "sum_down") (param $p i32) (result i32)
    (local $sum i32)
    (loop $again
      (if (i32.ge_s (local.get $p) (i32.const 0))
        (then
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $p))))
          (local.set $p (i32.add (local.get $p) (i32.const -1)))
          (br $again))))
    (i32.add (local.get $sum) (local.get $p)))

  ;; An index that begins as a negative constant and wraps.
  (func (export "from_minus_four") (result i32)
    (local $p i32) (local $sum i32)
    (local.set $p (i32.const -4))
    (loop $again
      (local.set $p (i32.add (local.get $p) (i32.const 4)))
      (local.set $sum (i32.add (local.get $sum) (i32.load (local.get $p))))
      (br_if $again (i32.lt_u (local.get $p) (i32.const 32))))
    (local.get $sum))
  (func (export "at_minus_four") (param $n i32) (result i32)
    (local $p i32)
    (local.set $p (i32.const -4))
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $p (i32.add (local.get $p) (i32.const 4)))
        (br $again)))
    (i32.load (local.get $p)))

  ;; Selections: of constants, loads and parameters.
  (func (export "select") (param $c i32) (param $p i32) (result i32)
    (i32.load8_u (select (i32.load8_u (i32.const 0)) (i32.and (local.get $p) (i32.const -4)) (local.get $c))))
  (func (export "select_minus") (param $c i32) (result i32)
    (i32.load8_u (select (i32.const -1) (i32.load (i32.const 0)) (local.get $c))))
  (func (export "select_signed") (param $c i32) (param $p i32) (result i32)
    (i32.load8_u (select (i32.shr_s (local.get $p) (i32.const 1)) (i32.load (i32.const 0)) (local.get $c))))

  ;; Narrow loads with a sign are no addresses of their own.
  (func (export "signed_byte") (param $p i32) (result i32)
    (i32.load8_u offset=128 (i32.load8_s (local.get $p))))
  (func (export "unsigned_byte") (param $p i32) (result i32)
    (i32.load8_u offset=0 (i32.load8_u (local.get $p))))
  (func (export "unsigned_half") (param $p i32) (result i32)
    (i32.load8_u offset=0 (i32.load16_u (local.get $p))))
  (func (export "whole_word") (param $p i32) (result i32)
    (i32.load8_u offset=0 (i32.load (local.get $p))))

  ;; As a 64-bit integer and as one of 32.
  (func (export "both") (param $p i32) (result i64)
    (local $x i32)
    (local.set $x (i32.load (local.get $p)))
    (i64.add
      (i64.extend_i32_u (local.get $x))
      (i64.extend_i32_s (i32.sub (local.get $x) (i32.const 1)))))

  ;; What calls give, and what comes through a table of branches.
  (func $minus (result i32) (i32.const -2))
  (func $seven (result i32) (i32.const 7))
  (func (export "called") (param $which i32) (param $n i32) (result i32)
    (local $p i32)
    (local.set $p (call_indirect (type $index) (local.get $which)))
    (loop $again
      (if (local.get $n)
        (then
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (local.set $p (i32.add (local.get $p) (i32.const 2)))
          (br $again))))
    (i32.load8_u (local.get $p)))
  (func (export "cases") (param $case i32) (param $p i32) (result i32)
    (i32.load8_u
      (block $join (result i32)
        (block $two
          (block $one
            (br_table $one $two $one (local.get $case)))
          (br $join (i32.load8_u (i32.const 4))))
        (i32.rotl (local.get $p) (i32.const 31))))))

(assert_return (invoke "last" (i32.const 0)) (i32.const 2))
(assert_return (invoke "last" (i32.const 16)) (i32.const 2))
(assert_trap (invoke "last" (i32.const -4)) "out of bounds memory access")
(assert_trap (invoke "last" (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "sum_down" (i32.const 7)) (i32.const 47))
(assert_return (invoke "sum_down" (i32.const -9)) (i32.const -9))
(assert_trap (invoke "sum_down" (i32.const 0x7fffffff)) "out of bounds memory access")
(assert_return (invoke "from_minus_four") (i32.const 0xfcfdffd0))
(assert_trap (invoke "at_minus_four" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "at_minus_four" (i32.const 1)) (i32.const 16))
(assert_return (invoke "at_minus_four" (i32.const 3)) (i32.const 0xfcfdfeff))
(assert_return (invoke "select" (i32.const 1) (i32.const 0)) (i32.const 32))
(assert_return (invoke "select" (i32.const 0) (i32.const 11)) (i32.const 0xff))
(assert_trap (invoke "select" (i32.const 0) (i32.const -1)) "out of bounds memory access")
(assert_return (invoke "select_minus" (i32.const 0)) (i32.const 32))
(assert_trap (invoke "select_minus" (i32.const 1)) "out of bounds memory access")
(assert_return (invoke "select_signed" (i32.const 1) (i32.const 17)) (i32.const 0xff))
(assert_trap (invoke "select_signed" (i32.const 1) (i32.const -16)) "out of bounds memory access")
(assert_trap (invoke "signed_byte" (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "signed_byte" (i32.const 0)) (i32.const 0))
(assert_return (invoke "unsigned_byte" (i32.const 0)) (i32.const 32))
(assert_return (invoke "unsigned_byte" (i32.const 8)) (i32.const 0))
(assert_return (invoke "unsigned_half" (i32.const 8)) (i32.const 0))
(assert_return (invoke "unsigned_half" (i32.const 16)) (i32.const 0))
(assert_trap (invoke "whole_word" (i32.const 8)) "out of bounds memory access")
(assert_return (invoke "whole_word" (i32.const 0)) (i32.const 32))
(assert_return (invoke "both" (i32.const 8)) (i64.const 0xf9fbfdfd))
(assert_return (invoke "both" (i32.const 32)) (i64.const -1))
(assert_return (invoke "called" (i32.const 0) (i32.const 1)) (i32.const 16))
(assert_return (invoke "called" (i32.const 0) (i32.const 3)) (i32.const 32))
(assert_trap (invoke "called" (i32.const 0) (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "called" (i32.const 1) (i32.const 1)) (i32.const 0xfe))
(assert_return (invoke "cases" (i32.const 0) (i32.const 0)) (i32.const 0))
(assert_return (invoke "cases" (i32.const 1) (i32.const 16)) (i32.const 0xff))
(assert_trap (invoke "cases" (i32.const 1) (i32.const 1)) "out of bounds memory access")
