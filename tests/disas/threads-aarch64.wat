;;! target = "aarch64"
;;! disable-pass = "devirtualize"

;; In a program that starts threads, what belongs to an instance is found by a register; the shared memory and code are where they always are.
(module
  (import "env" "memory" (memory 1 2 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory $own 1 2)
  (global $first (mut i32) (i32.const 0))
  (global $second (mut i64) (i64.const 0))
  (table $changing 4 8 funcref)
  (table $constant funcref (elem $count))
  (data $passive "text")
  (type $nothing (func))
  (func $start (export "start") (drop (call $spawn (i32.const 1))))
  (func $count (export "count") (global.set $first (i32.add (global.get $first) (i32.const 1))))
  (func $second-global (export "second-global") (result i64) (global.get $second))
  (func $load (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func $load-own (export "load-own") (param i32) (result i32) (i32.load $own offset=4 (local.get 0)))
  (func $size (export "size") (result i32) (memory.size 0))
  (func $set (export "set") (param i32) (table.set $changing (local.get 0) (ref.null func)))
  (func $call-constant (export "call-constant") (param i32) (call_indirect $constant (type $nothing) (local.get 0)))
  (func $drop (export "drop") (data.drop $passive)))

;; ; function 1 (start)
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   mov x5, sp
;;   orr x4, xzr, #18446744073709420544
;;   ldrb w6, [x5, x4]
;;   load_ext_name_near x0, User(userextname0)+0
;;   movz w1, #1
;;   bl 0
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; ; function 2 (count)
;; block0:
;;   mov x3, x21
;;   ldr w3, [x3]
;;   mov x4, x21
;;   add w3, w3, #1
;;   str w3, [x4]
;;   ret
;;
;; ; function 3 (second-global)
;; block0:
;;   mov x1, x21
;;   ldr x2, [x1, #16]
;;   ret
;;
;; ; function 4 (load)
;; block0:
;;   load_ext_name_near x5, User(userextname0)+0
;;   ldr x5, [x5]
;;   add x5, x5, x2, UXTW
;;   ldr w2, [x5, #4]
;;   ret
;;
;; ; function 5 (load-own)
;; block0:
;;   mov x5, x21
;;   ldr x5, [x5, #48]
;;   add x5, x5, x2, UXTW
;;   ldr w2, [x5, #4]
;;   ret
;;
;; ; function 6 (size)
;; block0:
;;   load_ext_name_near x2, User(userextname0)+8
;;   ldar x2, [x2]
;;   lsr x2, x2, #16
;;   ret
;;
;; ; function 7 (set)
;; block0:
;;   mov w6, w2
;;   subs xzr, x6, #4
;;   b.hs #trap=user3
;;   mov x9, x21
;;   movz x8, #0
;;   add x9, x9, #160
;;   subs xzr, x6, #4
;;   csel x10, x8, x6, hs
;;   str x8, [x9, x10, LSL #3]
;;   ret
;;
;; ; function 8 (call-constant)
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;; block0:
;;   cbnz w2, #trap=user4
;;   load_ext_name_near x9, User(userextname0)+0
;;   movz x10, #0
;;   mov w11, w2
;;   subs wzr, w2, wzr
;;   csel x10, x10, x11, ne
;;   lsl x10, x10, #3
;;   ldrsw x10, [x9, x10]
;;   add x10, x9, x10
;;   blr x10
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; ; function 9 (drop)
;; block0:
;;   mov x1, x21
;;   movz x2, #0
;;   str x2, [x1, #32]
;;   ret
