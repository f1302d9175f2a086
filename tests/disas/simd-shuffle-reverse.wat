;;! function = "shuffle"

;; Without a byte permutation: 16-bit lanes are brought into order, then their bytes swapped.
(module
  (func $shuffle (export "shuffle") (param v128) (result v128)
    (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get 0) (local.get 0))))

;; ; function 0 (shuffle)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   pshufd $0x4e, %xmm0, %xmm7
;;   pshuflw $0x1b, %xmm7, %xmm7
;;   pshufhw $0x1b, %xmm7, %xmm5
;;   movdqa %xmm5, %xmm0
;;   psllw $0x8, %xmm0
;;   psrlw $0x8, %xmm5
;;   por %xmm5, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
