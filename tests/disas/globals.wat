;;! function = "frame"

;; The address of a global is made for each access, so that no register has it over the call.
(module
  (global $stack (mut i32) (i32.const 65536))
  (memory 1)
  (func $use (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1))
    (call $frame (local.get 0)))
  (func $frame (export "frame") (param $x i32) (result i32)
    (local $at i32)
    (global.set $stack (local.tee $at (i32.sub (global.get $stack) (i32.const 16))))
    (local.set $x (call $use (local.get $at)))
    (global.set $stack (i32.add (local.get $at) (i32.const 16)))
    (local.get $x)))

;; ; function 1 (frame)
;;   pushq %rbp
;;   movq %rsp, %rbp
;;   subq $0x10, %rsp
;;   movq %r12, (%rsp)
;; block0:
;;   load_ext_name userextname0+0, %r9
;;   movl (%r9), %r12d
;;   leal -0x10(%r12), %r9d
;;   load_ext_name userextname0+0, %r10
;;   movl %r9d, (%r10)
;;   movl $0x1, 0xfff0(%r12)
;;   leal -0x20(%r12), %r11d
;;   load_ext_name userextname0+0, %rax
;;   movl %r11d, (%rax)
;;   movl $0x1, 0xfff0(%r9)
;;   leal -0x30(%r12), %edi
;;   load_ext_name userextname0+0, %rax
;;   movl %edi, (%rax)
;;   movl $0x1, 0xfff0(%r11)
;;   call    User(userextname1)
;;   load_ext_name userextname0+0, %rcx
;;   movl %r12d, (%rcx)
;;   movq (%rsp), %r12
;;   addq $0x10, %rsp
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
