;;! function = "shuffle"
;;! cpu = "x86-64-v3"

;; One byte permutation.
(module
  (func $shuffle (export "shuffle") (param v128) (result v128)
    (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get 0) (local.get 0))))

;; ; function 0 (shuffle)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   vpshufb (%rip), %xmm0, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
