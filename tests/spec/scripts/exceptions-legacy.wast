;; The older exception instructions: try, catch, catch_all, delegate, rethrow.

(module
  (tag $e0 (export "e0"))
  (func (export "throw") (throw $e0))
)
(register "other")

(module
  (tag $imported (import "other" "e0"))
  (func $throw-imported (import "other" "throw"))
  (tag $e0)
  (tag $e1)
  (tag $i (param i32))
  (tag $mixed (param i32 f64 i64 f32))
  (global $trace (mut i32) (i32.const 0))

  ;; 0: returns 1; 1, 2, 3: throws $e0, $e1, $i 70; 4: throws $mixed; 5: traps
  (func $act (param i32) (result i32)
    block
      block
        block
          block
            block
              block
                local.get 0
                br_table 0 1 2 3 4 5
              end
              i32.const 1
              return
            end
            throw $e0
          end
          throw $e1
        end
        i32.const 70
        throw $i
      end
      i32.const 1
      f64.const 2.5
      i64.const -3
      f32.const 0.5
      throw $mixed
    end
    unreachable
  )

  ;; Decimal digits of what happened.
  (func $mark (param i32)
    (global.set $trace (i32.add (i32.mul (global.get $trace) (i32.const 10)) (local.get 0)))
  )
  (func $trace-of (result i32)
    global.get $trace
    (global.set $trace (i32.const 0))
  )

  (func (export "clauses") (param i32) (result i32)
    try (result i32)
      local.get 0
      call $act
    catch $e0
      i32.const 10
    catch $i
      i32.const 1
      i32.add
    catch_all
      i32.const 20
    end
  )

  (func (export "no-clause") (param i32) (result i32)
    try (result i32)
      local.get 0
      call $act
    end
    i32.const 100
    i32.add
  )

  (func (export "payload") (result f64)
    (local $a i32) (local $b f64) (local $c i64) (local $d f32)
    try
      i32.const 4
      call $act
      drop
    catch $mixed
      local.set $d
      local.set $c
      local.set $b
      local.set $a
    end
    (f64.add (f64.add (f64.convert_i32_s (local.get $a)) (local.get $b))
             (f64.add (f64.convert_i64_s (local.get $c)) (f64.promote_f32 (local.get $d))))
  )

  (func (export "params") (param i32) (result i32)
    i32.const 5
    local.get 0
    try (param i32) (result i32)
      call $act
    catch_all
      i32.const 9
    end
    i32.sub
  )

  ;; What is set before the throw is seen in the clause, whatever registers the callee used.
  (func (export "locals") (param $x i32) (result i32)
    (local $y i32)
    (local.set $y (i32.const 7))
    try
      (local.set $y (i32.mul (local.get $x) (i32.const 3)))
      (drop (call $act (local.get $x)))
      (local.set $y (i32.const 1000))
    catch_all
      (local.set $y (i32.add (local.get $y) (local.get $x)))
    end
    local.get $y
  )

  (func (export "inner-first") (param i32) (result i32)
    try (result i32)
      try (result i32)
        local.get 0
        call $act
      catch $e0
        i32.const 11
      end
    catch $e0
      i32.const 12
    catch $e1
      i32.const 13
    catch_all
      i32.const 14
    end
  )

  ;; A clause is not inside the try that it belongs to.
  (func (export "throw-in-clause") (result i32)
    try (result i32)
      try (result i32)
        i32.const 1
        call $act
      catch $e0
        i32.const 2
        call $act
      catch $e1
        i32.const 1
      end
    catch $e1
      i32.const 2
    end
  )

  (func (export "try-in-clause") (param i32) (result i32)
    try (result i32)
      i32.const 3
      call $act
    catch $i
      drop
      try (result i32)
        local.get 0
        call $act
      catch $e1
        i32.const 21
      end
      i32.const 1
      i32.add
    end
  )

  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
      try (result i32)
        local.get 0
        call $act
      catch $i
        rethrow 0
      catch_all
        i32.const 3
        call $mark
        rethrow 0
      end
    catch $e0
      call $trace-of
    catch $i
    catch_all
      i32.const 40
      call $trace-of
      i32.add
    end
  )

  ;; Each exception of two nested clauses.
  (func (export "rethrow-outer") (param $which i32) (result i32)
    try (result i32)
      try (result i32)
        i32.const 1
        call $act
      catch $e0
        try (result i32)
          i32.const 2
          call $act
        catch $e1
          block (result i32)
            local.get $which
            if (result i32)
              rethrow 3
            else
              rethrow 2
            end
          end
        end
      end
    catch $e0
      i32.const 50
    catch $e1
      i32.const 51
    end
  )

  (func (export "rethrow-uncaught") (param i32)
    try
      local.get 0
      call $act
      drop
    catch_all
      rethrow 0
    end
  )

  (func (export "delegate") (param i32) (result i32)
    try (result i32)
      try (result i32)
        try (result i32)
          local.get 0
          call $act
        delegate 1
      catch_all
        i32.const 60
      end
    catch $e0
      i32.const 61
    catch_all
      i32.const 62
    end
  )

  (func (export "delegate-to-next") (param i32) (result i32)
    try (result i32)
      try (result i32)
        local.get 0
        call $act
      delegate 0
      i32.const 1
      i32.add
    catch_all
      i32.const 63
    end
  )

  ;; To the caller, from below two tries.
  (func $delegate-away (param i32) (result i32)
    try (result i32)
      try (result i32)
        try (result i32)
          local.get 0
          call $act
        delegate 2
      catch_all
        i32.const 64
      end
    catch_all
      i32.const 65
    end
  )
  (func (export "delegate-to-caller") (param i32) (result i32)
    try (result i32)
      local.get 0
      call $delegate-away
    catch_all
      i32.const 66
    end
  )

  ;; To a block, a loop and an if: as if thrown there.
  (func (export "delegate-to-block") (param i32) (result i32)
    try (result i32)
      block (result i32)
        loop (result i32)
          i32.const 1
          if (result i32)
            try (result i32)
              try (result i32)
                local.get 0
                call $act
              delegate 2
            catch_all
              i32.const 67
            end
          else
            i32.const 0
          end
        end
      end
    catch_all
      i32.const 68
    end
  )

  ;; The target's own clauses do not count once one of them runs.
  (func (export "delegate-from-clause") (param i32) (result i32)
    try (result i32)
      try (result i32)
        i32.const 3
        call $act
      catch $i
        drop
        try (result i32)
          local.get 0
          call $act
        delegate 0
      catch_all
        i32.const 69
      end
    catch_all
      i32.const 70
    end
  )

  ;; delegate of a try that has delegate inside.
  (func (export "delegate-twice") (param i32) (result i32)
    try (result i32)
      try (result i32)
        try (result i32)
          try (result i32)
            try (result i32)
              local.get 0
              call $act
            delegate 0
          delegate 1
        catch_all
          i32.const 71
        end
      catch $e1
        i32.const 72
      end
    catch_all
      i32.const 73
    end
  )

  ;; Throws in the same function, without a call.
  (func (export "local-throw") (param i32) (result i32)
    try (result i32)
      try (result i32)
        try
          local.get 0
          if
            i32.const 5
            throw $i
          else
            throw $e0
          end
        delegate 0
        i32.const 0
      catch $i
        i32.const 80
        i32.add
      end
    catch $e0
      i32.const 81
    catch $e0
      i32.const 82
    end
  )
  (func (export "local-rethrow") (result i32)
    try (result i32)
      try (result i32)
        i32.const 9
        throw $i
      catch_all
        rethrow 0
      end
    catch $i
    end
  )

  (func (export "loop") (param $n i32) (result i32)
    (local $sum i32)
    loop $again
      try
        local.get $n
        throw $i
      catch $i
        local.get $sum
        i32.add
        local.set $sum
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      end
    end
    local.get $sum
  )

  (func (export "branch-out") (param i32) (result i32)
    block $out (result i32)
      try (result i32)
        local.get 0
        call $act
        br $out
      catch $e0
        i32.const 90
        br $out
      catch_all
        i32.const 91
      end
      i32.const 1
      i32.add
    end
  )

  (func (export "return-from-clause") (param i32) (result i32)
    try
      local.get 0
      call $act
      return
    catch $e1
      i32.const 92
      return
    end
    i32.const 93
  )

  (func (export "unreachable-try") (result i32)
    i32.const 1
    return
    try (result i32)
      try
        i32.const 1
        call $act
        drop
      delegate 0
      i32.const 1
    catch $i
      rethrow 0
    catch_all
      i32.const 2
    end
    drop
    try
      throw $e0
    catch $e0
      try
      catch_all
        rethrow 1
      end
    end
  )
  (func (export "try-behind-unreachable-try") (param i32) (result i32)
    block
      br 0
      try
        nop
      catch_all
        nop
      end
    end
    try (result i32)
      local.get 0
      call $act
    catch $e0
      i32.const 94
    end
  )
  (func (export "unreachable-clause") (result i32)
    try (result i32)
      i32.const 95
    catch $e0
      i32.const 96
    catch_all
      rethrow 0
    end
  )
  (func (export "only-clause-falls-through") (param i32) (result i32)
    try (result i32)
      local.get 0
      call $act
      drop
      unreachable
    catch $e0
      i32.const 97
    end
  )

  (func (export "trap") (result i32)
    try (result i32)
      i32.const 5
      call $act
    catch_all
      i32.const 1
    end
  )

  (func (export "imported") (result i32)
    try (result i32)
      try
        call $throw-imported
      catch $e0
        unreachable
      end
      i32.const 0
    catch $imported
      i32.const 98
    end
  )
)

