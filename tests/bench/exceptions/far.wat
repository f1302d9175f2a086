;; Throws through 100 frames without handlers, 20,000 times.
(module
  (tag $e (param i32))
  (type $down (func (param i32)))
  (table funcref (elem $down $down))
  (global $depth (mut i32) (i32.const 0))
  ;; Called through a table, so that no compiler merges the frames.
  (func $down (type $down)
    (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 7))))
    (call_indirect (type $down) (i32.sub (local.get 0) (i32.const 1)) (i32.and (local.get 0) (i32.const 1)))
    (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
  (func (export "_start")
    (local $n i32) (local $sum i32)
    (local.set $n (i32.const 20000))
    (loop $again
      (block $caught (result i32)
        (try_table (catch $e $caught) (call $down (i32.const 100)))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (if (i32.ne (local.get $sum) (i32.const 140000)) (then (unreachable)))))
