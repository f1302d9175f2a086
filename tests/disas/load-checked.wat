;;! function = "load"
;;! memory = "checked"

;; The end of the access is compared with the memory's size, and the address clamped for the sake of speculation.
(module
  (memory 1)
  (func $load (export "load") (param i32) (result i32)
    (i32.load offset=16 (local.get 0))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+0, %rdx
;;   movq 8(%rdx), %r11
;;   movl %edi, %eax
;;   leaq 0x14(%rax), %rcx
;;   cmpq %r11, %rcx
;;   jnbe #trap=user2
;;   movq (%rdx), %rsi
;;   uninit  %rdx
;;   xorq %rdx, %rdx
;;   leaq 0x10(%rsi, %rax), %rax
;;   cmpq %r11, %rcx
;;   cmovaq %rdx, %rax
;;   movl (%rax), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
