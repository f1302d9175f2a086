;;! function = "floor"

;; Without a rounding instruction (SSE4.1): no call, and no branch.
(module
  (func $floor (export "floor") (param f64) (result f64)
    (f64.floor (local.get 0))))

;; ; function 0 (floor)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   pshufd $0x44, %xmm0, %xmm4
;;   uninit  %xmm0
;;   pcmpeqd %xmm0, %xmm0
;;   psrlq $0x1, %xmm0
;;   movdqa %xmm4, %xmm1
;;   andpd %xmm0, %xmm1
;;   movupd (%rip), %xmm0
;;   movdqa %xmm1, %xmm2
;;   cmpltpd %xmm0, %xmm2
;;   andpd %xmm0, %xmm2
;;   xorpd %xmm4, %xmm1
;;   orpd %xmm1, %xmm2
;;   movdqa %xmm4, %xmm0
;;   addpd %xmm2, %xmm0
;;   subpd %xmm2, %xmm0
;;   cmpltpd %xmm0, %xmm4
;;   movupd (%rip), %xmm2
;;   andpd %xmm2, %xmm4
;;   subpd %xmm4, %xmm0
;;   orpd %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
