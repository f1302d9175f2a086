;;! target = "aarch64"

;; Products of even and odd bytes, added with saturation: no widening to other vectors.
(module
  (func $dot (export "dot") (param v128 v128) (result v128)
    (i16x8.relaxed_dot_i8x16_i7x16_s (local.get 0) (local.get 1)))
  (func $dot_add (export "dot_add") (param v128 v128 v128) (result v128)
    (i32x4.relaxed_dot_i8x16_i7x16_add_s (local.get 0) (local.get 1) (local.get 2))))

;; ; function 0 (dot)
;; block0:
;;   shl v16.8h, v0.8h, #8
;;   sshr v16.8h, v16.8h, #8
;;   shl v17.8h, v1.8h, #8
;;   sshr v17.8h, v17.8h, #8
;;   mul v16.8h, v16.8h, v17.8h
;;   sshr v17.8h, v0.8h, #8
;;   sshr v18.8h, v1.8h, #8
;;   mul v17.8h, v17.8h, v18.8h
;;   sqadd v0.8h, v16.8h, v17.8h
;;   ret
;;
;; ; function 1 (dot_add)
;; block0:
;;   shl v16.8h, v0.8h, #8
;;   sshr v16.8h, v16.8h, #8
;;   shl v17.8h, v1.8h, #8
;;   sshr v17.8h, v17.8h, #8
;;   mul v16.8h, v16.8h, v17.8h
;;   sshr v17.8h, v0.8h, #8
;;   sshr v18.8h, v1.8h, #8
;;   mul v17.8h, v17.8h, v18.8h
;;   sqadd v16.8h, v16.8h, v17.8h
;;   saddlp v16.4s, v16.8h
;;   add v0.4s, v16.4s, v2.4s
;;   ret
