;; In loops, accesses add up what stays the same and what does not, where the sum cannot wrap.
(module
  (memory 100)
  ;; The sum starts at a pointer, grows by little, and is accessed in every round.
  (func $copy (export "copy") (param $to i32) (param $from i32) (param $bytes i32)
    (local $i i32)
    (loop $again
      (i32.store16 (i32.add (local.get $to) (local.get $i))
        (i32.load8_u (i32.add (local.get $from) (local.get $i))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (local.get $bytes)))))
  ;; So does a sum with a multiple of a counter.
  (func $scaled (export "scaled") (param $from i32) (param $count i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.xor (local.get $sum)
        (i32.load offset=8 (i32.add (local.get $from) (i32.mul (local.get $i) (i32.const 24))))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $sum))
  ;; By ranges, whatever the counter starts at.
  (func $ranges (export "ranges") (param $row i32) (result i32)
    (local $i i32) (local $sum i32)
    (local.set $row (i32.mul (i32.and (local.get $row) (i32.const 255)) (i32.const 1000)))
    (local.set $i (i32.const 40))
    (loop $again
      (local.set $sum (i32.xor (local.get $sum) (i32.load (i32.add (local.get $row) (local.get $i)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const 1000))))
    (local.get $sum))
  ;; Not where the sum can wrap before something traps.
  (func $sometimes (export "sometimes") (param $from i32) (param $bytes i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (if (i32.and (local.get $sum) (i32.const 1))
        (then (local.set $sum (i32.load (i32.add (local.get $from) (local.get $i))))))
      (local.set $sum (i32.xor (local.get $sum) (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $bytes))))
    (local.get $sum))
  ;; Nor where the address could then lie outside the memory's reservation.
  (func $far (export "far") (param $from i32) (param $bytes i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.xor (local.get $sum)
        (i32.load offset=65536 (i32.add (local.get $from) (local.get $i)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $bytes))))
    (local.get $sum)))

;; ; function 0 (copy)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %esi, %r10d
;;   movl %edi, %r11d
;;   uninit  %rsi
;;   xorq %rsi, %rsi
;;   jmp     label1
;; block1:
;;   movzbq 0x10000(%r10, %rsi), %rax
;;   movw %ax, 0x10000(%r11, %rsi)
;;   leal 2(%rsi), %esi
;;   cmpl %edx, %esi
;;   jb      label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 1 (scaled)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movl %edi, %ecx
;;   movq %rax, %r8
;;   jmp     label1
;; block1:
;;   leal (%r8, %r8, 2), %edx
;;   shll $0x3, %edx
;;   movl 0x10008(%rcx, %rdx), %edx
;;   leal 1(%r8), %r8d
;;   xorl %edx, %eax
;;   cmpl %esi, %r8d
;;   jb      label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 2 (ranges)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   andl $0xff, %edi
;;   imull $0x3e8, %edi, %r11d
;;   movl $0x28, %edi
;;   jmp     label1
;; block1:
;;   movl 0x10000(%r11, %rdi), %ecx
;;   leal 4(%rdi), %edi
;;   xorl %ecx, %eax
;;   cmpl $0x3e8, %edi
;;   jb      label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 3 (sometimes)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movq %rax, %r8
;;   jmp     label1
;; block1:
;;   testl $0x1, %eax
;;   jnz     label3; j label2
;; block2:
;;   jmp     label4
;; block3:
;;   leal (%rdi, %r8), %eax
;;   movl 0x10000(%rax), %eax
;;   jmp     label4
;; block4:
;;   leal 4(%r8), %ecx
;;   xorl %r8d, %eax
;;   cmpl %esi, %ecx
;;   jb      label5; j label6
;; block5:
;;   movq %rcx, %r8
;;   jmp     label1
;; block6:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
;;
;; ; function 4 (far)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movq %rax, %r8
;;   jmp     label1
;; block1:
;;   leal (%rdi, %r8), %r11d
;;   movl 0x20000(%r11), %r11d
;;   leal 4(%r8), %r8d
;;   xorl %r11d, %eax
;;   cmpl %esi, %r8d
;;   jb      label2; j label3
;; block2:
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
