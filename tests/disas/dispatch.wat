;;! emit = "clif"
;;! function = "run"

;; Each handler fetches the next instruction and branches on it. What the fetch defines reaches the handlers as parameters.
(module
  (memory 1)
  (func $run (export "run") (param $pc i32) (result i32) (local $op i32) (local $acc i32)
    (loop $next
      (local.set $op (i32.load8_u (local.get $pc)))
      (local.set $pc (i32.add (local.get $pc) (i32.const 1)))
      (block $default (block $4 (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 $4 $default (local.get $op)))
        (local.set $acc (i32.add (local.get $acc) (i32.const 1)))
        (br $next))
        (local.set $acc (i32.mul (local.get $acc) (i32.const 3)))
        (br $next))
        (local.set $acc (i32.load (local.get $acc)))
        (br $next))
        (local.set $pc (local.get $acc))
        (br $next))
        (br_if $next (local.get $acc))))
    (i32.add (local.get $acc) (local.get $op))))

;; ; function 0 (run)
;; function u0:0(i32) -> i32 tail {
;;     region0 = 1 "heap"
;;     region1 = 2 "globals"
;;     region2 = 3 "structures"
;;     region3 = 4 "objects"
;;
;;                                 block0(v0: i32):
;;                                     v2 = iconst.i32 0
;; @0003                               jump block2(v0, v2)  ; v2 = 0
;;
;;                                 block2(v3: i32, v8: i32):
;; @0007                               v4 = uextend.i64 v3
;; @0007                               v5 = uload8.i32 user2 little region0 v4+0x0001_0000
;; @000e                               v6 = iconst.i32 1
;; @0010                               v7 = iadd v3, v6  ; v6 = 1
;; @0021                               br_table v5, block4(v8, v5), [block9(v8, v7), block8(v8, v7), block7(v8, v7), block6(v8), block5(v8, v5, v7)]
;;
;;                                 block9(v53: i32, v59: i32):
;; @002c                               v9 = iconst.i32 1
;; @002e                               v10 = iadd v53, v9  ; v9 = 1
;; @0031                               jump block11(v59, v10)
;;
;;                                 block11(v18: i32, v19: i32):
;; @0007                               v20 = uextend.i64 v18
;; @0007                               v21 = uload8.i32 user2 little region0 v20+0x0001_0000
;; @000e                               v22 = iconst.i32 1
;; @0010                               v23 = iadd v18, v22  ; v22 = 1
;; @0021                               br_table v21, block4(v19, v21), [block9(v19, v23), block8(v19, v23), block7(v19, v23), block6(v19), block5(v19, v21, v23)]
;;
;;                                 block8(v52: i32, v58: i32):
;; @0036                               v11 = iconst.i32 3
;; @0038                               v12 = imul v52, v11  ; v11 = 3
;; @003b                               jump block12(v58, v12)
;;
;;                                 block12(v24: i32, v25: i32):
;; @0007                               v26 = uextend.i64 v24
;; @0007                               v27 = uload8.i32 user2 little region0 v26+0x0001_0000
;; @000e                               v28 = iconst.i32 1
;; @0010                               v29 = iadd v24, v28  ; v28 = 1
;; @0021                               br_table v27, block4(v25, v27), [block9(v25, v29), block8(v25, v29), block7(v25, v29), block6(v25), block5(v25, v27, v29)]
;;
;;                                 block7(v51: i32, v57: i32):
;; @0040                               v13 = uextend.i64 v51
;; @0040                               v14 = load.i32 user2 little region0 v13+0x0001_0000
;; @0045                               jump block13(v57, v14)
;;
;;                                 block13(v30: i32, v31: i32):
;; @0007                               v32 = uextend.i64 v30
;; @0007                               v33 = uload8.i32 user2 little region0 v32+0x0001_0000
;; @000e                               v34 = iconst.i32 1
;; @0010                               v35 = iadd v30, v34  ; v34 = 1
;; @0021                               br_table v33, block4(v31, v33), [block9(v31, v35), block8(v31, v35), block7(v31, v35), block6(v31), block5(v31, v33, v35)]
;;
;;                                 block6(v50: i32):
;; @004c                               jump block14(v50, v50)
;;
;;                                 block14(v36: i32, v37: i32):
;; @0007                               v38 = uextend.i64 v36
;; @0007                               v39 = uload8.i32 user2 little region0 v38+0x0001_0000
;; @000e                               v40 = iconst.i32 1
;; @0010                               v41 = iadd v36, v40  ; v40 = 1
;; @0021                               br_table v39, block4(v37, v39), [block9(v37, v41), block8(v37, v41), block7(v37, v41), block6(v37), block5(v37, v39, v41)]
;;
;;                                 block5(v49: i32, v55: i32, v56: i32):
;; @0051                               brif v49, block15(v56, v49), block10
;;
;;                                 block15(v42: i32, v43: i32):
;; @0007                               v44 = uextend.i64 v42
;; @0007                               v45 = uload8.i32 user2 little region0 v44+0x0001_0000
;; @000e                               v46 = iconst.i32 1
;; @0010                               v47 = iadd v42, v46  ; v46 = 1
;; @0021                               br_table v45, block4(v43, v45), [block9(v43, v47), block8(v43, v47), block7(v43, v47), block6(v43), block5(v43, v45, v47)]
;;
;;                                 block10:
;; @0053                               jump block4(v49, v55)
;;
;;                                 block4(v48: i32, v54: i32):
;; @0059                               v17 = iadd v48, v54
;; @005a                               return v17
;; }
