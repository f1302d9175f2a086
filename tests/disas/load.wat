;;! function = "load"

;; The memory's base and the offset are one displacement: no base register, no check, no instance argument.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32)
    (i32.load offset=16 (local.get 0))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10010(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
