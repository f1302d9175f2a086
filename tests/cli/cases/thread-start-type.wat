;; error: the export "wasi_thread_start" must take the number of a thread and an argument
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func (export "wasi_thread_start") (param i32))
  (func (export "_start") (drop (call $spawn (i32.const 0)))))
