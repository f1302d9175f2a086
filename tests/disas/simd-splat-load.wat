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
;;   movss 0x10000(%rsi), %xmm5
;;   jmp     label1
;; block1:
;;   shufps $0x0, %xmm5, %xmm5
;;   mulps %xmm5, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
