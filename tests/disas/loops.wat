;;! function = "sum"

;; A counter that is compared at the end of a round stays in its register: nothing is moved before the next one. The rest of the loop
;; follows a branch that leaves it.
(module
  (memory 1)
  (func $sum (export "sum") (param $from i32) (result i32)
    (local $i i32) (local $sum i32) (local $x i32)
    (block $out
      (loop $again
        (local.set $x (i32.load (i32.add (local.get $from) (local.get $i))))
        (if (local.get $x)
          (then
            (local.set $sum (i32.add (local.get $sum) (local.get $x)))
            (br_if $again (i32.ne (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 4000)))
            (br $out)))))
    (local.get $sum)))

;; ; function 0 (sum)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movl %edi, %ecx
;;   uninit  %rsi
;;   xorq %rsi, %rsi
;;   jmp     label1
;; block1:
;;   movl 0x10000(%rcx, %rsi), %edx
;;   testl %edx, %edx
;;   jz      label5; j label2
;; block2:
;;   leal 4(%rsi), %esi
;;   leal (%rax, %rdx), %eax
;;   cmpl $0xfa0, %esi
;;   jnz     label3; j label4
;; block3:
;;   jmp     label1
;; block4:
;;   jmp     label7
;; block5:
;;   jmp     label6
;; block6:
;;   jmp     label7
;; block7:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
