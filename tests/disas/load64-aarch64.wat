;;! target = "aarch64"

;; An index of 64 bits is clamped to the end of the reservation, without a branch; fields of one structure share that, and the
;; base folds as it does for 32 bits.
(module
  (memory i64 1 16)
  (func $load (export "load") (param i64) (result i32)
    (i32.load offset=16 (local.get 0)))
  (func $fields (export "fields") (param i64) (result i64)
    (i64.add (i64.load offset=8 (local.get 0)) (i64.load offset=16 (local.get 0))))
  (func $far (export "far") (param i64) (result i32)
    (i32.load offset=0x100000000 (local.get 0))))

;; ; function 0 (load)
;; block0:
;;   load_ext_name_near x7, User(userextname0)+0
;;   ldr x7, [x7]
;;   movz x8, #16, LSL #16
;;   subs xzr, x2, x8
;;   csel x8, x2, x8, lo
;;   add x8, x7, x8
;;   ldr w2, [x8, #16]
;;   ret
;;
;; ; function 1 (fields)
;; block0:
;;   load_ext_name_near x9, User(userextname0)+0
;;   ldr x9, [x9]
;;   movz x10, #16, LSL #16
;;   subs xzr, x2, x10
;;   csel x10, x2, x10, lo
;;   add x10, x9, x10
;;   ldr x11, [x10, #8]
;;   ldr x10, [x10, #16]
;;   add x2, x11, x10
;;   ret
;;
;; ; function 2 (far)
;; block0:
;;   movz x8, #1, LSL #32
;;   adds x8, x2, x8
;;   b.hs #trap=user2
;;   load_ext_name_near x9, User(userextname0)+0
;;   ldr x9, [x9]
;;   movz x10, #16, LSL #16
;;   subs xzr, x8, x10
;;   csel x10, x8, x10, lo
;;   ldr w2, [x9, x10]
;;   ret
