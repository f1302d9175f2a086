;; Constants of indices become displacements where the sum cannot wrap, or is out of bounds when it does.
(module
  (memory 1)
  ;; The first access is at the sum, the others are relative to it.
  (func $fields (export "fields") (param i32) (result i32)
    (i32.add
      (i32.load (i32.add (local.get 0) (i32.const 1024)))
      (i32.add
        (i32.load (i32.add (local.get 0) (i32.const 1032)))
        (i32.load (i32.add (local.get 0) (i32.const 1016))))))
  ;; No lea: what is below zero is out of bounds.
  (func $below (export "below") (param i32 i32) (result i32)
    (i32.load (i32.sub (i32.add (local.get 0) (local.get 1)) (i32.const 8))))
  ;; An offset could lead back into the memory.
  (func $below_offset (export "below-offset") (param i32) (result i32)
    (i32.load offset=16 (i32.sub (local.get 0) (i32.const 8))))
  ;; Nothing is known of the index: it must be computed.
  (func $ahead (export "ahead") (param i32) (result i32)
    (i32.load (i32.add (local.get 0) (i32.const 8))))
  ;; Two values and a scale.
  (func $matrix (export "matrix") (param $row i32) (param $column i32) (result f64)
    (f64.add
      (f64.load (i32.add (local.get $row) (i32.shl (local.get $column) (i32.const 3))))
      (f64.load (i32.add (i32.shl (i32.add (local.get $column) (i32.const 1)) (i32.const 3)) (local.get $row))))))

;; ; function 0 (fields)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal 0x400(%rdi), %esi
;;   movl 0x10000(%rsi), %edi
;;   movl 0x10008(%rsi), %r8d
;;   addl 0xfff8(%rsi), %r8d
;;   leal (%rdi, %r8), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (below)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal (%rdi, %rsi), %esi
;;   movl 0xfff8(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (below_offset)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal -8(%rdi), %esi
;;   movl 0x10010(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 3 (ahead)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal 8(%rdi), %esi
;;   movl 0x10000(%rsi), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 4 (matrix)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal (%rdi, %rsi, 8), %esi
;;   movsd 0x10000(%rsi), %xmm0
;;   addsd 0x10008(%rsi), %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
