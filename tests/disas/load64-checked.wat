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
;;   load_ext_name userextname0+0, %r10
;;   movq 8(%r10), %r8
;;   movq (%r10), %r11
;;   subq $0x14, %r8
;;   uninit  %r10
;;   xorq %r10, %r10
;;   leaq 0x10(%r11, %rdi), %r9
;;   cmpq %r8, %rdi
;;   cmovaq %r10, %r9
;;   movl (%r9), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (far)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+0, %rax
;;   movq 8(%rax), %r10
;;   movq %rdi, %r11
;;   addq $0x20004, %r11
;;   jb #trap=user2
;;   movq (%rax), %rcx
;;   uninit  %rax
;;   xorq %rax, %rax
;;   leaq 0x20000(%rcx, %rdi), %rcx
;;   cmpq %r10, %r11
;;   cmovaq %rax, %rcx
;;   movl (%rcx), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
