;;! function = "sum"

;; An immutable global with a constant initial value is a constant.
(module
  (global $forty i32 (i32.const 40))
  (global $two i32 (i32.const 2))
  (func $sum (export "sum") (result i32)
    (i32.add (global.get $forty) (global.get $two))))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl $0x2a, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
