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
;; @0021                               br_table v5, block4(v8, v5), [block9(v3, v8), block8(v3, v8), block7(v3, v8), block6(v8), block5(v3, v8, v5)]
;;
;;                                 block9(v59: i32, v65: i32):
;; @002c                               v9 = iconst.i32 1
;; @002e                               v10 = iadd v65, v9  ; v9 = 1
;; @000e                               v18 = iconst.i32 1
;; @0010                               v19 = iadd v59, v18  ; v18 = 1
;; @0031                               jump block11(v19, v10)
;;
;;                                 block11(v26: i32, v27: i32):
;; @0007                               v28 = uextend.i64 v26
;; @0007                               v29 = uload8.i32 user2 little region0 v28+0x0001_0000
;; @000e                               v30 = iconst.i32 1
;; @0010                               v31 = iadd v26, v30  ; v30 = 1
;; @0021                               br_table v29, block4(v27, v29), [block9(v26, v27), block8(v26, v27), block7(v26, v27), block6(v27), block5(v26, v27, v29)]
;;
;;                                 block8(v58: i32, v64: i32):
;; @0036                               v11 = iconst.i32 3
;; @0038                               v12 = imul v64, v11  ; v11 = 3
;; @000e                               v20 = iconst.i32 1
;; @0010                               v21 = iadd v58, v20  ; v20 = 1
;; @003b                               jump block12(v21, v12)
;;
;;                                 block12(v32: i32, v33: i32):
;; @0007                               v34 = uextend.i64 v32
;; @0007                               v35 = uload8.i32 user2 little region0 v34+0x0001_0000
;; @000e                               v36 = iconst.i32 1
;; @0010                               v37 = iadd v32, v36  ; v36 = 1
;; @0021                               br_table v35, block4(v33, v35), [block9(v32, v33), block8(v32, v33), block7(v32, v33), block6(v33), block5(v32, v33, v35)]
;;
;;                                 block7(v57: i32, v63: i32):
;; @0040                               v13 = uextend.i64 v63
;; @0040                               v14 = load.i32 user2 little region0 v13+0x0001_0000
;; @000e                               v22 = iconst.i32 1
;; @0010                               v23 = iadd v57, v22  ; v22 = 1
;; @0045                               jump block13(v23, v14)
;;
;;                                 block13(v38: i32, v39: i32):
;; @0007                               v40 = uextend.i64 v38
;; @0007                               v41 = uload8.i32 user2 little region0 v40+0x0001_0000
;; @000e                               v42 = iconst.i32 1
;; @0010                               v43 = iadd v38, v42  ; v42 = 1
;; @0021                               br_table v41, block4(v39, v41), [block9(v38, v39), block8(v38, v39), block7(v38, v39), block6(v39), block5(v38, v39, v41)]
;;
;;                                 block6(v62: i32):
;; @004c                               jump block14(v62, v62)
;;
;;                                 block14(v44: i32, v45: i32):
;; @0007                               v46 = uextend.i64 v44
;; @0007                               v47 = uload8.i32 user2 little region0 v46+0x0001_0000
;; @000e                               v48 = iconst.i32 1
;; @0010                               v49 = iadd v44, v48  ; v48 = 1
;; @0021                               br_table v47, block4(v45, v47), [block9(v44, v45), block8(v44, v45), block7(v44, v45), block6(v45), block5(v44, v45, v47)]
;;
;;                                 block5(v56: i32, v61: i32, v67: i32):
;; @000e                               v24 = iconst.i32 1
;; @0010                               v25 = iadd v56, v24  ; v24 = 1
;; @0051                               brif v61, block15(v25, v61), block10
;;
;;                                 block15(v50: i32, v51: i32):
;; @0007                               v52 = uextend.i64 v50
;; @0007                               v53 = uload8.i32 user2 little region0 v52+0x0001_0000
;; @000e                               v54 = iconst.i32 1
;; @0010                               v55 = iadd v50, v54  ; v54 = 1
;; @0021                               br_table v53, block4(v51, v53), [block9(v50, v51), block8(v50, v51), block7(v50, v51), block6(v51), block5(v50, v51, v53)]
;;
;;                                 block10:
;; @0053                               jump block4(v61, v67)
;;
;;                                 block4(v60: i32, v66: i32):
;; @0059                               v17 = iadd v60, v66
;; @005a                               return v17
;; }
