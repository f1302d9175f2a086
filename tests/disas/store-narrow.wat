;;! function = "store"

;; The low byte is stored as it is.
(module
  (memory 1)
  (func $store (export "store") (param i32 i32)
    (i32.store8 offset=3 (local.get 0) (local.get 1))))

;; ; function 0 (store)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   movb %sil, 0x10003(%rdi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
