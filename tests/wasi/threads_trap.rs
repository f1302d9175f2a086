//! A trap in a thread ends the process with that thread's backtrace, once, although others trap at the same time.
//!
//! threads: yes
//! run: "$EXE" 2>err; status=$?
//! run: test "$(grep -c 'wasm trap: unreachable' err)" = 1 || exit 1
//! run: grep -q '::fails' err && grep -q 'wasi_thread_start' err || exit 2
//! run: exit $status
//! status: 134

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

#[inline(never)]
fn fails(barrier: &Barrier) {
    barrier.wait();
    core::arch::wasm32::unreachable()
}

fn main() {
    let barrier = Arc::new(Barrier::new(4));
    for _ in 0..4 {
        let barrier = barrier.clone();
        thread::spawn(move || fails(&barrier));
    }
    thread::sleep(Duration::from_secs(1000));
}
