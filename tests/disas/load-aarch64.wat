;;! target = "aarch64"
;;! function = "load"

;; The base is loaded relative to the instruction, not through a GOT.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32)
    (i32.load offset=16 (local.get 0))))

;; ; function 0 (load)
;; block0:
;;   load_ext_name_near x5, User(userextname0)+0
;;   ldr x5, [x5]
;;   add x5, x5, x2, UXTW
;;   ldr w2, [x5, #16]
;;   ret
