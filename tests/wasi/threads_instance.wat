;;! peer: it starts no threads

;; Every thread has an instance of its own: globals, tables, dropped segments and memories that are not shared begin as they did for the
;; first thread, and what one does with them the others do not see. The start function runs in each; active segments are written
;; again, to the shared memory too.
(module
  (import "env" "memory" (memory $shared 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory $own 1 4)
  (global $count (mut i32) (i32.const 10))
  (global $wide (mut v128) (v128.const i64x2 1 2))
  (global $reference (mut funcref) (ref.func $one))
  (table $stored 3 8 funcref)
  (table $grown 2 10000 funcref)
  (table $large 5000 funcref)
  (elem (table $stored) (i32.const 1) func $one $two)
  (elem (table $large) (i32.const 4998) func $two $one)
  (elem $passive func $two $one)
  (data (memory $shared) (i32.const 1024) "initial")
  (data (memory $own) (i32.const 0) "own")
  (data $dropped "text")
  (type $number (func (result i32)))
  (func $one (result i32) (i32.const 1))
  (func $two (result i32) (i32.const 2))
  (start $start)
  (func $start
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (drop (i32.atomic.rmw.add $shared (i32.const 0) (i32.const 1))))

  (func $assert (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))

  ;; What an instance is before anything has happened in it.
  (func $check-fresh
    (call $assert (i32.eq (global.get $count) (i32.const 11)))
    (call $assert (i64.eq (i64x2.extract_lane 1 (global.get $wide)) (i64.const 2)))
    (table.set $stored (i32.const 0) (global.get $reference))
    (call $assert (i32.eq (call_indirect $stored (type $number) (i32.const 0)) (i32.const 1)))
    (call $assert (i32.eq (call_indirect $stored (type $number) (i32.const 1)) (i32.const 1)))
    (call $assert (i32.eq (call_indirect $stored (type $number) (i32.const 2)) (i32.const 2)))
    (call $assert (i32.eq (table.size $stored) (i32.const 3)))
    (call $assert (i32.eq (table.size $grown) (i32.const 2)))
    (call $assert (ref.is_null (table.get $grown (i32.const 1))))
    (call $assert (i32.eq (call_indirect $large (type $number) (i32.const 4998)) (i32.const 2)))
    (call $assert (i32.eq (memory.size $own) (i32.const 1)))
    (call $assert (i32.eq (i32.load $own (i32.const 0)) (i32.const 0x6e776f)))
    (call $assert (i32.eqz (i32.load $own (i32.const 65532))))
    (call $assert (i32.eq (i32.load8_u $shared (i32.const 1024)) (i32.const 0x69))))

  ;; Changes all of it.
  (func $change
    (memory.init $own $dropped (i32.const 100) (i32.const 0) (i32.const 4))
    (data.drop $dropped)
    (table.init $stored $passive (i32.const 0) (i32.const 0) (i32.const 2))
    (elem.drop $passive)
    (call $assert (i32.eq (call_indirect $stored (type $number) (i32.const 0)) (i32.const 2)))
    (table.set $stored (i32.const 2) (ref.null func))
    (call $assert (i32.eq (table.grow $grown (ref.func $two) (i32.const 9000)) (i32.const 2)))
    (call $assert (i32.eq (call_indirect $grown (type $number) (i32.const 9001)) (i32.const 2)))
    (table.set $large (i32.const 4998) (ref.func $one))
    (global.set $count (i32.const 99))
    (global.set $wide (v128.const i64x2 3 4))
    (global.set $reference (ref.func $two))
    (call $assert (i32.eq (memory.grow $own (i32.const 2)) (i32.const 1)))
    (i32.store $own (i32.const 0) (i32.const 7))
    (i32.store $own (i32.const 65532) (i32.const 8))
    (i32.store $own (i32.const 196604) (i32.const 9))
    (call $assert (i32.eq (i32.load $own (i32.const 100)) (i32.const 0x74786574))))

  (func $check-changed
    (call $assert (i32.eq (global.get $count) (i32.const 99)))
    (call $assert (i32.eq (i32.load $own (i32.const 196604)) (i32.const 9)))
    (call $assert (i32.eq (table.size $grown) (i32.const 9002))))

  (func (export "_start") (local $number i32)
    (call $assert (i32.eq (i32.atomic.load $shared (i32.const 0)) (i32.const 1)))
    (call $check-fresh)
    (call $change)
    (i32.store8 $shared (i32.const 1024) (i32.const 0))
    (loop $next
      (call $assert (i32.eq (i32.atomic.load $shared (i32.const 8)) (local.get $number)))
      (call $assert (call $is-number (call $spawn (local.get $number))))
      (loop $wait
        (drop (memory.atomic.wait32 $shared (i32.const 8) (local.get $number) (i64.const -1)))
        (br_if $wait (i32.eq (i32.atomic.load $shared (i32.const 8)) (local.get $number))))
      (call $check-changed)
      ;; The thread wrote the segment again.
      (call $assert (i32.eq (i32.load8_u $shared (i32.const 1024)) (i32.const 0x69)))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $number) (i32.const 50))))
    (call $assert (i32.eq (i32.atomic.load $shared (i32.const 0)) (i32.const 51))))

  ;; Whether it is one that a thread may have.
  (func $is-number (param i32) (result i32)
    (i32.and (i32.gt_s (local.get 0) (i32.const 0)) (i32.lt_s (local.get 0) (i32.const 0x20000000))))

  (func (export "wasi_thread_start") (param $thread i32) (param $number i32)
    (call $assert (call $is-number (local.get $thread)))
    (call $check-fresh)
    (call $change)
    (call $check-changed)
    (call $assert (i32.eq (local.get $number) (i32.atomic.rmw.add $shared (i32.const 8) (i32.const 1))))
    (drop (memory.atomic.notify $shared (i32.const 8) (i32.const 1)))))
