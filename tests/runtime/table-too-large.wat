;; A table of more elements than any system has.
(module
  (table i64 0xffffffffffffffff funcref)
  (elem (i64.const 0xfffffffffffffff0) func $f)
  (func $f)
  (type $t (func))
  (func (export "_start") (call_indirect (type $t) (i64.const 0xfffffffffffffff0))))

;; $
;; wasm2exe: the system refuses the memory for a table of 18446744073709551615 elements; raise the limit (ulimit -v, cgroup)
;; exit status: 126
