;;! function = "table"

;; A narrow load, or a mask, and a constant do not wrap: the constant becomes a displacement. A mask that does nothing goes.
(module
  (memory 1)
  (func $table (export "table") (param i32) (result i32)
    (i32.add
      (i32.load8_u (i32.add (i32.load8_u (local.get 0)) (i32.const 1000)))
      (i32.load8_u
        (i32.add
          (i32.and (i32.load8_u (i32.and (local.get 0) (i32.const 63))) (i32.const 255))
          (i32.const 2000))))))

;; ; function 0 (table)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %r8d
;;   movzbq 0x10000(%r8), %r8
;;   movzbq 0x103e8(%r8), %r8
;;   andl $0x3f, %edi
;;   movzbq 0x10000(%rdi), %r9
;;   movzbq 0x107d0(%r9), %r9
;;   leal (%r8, %r9), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
