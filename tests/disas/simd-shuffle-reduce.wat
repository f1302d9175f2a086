;;! function = "sum"

;; Without a byte permutation: only the lanes that reach the result are moved.
(module
  (func $sum (export "sum") (param v128) (result i32)
    (local.set 0 (i32x4.add (local.get 0)
      (i8x16.shuffle 8 9 10 11 12 13 14 15 0 0 0 0 0 0 0 0 (local.get 0) (local.get 0))))
    (i32x4.extract_lane 0 (i32x4.add (local.get 0)
      (i8x16.shuffle 4 5 6 7 0 0 0 0 0 0 0 0 0 0 0 0 (local.get 0) (local.get 0))))))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   pshufd $0xe, %xmm0, %xmm6
;;   paddd %xmm6, %xmm0
;;   pshufd $0x1, %xmm0, %xmm6
;;   paddd %xmm6, %xmm0
;;   movd %xmm0, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
