;;! function = "caller"

;; A small callee is translated in place of the call.
(module
  (func $callee (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $caller (export "caller") (param i32) (result i32)
    (i32.mul (call $callee (local.get 0)) (i32.const 3))))

;; ; function 1 (caller)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   leal 1(%rdi), %esi
;;   leal 1(%rdi, %rsi, 2), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
