;; A granted directory that is not there stops the executable before the guest runs.
;;! flags: --dir missing::/
;;! status: 126
;;! stderr: wasm2exe: cannot open granted directory 'missing': No such file or directory\n
;;! stdout:\s
;;! peer: it has other words and another status
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 0))))
