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
;;   movl %edi, %edi
;;   movss 0x10000(%rdi), %xmm0
;;   uninit  %xmm7
;;   pxor %xmm7, %xmm7
;;   punpcklbw %xmm7, %xmm0
;;   punpcklwd %xmm7, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
