;; error: import "wasi" "thread_spawn": unknown import: "wasi" has no export of this name
(module (import "wasi" "thread_spawn" (func (param i32) (result i32))))
