;; More memory than any system has.
(module
  (memory i64 0x1000000000000)
  (data (i64.const 0xffffffffffff0000) "end")
  (func (export "_start")))

;; $
;; wasm2exe: the system refuses the 18446744073709551615 bytes of memory that the module starts with; raise the limit (ulimit -v, cgroup)
;; exit status: 126
;; $ --memory checked
;; wasm2exe: the system refuses the 18446744073709551615 bytes of memory that the module starts with; raise the limit (ulimit -v, cgroup)
;; exit status: 126
