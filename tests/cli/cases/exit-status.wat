;; args: --invoke exit
;; run: 0
;; run: 3
;; status: 3
;; run: 255
;; status: 255
;; A status that the system cannot hold must not look like success.
;; run: 256
;; status: 255
;; run: -1
;; status: 255
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "exit") (param i32) (call $proc_exit (local.get 0))))
