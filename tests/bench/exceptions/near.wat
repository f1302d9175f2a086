;; Throws to the caller, 200,000 times.
(module
  (tag $e (param i32))
  (type $thrower (func (param i32)))
  (table funcref (elem $throw $nothing))
  (func $throw (type $thrower) (throw $e (local.get 0)))
  (func $nothing (type $thrower))
  (func (export "_start")
    (local $n i32) (local $sum i32)
    (local.set $n (i32.const 200000))
    (loop $again
      (block $caught (result i32)
        (try_table (catch $e $caught)
          (call_indirect (type $thrower) (i32.const 1) (i32.eqz (local.get $n))))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (if (i32.ne (local.get $sum) (i32.const 200000)) (then (unreachable)))))
