;; No descriptor is left for the granted directory.
;;! flags: --dir tmp::/
;;! setup: mkdir tmp
;;! run: ulimit -n 3; exec "$EXE"
;;! status: 126
;;! stderr: wasm2exe: cannot open granted directory 'tmp': Too many open files (see `ulimit -n`)\n
;;! peer: it has other words and another status
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $proc_exit (i32.const 0))))
