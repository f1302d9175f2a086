;;! function = "loop"

;; The comparison is part of the branch; no boolean is made of it.
(module
  (func $loop (export "loop") (param i32) (result i32)
    (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get 0)))
      (br_if $again (i32.gt_s (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 0))))
    (local.get $sum)))

;; ; function 0 (loop)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   jmp     label1
;; block1:
;;   leal -1(%rdi), %r8d
;;   leal (%rax, %rdi), %eax
;;   testl %r8d, %r8d
;;   jnle    label2; j label3
;; block2:
;;   movq %r8, %rdi
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
