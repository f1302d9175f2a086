;;! function = "add"
;;! cpu = "x86-64-v3"

;; With AVX there are three operands, so that nothing is copied.
(module
  (memory 1)
  (func $add (export "add") (param i32 i32)
    (local $x v128) (local $y v128)
    (local.set $x (v128.load (local.get 0)))
    (local.set $y (v128.load (local.get 1)))
    (v128.store (local.get 0) (i32x4.add (local.get $x) (local.get $y)))
    (v128.store (local.get 1) (i32x4.sub (local.get $x) (local.get $y)))))

;; ; function 0 (add)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r8d
;;   vmovdqu 0x10000(%r8), %xmm0
;;   movl %esi, %r9d
;;   vmovdqu 0x10000(%r9), %xmm1
;;   vpaddd %xmm1, %xmm0, %xmm2
;;   vmovdqu %xmm2, 0x10000(%r8)
;;   vpsubd %xmm1, %xmm0, %xmm0
;;   vmovdqu %xmm0, 0x10000(%r9)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
