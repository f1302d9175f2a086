;;! function = "floor"
;;! cpu = "x86-64-v3"

;; The rounding instruction.
(module
  (func $floor (export "floor") (param f64) (result f64)
    (f64.floor (local.get 0))))

;; ; function 0 (floor)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %xmm2
;;   vxorpd %xmm2, %xmm2, %xmm4
;;   vroundsd $0x1, %xmm0, %xmm4, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
