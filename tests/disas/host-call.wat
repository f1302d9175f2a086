;;! function = "yield"

;; Touches the stack as far down as a host function may reach, so that exhaustion is found here.
(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 1)
  (func $yield (export "yield") (result i32) (call $sched_yield)))

;; ; function 1 (yield)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movq    %rsp, %rsi
;;   movzbq -0x20000(%rsi), %rsi
;;   load_ext_name userextname0+0, %rdi
;;   call    User(userextname1)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
