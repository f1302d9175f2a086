;;! function = "dot"

;; One instruction for two multiplications and an addition.
(module
  (func $dot (export "dot") (param v128 v128 v128) (result v128)
    (i32x4.add (local.get 0) (i32x4.dot_i16x8_s (local.get 1) (local.get 2)))))

;; ; function 0 (dot)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   pmaddwd %xmm2, %xmm1
;;   paddd %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
