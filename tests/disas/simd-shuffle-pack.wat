;;! function = "shuffle"

;; Without a byte permutation: even lanes of two vectors are a narrowing.
(module
  (func $shuffle (export "shuffle") (param v128 v128) (result v128)
    (i8x16.shuffle 0 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 (local.get 0) (local.get 1))))

;; ; function 0 (shuffle)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqu (%rip), %xmm6
;;   pand %xmm6, %xmm0
;;   pand %xmm6, %xmm1
;;   packuswb %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
