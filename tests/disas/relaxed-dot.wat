;; Products of even and odd bytes, added with saturation: no widening to other vectors.
(module
  (func $dot (export "dot") (param v128 v128) (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func $dot_add (export "dot_add") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))

;; ; function 0 (dot)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqa %xmm0, %xmm3
;;   psllw $0x8, %xmm3
;;   movdqa %xmm0, %xmm2
;;   movdqa %xmm3, %xmm0
;;   movdqa %xmm2, %xmm3
;;   psraw $0x8, %xmm0
;;   movdqa %xmm1, %xmm2
;;   psllw $0x8, %xmm2
;;   psraw $0x8, %xmm2
;;   pmullw %xmm2, %xmm0
;;   movdqa %xmm3, %xmm2
;;   psraw $0x8, %xmm2
;;   psraw $0x8, %xmm1
;;   pmullw %xmm1, %xmm2
;;   paddsw %xmm2, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (dot_add)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqa %xmm0, %xmm4
;;   psllw $0x8, %xmm4
;;   movdqa %xmm0, %xmm3
;;   movdqa %xmm4, %xmm0
;;   movdqa %xmm3, %xmm4
;;   psraw $0x8, %xmm0
;;   movdqa %xmm1, %xmm3
;;   psllw $0x8, %xmm3
;;   psraw $0x8, %xmm3
;;   pmullw %xmm3, %xmm0
;;   movdqa %xmm4, %xmm3
;;   psraw $0x8, %xmm3
;;   psraw $0x8, %xmm1
;;   pmullw %xmm1, %xmm3
;;   paddsw %xmm3, %xmm0
;;   pmaddwd (%rip), %xmm0
;;   paddd %xmm2, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
