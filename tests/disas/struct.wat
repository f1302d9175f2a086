;;! target = "x86_64"

;; A field is one instruction: the heap's base folds into the displacement and null faults.
(module
  (type $s (struct (field i32) (field (mut i64)) (field i8)))
  (func (export "get") (param (ref null $s)) (result i32) (struct.get $s 0 (local.get 0)))
  (func (export "byte") (param (ref $s)) (result i32) (struct.get_s $s 2 (local.get 0)))
  (func (export "set") (param (ref null $s)) (struct.set $s 1 (local.get 0) (i64.const 7))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10004(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movsbq 0x10010(%rsi), %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edx
;;   movq $0x7, 0x10008(%rdx)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
