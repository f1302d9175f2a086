;;! function = "sum"

;; A carry of one limb into the next, as toolchains write it: the high half of a sum whose high halves are 0.
(module
  (func $sum (export "sum") (param $a0 i64) (param $a1 i64) (param $b0 i64) (param $b1 i64) (result i64 i64 i64)
    (local $carry i64)
    (i64.add128 (local.get $a0) (i64.const 0) (local.get $b0) (i64.const 0))
    (local.set $carry)
    (i64.add128 (local.get $a1) (i64.const 0) (local.get $carry) (i64.const 0))
    (i64.add128 (local.get $b1) (i64.const 0))))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq %rcx, %r8
;;   movq %rdi, %rax
;;   addq %rdx, %rax
;;   setb %cl
;;   movzbq %cl, %rdx
;;   addq %rdx, %rsi
;;   setb %cl
;;   movzbq %cl, %rdx
;;   movq %r8, %rdi
;;   movq %rsi, %rcx
;;   addq %rdi, %rcx
;;   adcq $0x0, %rdx
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
