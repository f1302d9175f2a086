;;! function = "tries"

;; What is called cannot throw, though the program does elsewhere: no handler is needed.
(module
  (tag $e)
  (memory 1)
  (func (export "elsewhere") (throw $e))
  (func $returns (param i32) (result i32)
    (i32.store (i32.const 100) (i32.mul (local.get 0) (i32.load (i32.const 104))))
    (i32.store (i32.const 200) (i32.mul (local.get 0) (i32.load (i32.const 204))))
    (i32.store (i32.const 300) (i32.mul (local.get 0) (i32.load (i32.const 304))))
    (local.get 0))
  (func $tries (export "tries") (param i32) (result i32)
    (block $caught
      (try_table (catch $e $caught) (return (call $returns (local.get 0)))))
    (i32.const -1)))

;; ; function 2 (tries)
;;   pushq %rbp
;;   movq %rsp, %rbp
;; block0:
;;   call    User(userextname0)
;;   movq %rbp, %rsp
;;   popq %rbp
;;   retq
