;;! function = "extend"

;; Shifts throw away what fills the words.
(module
  (func $extend (export "extend") (param v128) (result v128)
    (i32x4.shr_s
      (i32x4.shl (i8x16.shuffle 0 1 0 0 2 3 0 0 4 5 0 0 6 7 0 0 (local.get 0) (local.get 0)) (i32.const 16))
      (i32.const 16))))

;; ; function 0 (extend)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   punpcklwd %xmm0, %xmm0
;;   pslld $0x10, %xmm0
;;   psrad $0x10, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
