;;! target = "x86_64"

;; Allocation is inline; only a full nursery calls the runtime. A reference that lives across an allocation is spilled, for the collector
;; to find and change.
(module
  (type $s (struct (field i32) (field anyref)))
  (func (export "new") (param i32 anyref) (result anyref) (struct.new $s (local.get 0) (local.get 1))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x20, %rsp
;;   movq %r15, 0x10(%rsp)
;; block0:
;;   movq %rdi, %r15
;;   movl %esi, <offset:1>+(%rsp)
;;   load_ext_name userextname0+0, %rdi
;;   movq 8(%rdi), %rax
;;   movq 0x10(%rdi), %rcx
;;   leaq 0x10(%rax), %rdx
;;   cmpq %rcx, %rdx
;;   jnbe    label2; j label1
;; block1:
;;   leaq 0x10(%rax), %rcx
;;   movq %rcx, 8(%rdi)
;;   jmp     label3
;; block3:
;;   movl %eax, %ecx
;;   movl $0x0, 0x10000(%rcx)
;;   movq %r15, %rdi
;;   movl %edi, 0x10004(%rcx)
;;   movl <offset:1>+(%rsp), %edx
;;   movl %edx, 0x10008(%rcx)
;;   movq 0x10(%rsp), %r15
;;   addq $0x20, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   movq    %rsp, %rax
;;   movzbq -0x20000(%rax), %rax
;;   movl $0x10, %esi
;;   call    User(userextname1)
;;   ; UserStackMap { by_type: [(types::I32, CompoundBitSet {0})], sp_to_sized_stack_slots: None }
;;   testl %eax, %eax
;;   jz #trap=user15
;;   jmp     label3
