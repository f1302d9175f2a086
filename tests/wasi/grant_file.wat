;; A file is no directory.
;;! flags: --dir file::/
;;! setup: echo > file
;;! status: 126
;;! stderr: wasm2exe: cannot open granted directory 'file': Not a directory\n
;;! peer: it has other words and another status
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 0))))
