;; The signal ends the process, as the shell sees by the status.
;;! run: "$EXE"; exit $?
;;! status: 137
;;! peer: it has no signals
(module
  (import "wasi_snapshot_preview1" "proc_raise" (func $proc_raise (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $proc_raise (i32.const 9)))
    (call $proc_exit (i32.const 1))))
