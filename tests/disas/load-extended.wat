;;! function = "next"

;; A pointer that is loaded and then followed is extended by the load, and the sum uses the lower half of it.
(module
  (memory 1)
  (func $next (export "next") (param i32) (result i32) (local $next i32)
    (local.set $next (i32.load offset=16 (local.get 0)))
    (i32.add (local.get $next) (i32.load offset=8 (local.get $next)))))

;; ; function 0 (next)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %esi
;;   movl 0x10010(%rsi), %eax
;;   addl 0x10008(%rax), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
