;;! target = "x86_64"

;; No type is compared, and null faults.
(module
  (type $f (func (param i32) (result i32)))
  (func (export "call") (param (ref null $f) i32) (result i32) (i32.add (call_ref $f (local.get 1) (local.get 0)) (i32.const 1)))
  (func (export "tail") (param (ref null $f) i32) (result i32) (return_call_ref $f (local.get 1) (local.get 0))))

;; ; function 0
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq (%rdi), %r8
;;   movq %rsi, %rdi
;;   call    *%r8
;;   leal 1(%rax), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq (%rdi), %r10
;;   movq %rsi, %rdi
;;   return_call_unknown %r10 (0) tmp=%r11 %rdi=%rdi
