;;! function = "count"

;; A global is a symbol, addressed relative to the instruction pointer.
(module
  (global $g (mut i32) (i32.const 0))
  (func $count (export "count") (result i32)
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (global.get $g)))

;; ; function 0 (count)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   load_ext_name userextname0+0, %rsi
;;   movl (%rsi), %esi
;;   leal 1(%rsi), %eax
;;   load_ext_name userextname0+0, %rsi
;;   movl %eax, (%rsi)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
