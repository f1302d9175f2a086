;;! function = "add"

;; Vectors are loaded, added and stored without a detour.
(module
  (memory 1)
  (func $add (export "add") (param i32 i32)
    (v128.store (local.get 0) (i32x4.add (v128.load (local.get 0)) (v128.load offset=16 (local.get 1))))))

;; ; function 0 (add)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   movdqu 0x10000(%rdi), %xmm4
;;   movl %esi, %r8d
;;   movdqu 0x10010(%r8), %xmm7
;;   paddd %xmm7, %xmm4
;;   movdqu %xmm4, 0x10000(%rdi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
