;; A status that the system cannot hold must not look like success.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (func (export "exit") (param i32) (call $proc_exit (local.get 0))))

;; $ --invoke exit -- 0
;; $ --invoke exit -- 3
;; exit status: 3
;; $ --invoke exit -- 255
;; exit status: 255
;; $ --invoke exit -- 256
;; exit status: 255
;; $ --invoke exit -- -1
;; exit status: 255
