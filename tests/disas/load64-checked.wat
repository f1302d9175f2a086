;;! memory = "checked"

;; One comparison where the access fits the initial size; the sum of index and offset must not overflow where it does not.
(module
  (memory i64 1)
  (func $load (export "load") (param i64) (result i32)
    (i32.load offset=16 (local.get 0)))
  (func $far (export "far") (param i64) (result i32)
    (i32.load offset=0x20000 (local.get 0))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+8, %r11
;;   movq (%r11), %r11
;;   load_ext_name userextname0+0, %rax
;;   movq (%rax), %rax
;;   leaq -0x14(%r11), %rcx
;;   uninit  %r11
;;   xorq %r11, %r11
;;   leaq 0x10(%rax, %rdi), %r10
;;   cmpq %rcx, %rdi
;;   cmovaq %r11, %r10
;;   movl (%r10), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (far)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+8, %r11
;;   movq (%r11), %r11
;;   movq %rdi, %rax
;;   addq $0x20004, %rax
;;   jb #trap=user2
;;   load_ext_name userextname0+0, %rcx
;;   movq (%rcx), %rdx
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   leaq 0x20000(%rdx, %rdi), %rdx
;;   cmpq %r11, %rax
;;   cmovaq %rcx, %rdx
;;   movl (%rdx), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
