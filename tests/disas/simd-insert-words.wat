;;! function = "pack"

;; Words that are all inserted are interleaved.
(module
  (memory 1)
  (func $pack (export "pack") (param i32 i32 i32 i32) (result v128)
    (i32x4.replace_lane 3
      (i32x4.replace_lane 2 (i32x4.replace_lane 1 (i32x4.splat (local.get 0)) (local.get 1)) (local.get 2))
      (local.get 3))))

;; ; function 0 (pack)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movd %edi, %xmm0
;;   movd %esi, %xmm1
;;   punpckldq %xmm1, %xmm0
;;   movd %edx, %xmm1
;;   movd %ecx, %xmm2
;;   punpckldq %xmm2, %xmm1
;;   punpcklqdq %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
