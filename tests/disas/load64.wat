;; An index of 64 bits is clamped to the end of the reservation, without a branch; fields of one structure share that, and the
;; base folds as it does for 32 bits.
(module
  (memory i64 1 16)
  (func $load (export "load") (param i64) (result i32)
    (i32.load offset=16 (local.get 0)))
  (func $fields (export "fields") (param i64) (result i64)
    (i64.add (i64.load offset=8 (local.get 0)) (i64.load offset=16 (local.get 0))))
  (func $far (export "far") (param i64) (result i32)
    (i32.load offset=0x100000000 (local.get 0))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x100000, %esi
;;   cmpq %rdi, %rsi
;;   cmovbq %rsi, %rdi
;;   movl 0x10010(%rdi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (fields)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x100000, %esi
;;   cmpq %rdi, %rsi
;;   cmovbq %rsi, %rdi
;;   movq 0x10008(%rdi), %rax
;;   addq 0x10010(%rdi), %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (far)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   addq (%rip), %rdi
;;   jb #trap=user2
;;   movl $0x100000, %esi
;;   cmpq %rdi, %rsi
;;   cmovbq %rsi, %rdi
;;   movl 0x10000(%rdi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
