;;! peer: it starts no threads

;; Threads make the shared memory grow at the same time, each by a page at a time, and use their pages at once.
(module
  (import "env" "memory" (memory 1 2001 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func $assert (param i32) (if (i32.eqz (local.get 0)) (then (unreachable))))
  (func $grow (local $page i32)
    (loop $next
      (local.set $page (memory.grow (i32.const 1)))
      (if (i32.eq (local.get $page) (i32.const -1)) (then (return)))
      (call $assert (i32.gt_u (memory.size) (local.get $page)))
      ;; Nobody else has got this page: its first and last words are 0 until they are set here.
      (call $assert (i32.eqz
        (i32.atomic.rmw.xchg (i32.shl (local.get $page) (i32.const 16)) (local.get $page))))
      (call $assert (i32.eqz
        (i32.atomic.rmw.xchg offset=65532 (i32.shl (local.get $page) (i32.const 16)) (local.get $page))))
      (memory.fill (i32.add (i32.shl (local.get $page) (i32.const 16)) (i32.const 8)) (i32.const 1) (i32.const 65000))
      (br $next)))
  (func (export "_start") (local $i i32)
    (loop $next
      (call $assert (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (call $grow)
    (loop $wait
      (local.set $i (i32.atomic.load (i32.const 8)))
      (drop (memory.atomic.wait32 (i32.const 8) (i32.const 3) (i64.const 1000000)))
      (br_if $wait (i32.lt_u (local.get $i) (i32.const 4))))
    (call $assert (i32.eq (memory.size) (i32.const 2001)))
    (local.set $i (i32.const 1))
    (loop $check
      (call $assert (i32.eq (i32.load (i32.shl (local.get $i) (i32.const 16))) (local.get $i)))
      (br_if $check (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2001)))))
  (func (export "wasi_thread_start") (param i32 i32)
    (call $grow)
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 8) (i32.const -1)))))
