;;! function = "dispatch"

;; The table may change: its current size bounds the index, and null and the signature are checked.
(module
  (type $unary (func (param i32) (result i32)))
  (table $t 2 funcref)
  (elem (i32.const 0) $a)
  (func $a (type $unary) (i32.const 1))
  (func $set (export "set") (param i32) (table.set $t (local.get 0) (ref.func $a)))
  (func $dispatch (export "dispatch") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))

;; ; function 2 (dispatch)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %r8d
;;   cmpq $0x2, %r8
;;   jnb #trap=user4
;;   load_ext_name userextname0+0, %rax
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   cmpq $0x2, %r8
;;   cmovaeq %rcx, %r8
;;   movq (%rax, %r8, 8), %rax
;;   testq %rax, %rax
;;   jz #trap=user5
;;   movl 8(%rax), %ecx
;;   testl %ecx, %ecx
;;   jnz #trap=user6
;;   movq (%rax), %rax
;;   call    *%rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
