;;! function = "narrow"

;; Without an instruction for numbers without a sign, words are narrowed with one.
(module
  (func $narrow (export "narrow") (param v128 v128) (result v128)
    (i16x8.narrow_i32x4_u (local.get 0) (local.get 1))))

;; ; function 0 (narrow)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqa %xmm0, %xmm3
;;   psrad $0x1f, %xmm3
;;   movdqa %xmm3, %xmm2
;;   pandn %xmm0, %xmm2
;;   movdqa %xmm2, %xmm3
;;   movdqu (%rip), %xmm2
;;   movdqa %xmm3, %xmm0
;;   psubd %xmm2, %xmm0
;;   movdqa %xmm1, %xmm3
;;   psrad $0x1f, %xmm3
;;   pandn %xmm1, %xmm3
;;   psubd %xmm2, %xmm3
;;   packssdw %xmm3, %xmm0
;;   movdqu (%rip), %xmm1
;;   pxor %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
