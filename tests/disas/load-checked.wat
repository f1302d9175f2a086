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
;;   load_ext_name userextname0+0, %rax
;;   movq 8(%rax), %r11
;;   movq (%rax), %rax
;;   movl %edi, %edx
;;   leaq 0x14(%rdx), %rsi
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   leaq 0x10(%rax, %rdx), %r10
;;   cmpq %r11, %rsi
;;   cmovaq %rcx, %r10
;;   movl (%r10), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
