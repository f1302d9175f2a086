;; Calls with handlers that nothing is thrown to, 200 million times.
(module
  (tag $e (param i32))
  (type $callee (func (param i32) (result i32)))
  (table funcref (elem $next $throw))
  (func $next (type $callee) (i32.add (local.get 0) (i32.const 1)))
  (func $throw (type $callee) (throw $e (local.get 0)))
  (func (export "_start")
    (local $n i32)
    (loop $again
      (block $caught (result i32)
        (try_table (result i32) (catch $e $caught)
          (call_indirect (type $callee) (local.get $n) (i32.lt_s (local.get $n) (i32.const 0)))))
      (br_if $again (i32.lt_s (local.tee $n) (i32.const 200000000))))))
