;;! function = "count"

;; Only the first byte of each word matters behind the mask, and of the splat only the first word: bytes are interleaved with
;; themselves, and nothing fills the vector.
(module
  (memory 1)
  (func $count (export "count") (param i32 v128) (result v128)
    (i32x4.add (local.get 1)
      (v128.and (v128.const i32x4 1 1 1 1)
        (i8x16.shuffle 0 0 0 0 1 0 0 0 2 0 0 0 3 0 0 0
          (i8x16.eq (i32x4.splat (i32.load (local.get 0))) (v128.const i32x4 0 0 0 0))
          (v128.const i32x4 0 0 0 0))))))

;; ; function 0 (count)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %eax
;;   movdqu (%rip), %xmm5
;;   movss 0x10000(%rax), %xmm7
;;   uninit  %xmm1
;;   pxor %xmm1, %xmm1
;;   pcmpeqb %xmm1, %xmm7
;;   punpcklbw %xmm1, %xmm7
;;   punpcklwd %xmm1, %xmm7
;;   pand %xmm7, %xmm5
;;   paddd %xmm5, %xmm0
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
