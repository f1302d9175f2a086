;; Each call of the runtime reads the stack pointer anew to touch the stack: no register keeps it.
(module
  (memory 1)
  (func (export "grow") (param i32 i32) (result i32)
    (i32.add (memory.grow (local.get 0)) (memory.grow (local.get 1)))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x20, %rsp
;;   movq %rbx, (%rsp)
;;   movq %r12, 8(%rsp)
;;   movq %r13, 0x10(%rsp)
;; block0:
;;   movq %rsi, %r13
;;   movq    %rsp, %rax
;;   movzbq -0x20000(%rax), %rax
;;   load_ext_name userextname0+0, %r12
;;   movl %edi, %esi
;;   movq %r12, %rdi
;;   call    User(userextname1)
;;   movq %rax, %rbx
;;   movq    %rsp, %rcx
;;   movzbq -0x20000(%rcx), %rcx
;;   movq %r13, %rsi
;;   movl %esi, %esi
;;   movq %r12, %rdi
;;   call    User(userextname1)
;;   movq %rbx, %rcx
;;   leal (%rcx, %rax), %eax
;;   movq (%rsp), %rbx
;;   movq 8(%rsp), %r12
;;   movq 0x10(%rsp), %r13
;;   addq $0x20, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
