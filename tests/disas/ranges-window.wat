;;! function = "window"
;;! disable-pass = "vectorize"

;; Bytes that go from one local to the next are bytes in each: the masks do nothing.
(module
  (memory 1)
  (func $window (export "window") (param $p i32) (param $n i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum)
        (i32.sub
          (i32.mul (i32.and (local.get $a) (i32.const 0xff)) (i32.and (local.get $b) (i32.const 0xff)))
          (i32.and (local.get $c) (i32.const 0xff)))))
      (local.set $a (local.get $b))
      (local.set $b (local.get $c))
      (local.set $c (i32.load8_u (local.get $p)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum)))

;; ; function 0 (window)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edi
;;   uninit  %rax
;;   xorl %eax, %eax
;;   movq %rax, %rdx
;;   movq %rax, %r9
;;   movq %rax, %r10
;;   jmp     label1
;; block1:
;;   movzbq 0x10000(%rdi), %rcx
;;   leal -1(%rsi), %esi
;;   imull %r9d, %edx
;;   subl %r10d, %edx
;;   leal (%rax, %rdx), %eax
;;   leal 1(%rdi), %edi
;;   testl %esi, %esi
;;   jnz     label2; j label3
;; block2:
;;   movq %r9, %rdx
;;   movq %r10, %r9
;;   movq %rcx, %r10
;;   jmp     label1
;; block3:
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
