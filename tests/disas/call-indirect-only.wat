;;! function = "dispatch"
;;! disable-pass = "inline"

;; The immutable table has one function of the type: its index is compared, and the call is direct. What else an index can mean is found
;; out behind the hot path.
(module
  (type $unary (func (param i32) (result i32)))
  (type $nullary (func (result i32)))
  (table 4 4 funcref)
  (elem (i32.const 1) $a $b $c)
  (func $a (type $nullary) (i32.const 1))
  (func $b (type $unary) (local.get 0))
  (func $c (type $nullary) (i32.const 3))
  (func $dispatch (export "dispatch") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))

;; ; function 3 (dispatch)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %esi
;;   cmpq $0x2, %rsi
;;   jnz     label2; j label1
;; block1:
;;   call    User(userextname1)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;; block2:
;;   load_ext_name userextname0+0, %r11
;;   movl $0x4, %eax
;;   cmpq $0x4, %rsi
;;   cmovaeq %rax, %rsi
;;   movl 4(%r11, %rsi, 8), %eax
;;   cmpl $0xfffffffe, %eax
;;   jz #trap=user4
;;   jmp     label3
;; block3:
;;   cmpl $0xffffffff, %eax
;;   jnz #trap=user6
;;   jmp     label4
;; block4:
;;   ud2
