;;! function = "shuffle"

;; Without a byte permutation (SSSE3): any shuffle of 32-bit lanes is at most two instructions.
(module
  (func $shuffle (export "shuffle") (param v128 v128) (result v128)
    (i8x16.shuffle 0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31 (local.get 0) (local.get 1))))

;; ; function 0 (shuffle)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   shufps $0xd8, %xmm1, %xmm0
;;   pshufd $0xd8, %xmm0, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
