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
;;   load_ext_name userextname0+0, %r10
;;   movl %esi, %r8d
;;   movl $0x3, %r11d
;;   cmpq $0x3, %r8
;;   cmovaeq %r11, %r8
;;   movl 4(%r10, %r8, 8), %r11d
;;   testl %r11d, %r11d
;;   jnz     label2; j label1
;; block1:
;;   movslq (%r10, %r8, 8), %rax
;;   leaq (%r10, %rax), %rax
;;   call    *%rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   cmpl $0xfffffffe, %r11d
;;   jnz #trap=user6
;;   jmp     label3
;; block3:
;;   ud2
