;;! function = "gather"

;; Four bytes that are extended to words: the lanes above do not matter, so that they are combined as integers.
(module
  (memory 1)
  (func $gather (export "gather") (param i32) (result v128)
    (i8x16.shuffle 16 1 2 3 17 5 6 7 18 9 10 11 19 13 14 15
      (v128.const i32x4 0 0 0 0)
      (v128.load8_lane offset=12 3 (local.get 0)
        (v128.load8_lane offset=8 2 (local.get 0)
          (v128.load8_lane offset=4 1 (local.get 0) (v128.load8_splat (local.get 0))))))))

;; ; function 0 (gather)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %eax
;;   movzbl 0x10000(%rax), %r8d
;;   movzbl 0x10004(%rax), %ecx
;;   shll $0x8, %ecx
;;   orl %ecx, %r8d
;;   movzbl 0x10008(%rax), %ecx
;;   shll $0x10, %ecx
;;   orl %ecx, %r8d
;;   movzbl 0x1000c(%rax), %eax
;;   shll $0x18, %eax
;;   orl %eax, %r8d
;;   movd %r8d, %xmm0
;;   uninit  %xmm1
;;   pxor %xmm1, %xmm1
;;   punpcklbw %xmm1, %xmm0
;;   punpcklwd %xmm1, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
