;; Without a function for it to call no thread is started: the result is the negated errno `again`.
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func $try (export "try") (result i32) (call $spawn (i32.const 1))))

;; $ --invoke try
;; -6
