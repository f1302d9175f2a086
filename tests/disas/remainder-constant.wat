;;! function = "remainder"

;; A constant divisor needs no check and no division.
(module
  (func $remainder (export "remainder") (param i32) (result i32)
    (i32.rem_u (local.get 0) (i32.const 10))))

;; ; function 0 (remainder)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rdi, %rax
;;   mull (%rip) ;; implicit: %eax, %edx
;;   shrl $0x3, %edx
;;   leal (%rdx, %rdx, 4), %esi
;;   shll $1, %esi
;;   movq %rdi, %rax
;;   subl %esi, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
