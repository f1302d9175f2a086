//! Waiting for a number in memory to change.

use core::sync::atomic::AtomicU32;

use linux_raw_sys::general::{__NR_futex, FUTEX_PRIVATE_FLAG, FUTEX_WAIT, FUTEX_WAKE};
use rustix::time::Timespec;

use super::arch::system_call;

/// Sleeps while `number` is `expected`, at most `nanoseconds` if there are any. May return early: whoever calls looks again.
pub fn wait_while_equal(number: &AtomicU32, expected: u32, nanoseconds: Option<u64>) {
    const SECOND: u64 = 1_000_000_000;
    let time = |time: u64| Timespec { tv_sec: (time / SECOND) as i64, tv_nsec: (time % SECOND) as i64 };
    let timeout = nanoseconds.map(time);
    let timeout = timeout.as_ref().map_or(core::ptr::null(), core::ptr::from_ref);
    let operation = (FUTEX_WAIT | FUTEX_PRIVATE_FLAG) as usize;
    // SAFETY: the kernel reads the number and the time, which outlive the call.
    unsafe { system_call(__NR_futex, [number.as_ptr() as usize, operation, expected as usize, timeout as usize]) };
}

/// Wakes one thread that sleeps at this address. Nothing is accessed there, so it need not exist any more.
pub fn wake_one(number: *const AtomicU32) {
    let operation = (FUTEX_WAKE | FUTEX_PRIVATE_FLAG) as usize;
    // SAFETY: the kernel looks for sleepers at the address and reads nothing.
    unsafe { system_call(__NR_futex, [number as usize, operation, 1, 0]) };
}
