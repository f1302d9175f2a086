//! Threads in programs of several modules.

use crate::workbench::{Workbench, outcome};

/// Counts in a global and a memory of its own, and in the shared memory.
const COUNTER: &str = r#"(module
  (import "env" "memory" (memory $shared 1 4 shared))
  (memory $own 1)
  (global $calls (export "calls") (mut i32) (i32.const 0))
  (func (export "count") (result i32)
    (drop (i32.atomic.rmw.add $shared (i32.const 0) (i32.const 1)))
    (i32.store $own (i32.const 0) (i32.add (i32.load $own (i32.const 0)) (i32.const 1)))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.load $own (i32.const 0))))"#;

/// Each of four threads counts to ten by itself; the exit status is what all of them counted.
const MAIN: &str = r#"(module
  (import "env" "memory" (memory 1 4 shared))
  (import "counter" "count" (func $count (result i32)))
  (import "counter" "calls" (global $calls (mut i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func $ten (local $i i32)
    (loop $next
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (if (i32.ne (call $count) (local.get $i)) (then (unreachable)))
      (if (i32.ne (global.get $calls) (local.get $i)) (then (unreachable)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 10)))))
  (func (export "_start") (local $i i32)
    (loop $next
      (if (i32.le_s (call $spawn (local.get $i)) (i32.const 0)) (then (unreachable)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
    (call $ten)
    (loop $wait
      (local.set $i (i32.atomic.load (i32.const 8)))
      (if (i32.lt_u (local.get $i) (i32.const 4))
        (then (drop (memory.atomic.wait32 (i32.const 8) (local.get $i) (i64.const -1))) (br $wait))))
    (call $exit (i32.atomic.load (i32.const 0))))
  (func (export "wasi_thread_start") (param i32 i32)
    (call $ten)
    (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 8) (i32.const -1)))))"#;

#[test]
fn every_thread_has_an_instance_of_every_module() {
    let bench = Workbench::new();
    bench.write("counter.wat", COUNTER);
    bench.write("main.wat", MAIN);
    for options in [&[][..], &["--memory", "checked"], &["--memory-base", "any"], &["-O0"]] {
        let arguments = [options, &["--module", "counter=counter.wat", "main.wat"]].concat();
        let program = bench.build("program", &arguments);
        assert_eq!(outcome(&mut bench.command(&program, [""; 0])).status, 50, "{options:?}");
    }
}

#[test]
fn a_program_without_threads_links_nothing_for_them() {
    let bench = Workbench::with_hello();
    let program = std::fs::read(bench.build("program", &["-g", "hello.wat"])).expect("the executable is readable");
    for name in ["spawn", "thread_pointer", "wait_while_equal", "futex"] {
        assert!(!program.windows(name.len()).any(|bytes| bytes == name.as_bytes()), "{name}");
    }
    bench.write("main.wat", MAIN);
    bench.write("counter.wat", COUNTER);
    let arguments = ["-g", "--module", "counter=counter.wat", "main.wat"];
    let program = std::fs::read(bench.build("program", &arguments)).expect("the executable is readable");
    assert!(program.windows(5).any(|bytes| bytes == b"spawn"));
}
