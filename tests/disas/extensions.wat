;;! function = "last"

;; What is loaded and then an address is loaded into all of a register, whose upper half is then zero; so is what goes around a loop.
(module
  (memory 1)
  ;; The second number of the last element of a list.
  (func $last (export "last") (param $p i32) (result i32)
    (local $next i32)
    (loop $again
      (if (local.tee $next (i32.load (local.get $p)))
        (then
          (local.set $p (local.get $next))
          (br $again))))
    (i32.load offset=4 (local.get $p))))

;; ; function 0 (last)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   movl %edi, %edx
;;   jmp     label1
;; block1:
;;   movl 0x10000(%rdx), %esi
;;   testl %esi, %esi
;;   jz      label3; j label2
;; block2:
;;   movq %rsi, %rdx
;;   jmp     label1
;; block3:
;;   jmp     label4
;; block4:
;;   movl 0x10004(%rdx), %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
