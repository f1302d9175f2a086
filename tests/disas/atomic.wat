;; The alignment is tested, then one instruction does the rest; a result that nobody uses is not read back.
(module
  (memory 1 1 shared)
  (func $load (export "load") (param i32) (result i32) (i32.atomic.load offset=4 (local.get 0)))
  (func $store (export "store") (param i32 i32) (i32.atomic.store8 (local.get 0) (local.get 1)))
  (func $add (export "add") (param i32 i64) (result i64) (i64.atomic.rmw.add (local.get 0) (local.get 1)))
  (func $count (export "count") (param i32) (drop (i32.atomic.rmw.add (local.get 0) (i32.const 1))))
  (func $cmpxchg (export "cmpxchg") (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2))))

;; ; function 0 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl $0x3, %edi
;;   jnz #trap=user12
;;   movl %edi, %esi
;;   movl 0x10004(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (store)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   xchgb %sil, 0x10000(%rdi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (add)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl $0x7, %edi
;;   jnz #trap=user12
;;   movl %edi, %edi
;;   movq %rsi, %rax
;;   lock xaddq %rax, 0x10000(%rdi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 3 (count)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl $0x3, %edi
;;   jnz #trap=user12
;;   movl %edi, %esi
;;   movl $0x1, %edi
;;   lock addl %edi, 0x10000(%rsi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 4 (cmpxchg)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl $0x3, %edi
;;   jnz #trap=user12
;;   movl %edi, %edi
;;   movq %rsi, %rax
;;   lock cmpxchgl %edx, 0x10000(%rdi) ;; implicit: %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
