;;! function = "truncate"

;; Without a byte permutation: a truncation from 32 to 8 bits is two levels of narrowing; the zeros that the compiler wrote where
;; it does not care are not made.
(module
  (func $truncate (export "truncate") (param v128 v128 v128 v128) (result v128) (local $any v128)
    (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
      (i8x16.shuffle 0 1 2 3 16 17 18 19 0 0 0 0 0 0 0 0
        (i8x16.shuffle 0 4 8 12 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 0) (local.get $any))
        (i8x16.shuffle 0 4 8 12 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 1) (local.get $any)))
      (i8x16.shuffle 0 1 2 3 16 17 18 19 0 0 0 0 0 0 0 0
        (i8x16.shuffle 0 4 8 12 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 2) (local.get $any))
        (i8x16.shuffle 0 4 8 12 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 3) (local.get $any))))))

;; ; function 0 (truncate)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movdqa %xmm1, %xmm4
;;   movdqu (%rip), %xmm1
;;   pand %xmm1, %xmm0
;;   pand %xmm1, %xmm4
;;   packssdw %xmm4, %xmm0
;;   pand %xmm1, %xmm2
;;   pand %xmm1, %xmm3
;;   packssdw %xmm3, %xmm2
;;   packuswb %xmm2, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
