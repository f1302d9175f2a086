;;! function = "dispatch"

;; Nothing changes the table: its size is a constant, and one comparison checks the signature. The index is clamped for
;; the sake of speculation.
(module
  (type $unary (func (param i32) (result i32)))
  (type $nullary (func (result i32)))
  (table 3 3 funcref)
  (elem (i32.const 0) $a $b $c)
  (func $a (type $unary) (i32.const 1))
  (func $b (type $unary) (local.get 0))
  (func $c (type $nullary) (i32.const 3))
  (func $dispatch (export "dispatch") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))

;; ; function 3 (dispatch)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %r8d
;;   cmpq $0x3, %r8
;;   jnb #trap=user4
;;   load_ext_name userextname0+0, %rax
;;   uninit  %rcx
;;   xorq %rcx, %rcx
;;   cmpq $0x3, %r8
;;   cmovaeq %rcx, %r8
;;   movl 4(%rax, %r8, 8), %ecx
;;   testl %ecx, %ecx
;;   jnz #trap=user6
;;   movslq (%rax, %r8, 8), %rcx
;;   leaq (%rax, %rcx), %rax
;;   call    *%rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
