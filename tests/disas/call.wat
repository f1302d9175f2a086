;;! opt = "1"
;;! function = "caller"

;; Direct, with the callee's address relative to the call.
(module
  (func $callee (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func $caller (export "caller") (param i32) (result i32)
    (i32.mul (call $callee (local.get 0)) (i32.const 3))))

;; ; function 1 (caller)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   call    User(userextname0)
;;   imull $0x3, %eax, %eax
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
