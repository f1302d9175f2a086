;;! target = "x86_64"

(module
  (type $a (array (mut i32)))
  (func (export "get") (param (ref $a) i32) (result i32) (array.get $a (local.get 0) (local.get 1))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rsi, %r8
;;   movl %edi, %esi
;;   movq %r8, %rdi
;;   cmpl 0x10004(%rsi), %edi
;;   jnb #trap=user14
;;   movl %edi, %edi
;;   movl 0x10008(%rsi, %rdi, 4), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
