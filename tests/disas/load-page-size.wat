;;! function = "load"

;; A memory that need not end at a page: its accesses are compared, but its base does not change.
(module
  (memory 1 (pagesize 1))
  (func $load (export "load") (param i32) (result i32)
    (i32.load offset=16 (local.get 0))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+8, %rax
;;   movq (%rax), %rax
;;   movl %edi, %edx
;;   leaq 0x14(%rdx), %rsi
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   load_ext_name userextname0+0, %rdi
;;   movq (%rdi), %rdi
;;   leaq 0x10(%rdi, %rdx), %r11
;;   cmpq %rax, %rsi
;;   cmovaq %rcx, %r11
;;   movl (%r11), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
