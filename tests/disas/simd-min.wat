;;! function = "min"

;; A comparison with a selection is a minimum, pmin is one instruction.
(module
  (func $min (export "min") (param v128 v128 v128) (result v128)
    (f32x4.pmin
      (v128.bitselect (local.get 0) (local.get 1) (i16x8.lt_s (local.get 0) (local.get 1)))
      (local.get 2))))

;; ; function 0 (min)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   pminsw %xmm1, %xmm0
;;   movdqa %xmm0, %xmm7
;;   movdqa %xmm2, %xmm0
;;   minps %xmm7, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
