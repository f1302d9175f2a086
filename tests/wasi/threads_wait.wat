;;! peer: it starts no threads

;; Threads that wait are woken in the order in which they came, as many as asked for, whether they wait for 32 or 64 bits; timeouts end
;; waiting; a value that is no longer there is not waited for. Messages passed by atomics arrive whole.
(module
  (import "env" "memory" (memory 1 2 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (func $assert (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))

  ;; Addresses: 0 is waited at; 8 counts those that are about to wait, 12 those that were woken; 16 and 24 are a message.
  (func $until (param $address i32) (param $value i32)
    (loop $again
      (if (i32.ne (i32.atomic.load (local.get $address)) (local.get $value))
        (then (drop (call $yield)) (br $again)))))

  ;; Notifies until `count` have been woken by it.
  (func $wake (param $count i32) (local $woken i32)
    (loop $again
      (local.set $woken (i32.add (local.get $woken)
        (memory.atomic.notify (i32.const 0) (i32.sub (local.get $count) (local.get $woken)))))
      (if (i32.ne (local.get $woken) (local.get $count)) (then (drop (call $yield)) (br $again)))))

  (func (export "_start") (local $i i32)
    ;; Nobody is there yet.
    (call $assert (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const -1))))
    (call $assert (i32.eq (memory.atomic.wait32 (i32.const 0) (i32.const 1) (i64.const -1)) (i32.const 1)))
    (call $assert (i32.eq (memory.atomic.wait64 (i32.const 0) (i64.const 0x100000000) (i64.const -1)) (i32.const 1)))
    (call $assert (i32.eq (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000000)) (i32.const 2)))
    (call $assert (i32.eq (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 0)) (i32.const 2)))
    (loop $next
      (call $assert (i32.gt_s (call $spawn (i32.and (local.get $i) (i32.const 1))) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
    (call $until (i32.const 8) (i32.const 6))
    (call $assert (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const 0))))
    (call $assert (i32.eqz (memory.atomic.notify (i32.const 4) (i32.const -1))))
    (call $wake (i32.const 1))
    (call $until (i32.const 12) (i32.const 1))
    (call $wake (i32.const 3))
    (call $until (i32.const 12) (i32.const 4))
    (call $wake (i32.const 2))
    (call $until (i32.const 12) (i32.const 6))
    (call $assert (i32.eqz (memory.atomic.notify (i32.const 0) (i32.const -1))))
    (call $messages))

  ;; Both halves of a message are written before the flag is, with ordinary stores.
  (func $messages (local $i i32)
    (drop (call $spawn (i32.const 2)))
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (call $until (i32.const 32) (i32.const 0))
      (i32.store (i32.const 16) (local.get $i))
      (i32.store (i32.const 24) (local.get $i))
      (i32.atomic.store (i32.const 32) (i32.const 1))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 2000))))
    (call $until (i32.const 32) (i32.const 0)))

  (func $receive (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (call $until (i32.const 32) (i32.const 1))
      (call $assert (i32.eq (i32.load (i32.const 16)) (local.get $i)))
      (call $assert (i32.eq (i32.load (i32.const 24)) (local.get $i)))
      (i32.atomic.store (i32.const 32) (i32.const 0))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 2000)))))

  (func (export "wasi_thread_start") (param $number i32) (param $kind i32)
    (if (i32.eq (local.get $kind) (i32.const 2)) (then (call $receive) (return)))
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
    (call $assert (i32.eqz
      (if (result i32) (local.get $kind)
        (then (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 60000000000)))
        (else (memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const -1))))))
    (drop (i32.atomic.rmw.add (i32.const 12) (i32.const 1)))))
