;;! function = "tries"

;; A call with a handler is the call alone: the handler is off the way.
(module
  (tag $e (param i32))
  (table funcref (elem $throws $returns))
  (type $t (func (param i32) (result i32)))
  (func $throws (type $t) (throw $e (local.get 0)))
  (func $returns (type $t) (local.get 0))
  (func $tries (export "tries") (param i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $e $caught)
        (call_indirect (type $t) (local.get 0) (local.get 0)))
      (return (i32.add (i32.const 3))))))

;; ; function 2 (tries)
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x30, %rsp
;;   movq %rbx, (%rsp)
;;   movq %r12, 8(%rsp)
;;   movq %r13, 0x10(%rsp)
;;   movq %r14, 0x18(%rsp)
;;   movq %r15, 0x20(%rsp)
;; block0:
;;   movl %edi, %eax
;;   cmpq $0x2, %rax
;;   jnb #trap=user4
;;   load_ext_name userextname0+0, %rcx
;;   uninit  %rdx
;;   xorq %rdx, %rdx
;;   cmpq $0x2, %rax
;;   cmovaeq %rdx, %rax
;;   movslq (%rcx, %rax, 8), %rax
;;   leaq (%rcx, %rax), %rax
;;   call    *%rax; jmp MachLabel(1); catch [tag16: MachLabel(3)]
;; block1:
;;   jmp     label2
;; block2:
;;   leal 3(%rax), %eax
;;   movq (%rsp), %rbx
;;   movq 8(%rsp), %r12
;;   movq 0x10(%rsp), %r13
;;   movq 0x18(%rsp), %r14
;;   movq 0x20(%rsp), %r15
;;   addq $0x30, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block4:
;;   movq (%rsp), %rbx
;;   movq 8(%rsp), %r12
;;   movq 0x10(%rsp), %r13
;;   movq 0x18(%rsp), %r14
;;   movq 0x20(%rsp), %r15
;;   addq $0x30, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block3:
;;   movl 4(%rdx), %eax
;;   jmp     label4
