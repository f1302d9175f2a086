;;! cpu = "x86-64-v3"

;; Not fused, though the processor can: the result is the same on all of them.
(module
  (func $madd (export "madd") (param v128 v128 v128) (result v128)
    (f64x2.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))
  (func $nmadd (export "nmadd") (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2))))

;; ; function 0 (madd)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   vmulpd %xmm1, %xmm0, %xmm5
;;   vaddpd %xmm2, %xmm5, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (nmadd)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   vmulps %xmm1, %xmm0, %xmm5
;;   vsubps %xmm5, %xmm2, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