(assert_return (invoke "clauses" (i32.const 0)) (i32.const 1))
(assert_return (invoke "clauses" (i32.const 1)) (i32.const 10))
(assert_return (invoke "clauses" (i32.const 2)) (i32.const 20))
(assert_return (invoke "clauses" (i32.const 3)) (i32.const 71))
(assert_return (invoke "clauses" (i32.const 4)) (i32.const 20))
(assert_return (invoke "no-clause" (i32.const 0)) (i32.const 101))
(assert_exception (invoke "no-clause" (i32.const 1)))
(assert_return (invoke "payload") (f64.const 1))
(assert_return (invoke "params" (i32.const 0)) (i32.const 4))
(assert_return (invoke "params" (i32.const 4)) (i32.const -4))
(assert_return (invoke "locals" (i32.const 0)) (i32.const 1000))
(assert_return (invoke "locals" (i32.const 3)) (i32.const 12))
(assert_return (invoke "inner-first" (i32.const 0)) (i32.const 1))
(assert_return (invoke "inner-first" (i32.const 1)) (i32.const 11))
(assert_return (invoke "inner-first" (i32.const 2)) (i32.const 13))
(assert_return (invoke "inner-first" (i32.const 3)) (i32.const 14))
(assert_return (invoke "throw-in-clause") (i32.const 2))
(assert_return (invoke "try-in-clause" (i32.const 0)) (i32.const 2))
(assert_return (invoke "try-in-clause" (i32.const 2)) (i32.const 22))
(assert_exception (invoke "try-in-clause" (i32.const 3)))
(assert_return (invoke "rethrow" (i32.const 0)) (i32.const 1))
(assert_return (invoke "rethrow" (i32.const 1)) (i32.const 3))
(assert_return (invoke "rethrow" (i32.const 2)) (i32.const 43))
(assert_return (invoke "rethrow" (i32.const 3)) (i32.const 70))
(assert_return (invoke "rethrow-outer" (i32.const 0)) (i32.const 51))
(assert_return (invoke "rethrow-outer" (i32.const 1)) (i32.const 50))
(assert_return (invoke "rethrow-uncaught" (i32.const 0)))
(assert_exception (invoke "rethrow-uncaught" (i32.const 4)))
(assert_return (invoke "delegate" (i32.const 0)) (i32.const 1))
(assert_return (invoke "delegate" (i32.const 1)) (i32.const 61))
(assert_return (invoke "delegate" (i32.const 2)) (i32.const 62))
(assert_return (invoke "delegate-to-next" (i32.const 0)) (i32.const 2))
(assert_return (invoke "delegate-to-next" (i32.const 1)) (i32.const 63))
(assert_return (invoke "delegate-to-caller" (i32.const 0)) (i32.const 1))
(assert_return (invoke "delegate-to-caller" (i32.const 3)) (i32.const 66))
(assert_return (invoke "delegate-to-block" (i32.const 0)) (i32.const 1))
(assert_return (invoke "delegate-to-block" (i32.const 2)) (i32.const 68))
(assert_return (invoke "delegate-from-clause" (i32.const 0)) (i32.const 1))
(assert_return (invoke "delegate-from-clause" (i32.const 1)) (i32.const 70))
(assert_return (invoke "delegate-twice" (i32.const 0)) (i32.const 1))
(assert_return (invoke "delegate-twice" (i32.const 1)) (i32.const 73))
(assert_return (invoke "delegate-twice" (i32.const 2)) (i32.const 72))
(assert_return (invoke "local-throw" (i32.const 0)) (i32.const 81))
(assert_return (invoke "local-throw" (i32.const 1)) (i32.const 85))
(assert_return (invoke "local-rethrow") (i32.const 9))
(assert_return (invoke "loop" (i32.const 100)) (i32.const 5050))
(assert_return (invoke "branch-out" (i32.const 0)) (i32.const 1))
(assert_return (invoke "branch-out" (i32.const 1)) (i32.const 90))
(assert_return (invoke "branch-out" (i32.const 2)) (i32.const 92))
(assert_return (invoke "return-from-clause" (i32.const 0)) (i32.const 1))
(assert_return (invoke "return-from-clause" (i32.const 2)) (i32.const 92))
(assert_exception (invoke "return-from-clause" (i32.const 1)))
(assert_return (invoke "unreachable-try") (i32.const 1))
(assert_return (invoke "try-behind-unreachable-try" (i32.const 1)) (i32.const 94))
(assert_exception (invoke "try-behind-unreachable-try" (i32.const 2)))
(assert_return (invoke "unreachable-clause") (i32.const 95))
(assert_return (invoke "only-clause-falls-through" (i32.const 1)) (i32.const 97))
(assert_trap (invoke "only-clause-falls-through" (i32.const 0)) "unreachable")
(assert_trap (invoke "trap") "unreachable")
(assert_return (invoke "imported") (i32.const 98))

;; Both forms in one function.
(module
  (tag $i (param i32))
  (func $throw (param i32) (throw $i (local.get 0)))
  (func (export "table-in-try") (result i32)
    try (result i32)
      block $h (result i32 exnref)
        (try_table (catch_ref $i $h) (call $throw (i32.const 3)))
        unreachable
      end
      throw_ref
    catch $i
      i32.const 1
      i32.add
    end
  )
  (func (export "try-in-table") (result i32)
    block $h (result i32)
      try_table (result i32) (catch $i $h)
        try (result i32)
          (call $throw (i32.const 7))
          i32.const 0
        catch_all
          rethrow 0
        end
      end
      unreachable
    end
  )
)
(assert_return (invoke "table-in-try") (i32.const 4))
(assert_return (invoke "try-in-table") (i32.const 7))

(assert_invalid (module (tag) (func try catch_all catch 0 end)) "")
(assert_invalid (module (func try rethrow 0 end)) "")
(assert_invalid (module (func try delegate 1)) "unknown label")
