;;! disable-pass = "devirtualize"

;; In a program that starts threads, what belongs to an instance is found by a register; the shared memory and code are where they always are.
(module
  (import "env" "memory" (memory 1 2 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory $own 1 2)
  (global $first (mut i32) (i32.const 0))
  (global $second (mut i64) (i64.const 0))
  (table $changing 4 8 funcref)
  (table $constant funcref (elem $count))
  (data $passive "text")
  (type $nothing (func))
  (func $start (export "start") (drop (call $spawn (i32.const 1))))
  (func $count (export "count") (global.set $first (i32.add (global.get $first) (i32.const 1))))
  (func $second-global (export "second-global") (result i64) (global.get $second))
  (func $load (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
  (func $load-own (export "load-own") (param i32) (result i32) (i32.load $own offset=4 (local.get 0)))
  (func $size (export "size") (result i32) (memory.size 0))
  (func $set (export "set") (param i32) (table.set $changing (local.get 0) (ref.null func)))
  (func $call-constant (export "call-constant") (param i32) (call_indirect $constant (type $nothing) (local.get 0)))
  (func $drop (export "drop") (data.drop $passive)))

;; ; function 1 (start)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %rsp, %rsi
;;   movzbq -0x20000(%rsi), %rsi
;;   load_ext_name userextname0+0, %rdi
;;   movl $0x1, %esi
;;   call    User(userextname1)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (count)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %r15, %rsi
;;   movq    %r15, %rdi
;;   movl $0x1, %edx
;;   addl (%rsi), %edx
;;   movl %edx, (%rdi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 3 (second-global)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %r15, %rcx
;;   movq 0x10(%rcx), %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 4 (load)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10004(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 5 (load-own)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %r15, %rsi
;;   movq 0x30(%rsi), %rsi
;;   movl %edi, %edi
;;   movl 4(%rsi, %rdi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 6 (size)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+8, %rdx
;;   movq (%rdx), %rax
;;   shrq $0x10, %rax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 7 (set)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edx
;;   cmpq $0x4, %rdx
;;   jnb #trap=user3
;;   movq    %r15, %r8
;;   uninit  %r9
;;   xorq %r9, %r9
;;   cmpq $0x4, %rdx
;;   cmovaeq %r9, %rdx
;;   movq $0x0, 0xa0(%r8, %rdx, 8)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 8 (call-constant)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   testl %edi, %edi
;;   jnz #trap=user4
;;   load_ext_name userextname0+0, %r10
;;   uninit  %r11
;;   xorq %r11, %r11
;;   movl %edi, %r9d
;;   testl %edi, %edi
;;   cmovneq %r11, %r9
;;   movslq (%r10, %r9, 8), %r11
;;   leaq (%r10, %r11), %r11
;;   call    *%r11
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 9 (drop)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %r15, %rax
;;   movq $0x0, 0x20(%rax)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
