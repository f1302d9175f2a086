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
;;   jmp     label1
;; block1:
;;   uninit  %xmm3
;;   vxorpd %xmm3, %xmm3, %xmm5
;;   vroundsd $0x1, %xmm0, %xmm5, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
