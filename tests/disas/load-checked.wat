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
;;   load_ext_name userextname0+8, %rax
;;   movq (%rax), %rax
;;   load_ext_name userextname0+0, %rcx
;;   movq (%rcx), %rcx
;;   movl %edi, %esi
;;   leaq 0x14(%rsi), %rdi
;;   uninit  %rdx
;;   xorq %rdx, %rdx
;;   leaq 0x10(%rcx, %rsi), %r11
;;   cmpq %rax, %rdi
;;   cmovaq %rdx, %r11
;;   movl (%r11), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
