;;! function = "extend"

;; Without a byte permutation: bytes among zeros are an interleaving with zero, twice.
(module
  (memory 1)
  (func $extend (export "extend") (param i32) (result v128) (local $zero v128)
    (i8x16.shuffle 16 1 2 3 17 5 6 7 18 9 10 11 19 13 14 15 (local.get $zero) (v128.load32_splat (local.get 0)))))

;; ; function 0 (extend)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r8d
;;   movss 0x10000(%r8), %xmm0
;;   shufps $0x0, %xmm0, %xmm0
;;   uninit  %xmm1
;;   pxor %xmm1, %xmm1
;;   punpcklbw %xmm1, %xmm0
;;   punpcklwd %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
