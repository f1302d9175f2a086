;; A port that another process listens on stops the executable before the guest runs.
;;! flags: --listen 127.0.0.1:$PORT
;;! inherit: listener
;;! status: 126
;;! stderr: {': Address already in use\n}
;;! peer: it has no such grants
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 0))))
