;;! function = "scale"

;; The lane is loaded straight into a vector register.
(module
  (memory 1)
  (func $scale (export "scale") (param v128 i32) (result v128)
    (f32x4.mul (local.get 0) (v128.load32_splat (local.get 1)))))

;; ; function 0 (scale)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movss 0x10000(%rsi), %xmm6
;;   shufps $0x0, %xmm6, %xmm6
;;   mulps %xmm6, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
