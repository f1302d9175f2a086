;; A status that the host would cut off becomes 255 and does not look like success.
;;! status: 255
;;! peer: it allows statuses below 126
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const -1)) (unreachable)))
