;;! target = "aarch64"

;; The alignment is tested, then a loop of exclusive loads and stores does the rest, which every processor has.
(module
  (memory 1 1 shared)
  (func $load (export "load") (param i32) (result i32) (i32.atomic.load offset=4 (local.get 0)))
  (func $store (export "store") (param i32 i32) (i32.atomic.store8 (local.get 0) (local.get 1)))
  (func $add (export "add") (param i32 i64) (result i64) (i64.atomic.rmw.add (local.get 0) (local.get 1)))
  (func $count (export "count") (param i32) (drop (i32.atomic.rmw.add (local.get 0) (i32.const 1))))
  (func $cmpxchg (export "cmpxchg") (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2))))

;; ; function 0 (load)
;; block0:
;;   and w7, w2, #3
;;   cbnz w7, #trap=user12
;;   load_ext_name_near x8, User(userextname0)+0
;;   ldr x8, [x8]
;;   add x8, x8, x2, UXTW
;;   add x8, x8, #4
;;   ldar w2, [x8]
;;   ret
;;
;; ; function 1 (store)
;; block0:
;;   load_ext_name_near x5, User(userextname0)+0
;;   ldr x5, [x5]
;;   add x5, x5, x2, UXTW
;;   stlrb w3, [x5]
;;   ret
;;
;; ; function 2 (add)
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;;   str x28, [sp, #-16]!
;;   stp x26, x27, [sp, #-16]!
;;   stp x24, x25, [sp, #-16]!
;; block0:
;;   and w9, w2, #7
;;   cbnz w9, #trap=user12
;;   load_ext_name_near x10, User(userextname0)+0
;;   ldr x10, [x10]
;;   add x25, x10, x2, UXTW
;;   mov x26, x3
;;   atomic_rmw_loop_add_64 addr=x25 operand=x26 oldval=x27 scratch1=x24 scratch2=x28
;;   mov x2, x27
;;   ldp x24, x25, [sp], #16
;;   ldp x26, x27, [sp], #16
;;   ldr x28, [sp], #16
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; ; function 3 (count)
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;;   str x28, [sp, #-16]!
;;   stp x26, x27, [sp, #-16]!
;;   stp x24, x25, [sp, #-16]!
;; block0:
;;   and w9, w2, #3
;;   cbnz w9, #trap=user12
;;   load_ext_name_near x10, User(userextname0)+0
;;   ldr x10, [x10]
;;   add x25, x10, x2, UXTW
;;   movz w26, #1
;;   atomic_rmw_loop_add_32 addr=x25 operand=x26 oldval=x27 scratch1=x24 scratch2=x28
;;   ldp x24, x25, [sp], #16
;;   ldp x26, x27, [sp], #16
;;   ldr x28, [sp], #16
;;   ldp fp, lr, [sp], #16
;;   ret
;;
;; ; function 4 (cmpxchg)
;;   stp fp, lr, [sp, #-16]!
;;   mov fp, sp
;;   str x28, [sp, #-16]!
;;   stp x26, x27, [sp, #-16]!
;;   stp x24, x25, [sp, #-16]!
;; block0:
;;   and w9, w2, #3
;;   cbnz w9, #trap=user12
;;   load_ext_name_near x10, User(userextname0)+0
;;   ldr x10, [x10]
;;   add x25, x10, x2, UXTW
;;   mov x26, x3
;;   mov x28, x4
;;   atomic_cas_loop_32 addr=x25, expect=x26, replacement=x28, oldval=x27, scratch=x24
;;   mov x2, x27
;;   ldp x24, x25, [sp], #16
;;   ldp x26, x27, [sp], #16
;;   ldr x28, [sp], #16
;;   ldp fp, lr, [sp], #16
;;   ret
