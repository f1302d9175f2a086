//! `memory.atomic.wait32`, `memory.atomic.wait64` and `memory.atomic.notify`.
//!
//! Those that wait stand in queues of the runtime's own, chosen by address. The system's queues would not do: they compare 32
//! bits, where `wait64` compares 64, and could miss a notification in between.

use core::ptr::null;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::time::{ClockId, Timespec, clock_gettime};

use crate::lock::Lock;
use crate::sys;

/// Results of waiting.
const OK: u32 = 0;
const NOT_EQUAL: u32 = 1;
const TIMED_OUT: u32 = 2;

/// A thread that waits. It lies on that thread's stack.
struct Waiter {
    next: *const Waiter,
    /// Where it waits.
    address: usize,
    /// Not 0: it was taken out of its queue, and may go on.
    notified: AtomicU32,
}

/// Those that wait at any address that leads to this queue, first come first.
struct Queue {
    first: *const Waiter,
}

// SAFETY: waiters are valid as long as they stand in a queue, whatever thread looks at it.
unsafe impl Send for Queue {}

const QUEUES_LOG2: u32 = 6;

static QUEUES: [Lock<Queue>; 1 << QUEUES_LOG2] = [const { Lock::new(Queue { first: null() }) }; 1 << QUEUES_LOG2];

fn queue(address: usize) -> &'static Lock<Queue> {
    // Fibonacci hashing: neighbours go to different queues.
    let hash = (address as u64 >> 2).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    &QUEUES[(hash >> (u64::BITS - QUEUES_LOG2)) as usize]
}

impl Queue {
    /// The place of the pointer to the first waiter that `is_wanted`, or of the null at the end.
    ///
    /// # Safety
    /// All waiters of the queue exist, and nobody else changes it.
    unsafe fn find(&mut self, is_wanted: impl Fn(*const Waiter, &Waiter) -> bool) -> *mut *const Waiter {
        let mut place: *mut *const Waiter = &mut self.first;
        // SAFETY: the caller's promise.
        unsafe {
            while !(*place).is_null() && !is_wanted(*place, &**place) {
                place = (&raw const (**place).next).cast_mut();
            }
        }
        place
    }

    /// Takes up to `count` of those that wait at `address` out of the queue, as a queue of their own.
    ///
    /// # Safety
    /// As for [`Queue::find`].
    unsafe fn take(&mut self, address: usize, count: u32) -> (Queue, u32) {
        let mut taken = Queue { first: null() };
        let mut end: *mut *const Waiter = &mut taken.first;
        let mut number = 0;
        while number < count {
            // SAFETY: the caller's promise; a waiter that was taken is not touched by its thread until it is notified.
            unsafe {
                let place = self.find(|_, waiter| waiter.address == address);
                let waiter = *place;
                if waiter.is_null() {
                    break;
                }
                *place = (*waiter).next;
                *end = waiter;
                end = (&raw const (*waiter).next).cast_mut();
                *end = null();
            }
            number += 1;
        }
        (taken, number)
    }
}

fn now() -> u64 {
    let Timespec { tv_sec, tv_nsec } = clock_gettime(ClockId::Monotonic);
    (tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(tv_nsec as u64)
}

/// Waits at `address` if the value there `is_expected`: for `timeout` nanoseconds, or without limit if that is negative.
fn wait(address: usize, timeout: i64, is_expected: impl FnOnce() -> bool) -> u32 {
    let due = u64::try_from(timeout).ok().map(|timeout| now().saturating_add(timeout));
    let waiter = Waiter { next: null(), address, notified: AtomicU32::new(0) };
    let this = &raw const waiter;
    // A thread that changes the value and then notifies takes the lock after this one, and finds the waiter, or before it, and
    // then the changed value is seen.
    let waits = queue(address).with(|queue| {
        let equal = is_expected();
        if equal {
            // SAFETY: the waiters of a queue are valid, and the lock is held.
            unsafe { *queue.find(|_, _| false) = this };
        }
        equal
    });
    if !waits {
        return NOT_EQUAL;
    }
    loop {
        let remaining = due.map(|due| due.saturating_sub(now()));
        if remaining != Some(0) {
            sys::wait_while_equal(&waiter.notified, 0, remaining);
        }
        if waiter.notified.load(Ordering::Acquire) != 0 {
            return OK;
        }
        if remaining == Some(0) {
            break;
        }
    }
    let is_in_queue = queue(address).with(|queue| {
        // SAFETY: as above.
        unsafe {
            let place = queue.find(|found, _| found == this);
            let found = !(*place).is_null();
            if found {
                *place = (**place).next;
            }
            found
        }
    });
    if is_in_queue {
        return TIMED_OUT;
    }
    // Whoever took it out is about to notify it, and uses it until then.
    while waiter.notified.load(Ordering::Acquire) == 0 {
        sys::wait_while_equal(&waiter.notified, 0, None);
    }
    OK
}

/// [`abi::symbols::builtin::ATOMIC_WAIT32`].
///
/// # Safety
/// `address` is that of an aligned value in a shared memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_atomic_wait32(address: *const AtomicU32, expected: u32, timeout: i64) -> u32 {
    // SAFETY: the caller's promise; shared memories never go away.
    wait(address as usize, timeout, || unsafe { (*address).load(Ordering::SeqCst) } == expected)
}

/// [`abi::symbols::builtin::ATOMIC_WAIT64`].
///
/// # Safety
/// As for [`w2e_atomic_wait32`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_atomic_wait64(address: *const AtomicU64, expected: u64, timeout: i64) -> u32 {
    // SAFETY: as for 32 bits.
    wait(address as usize, timeout, || unsafe { (*address).load(Ordering::SeqCst) } == expected)
}

/// [`abi::symbols::builtin::ATOMIC_NOTIFY`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_atomic_notify(address: usize, count: u32) -> u32 {
    // SAFETY: the waiters of a queue are valid, and the lock is held.
    let (taken, number) = queue(address).with(|queue| unsafe { queue.take(address, count) });
    let mut waiter = taken.first;
    while !waiter.is_null() {
        // SAFETY: a waiter that was taken out of its queue stays until it is notified; after that it is not touched.
        unsafe {
            let (next, notified) = ((*waiter).next, &raw const (*waiter).notified);
            (*notified).store(1, Ordering::Release);
            sys::wake_one(notified);
            waiter = next;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::{Duration, Instant};

    const SECOND: i64 = 1_000_000_000;

    fn wait32(number: &AtomicU32, expected: u32, timeout: i64) -> u32 {
        // SAFETY: the reference is to an aligned number.
        unsafe { w2e_atomic_wait32(number, expected, timeout) }
    }

    fn wait64(number: &AtomicU64, expected: u64, timeout: i64) -> u32 {
        // SAFETY: as above.
        unsafe { w2e_atomic_wait64(number, expected, timeout) }
    }

    fn notify<T>(place: &T, count: u32) -> u32 {
        w2e_atomic_notify(core::ptr::from_ref(place) as usize, count)
    }

    /// Notifies until as many have been woken altogether.
    fn wake<T>(place: &T, wanted: u32) {
        let mut woken = 0;
        while woken < wanted {
            woken += notify(place, wanted - woken);
            thread::yield_now();
        }
        assert_eq!(notify(place, u32::MAX), 0);
    }

    #[test]
    fn values_are_compared_whole() {
        let (small, large) = (AtomicU32::new(7), AtomicU64::new(1 << 32));
        assert_eq!(wait32(&small, 8, -1), NOT_EQUAL);
        assert_eq!(wait32(&small, 7, 0), TIMED_OUT);
        assert_eq!(wait64(&large, 0, -1), NOT_EQUAL);
        assert_eq!(wait64(&large, 1 << 32, 0), TIMED_OUT);
        assert_eq!(notify(&small, u32::MAX), 0);
    }

    #[test]
    fn a_timeout_ends_waiting() {
        let number = AtomicU32::new(0);
        let start = Instant::now();
        assert_eq!(wait32(&number, 0, SECOND / 20), TIMED_OUT);
        assert!(start.elapsed() >= Duration::from_millis(50));
        assert_eq!(notify(&number, u32::MAX), 0);
    }

    #[test]
    fn notifications_reach_those_at_the_address_alone() {
        let numbers = [const { AtomicU64::new(0) }; 4];
        thread::scope(|scope| {
            let first: Vec<_> = (0..3).map(|_| scope.spawn(|| wait64(&numbers[0], 0, i64::MAX))).collect();
            let second = scope.spawn(|| wait64(&numbers[1], 0, -1));
            wake(&numbers[0], 3);
            assert!(first.into_iter().all(|waiter| waiter.join().unwrap() == OK));
            assert!(!second.is_finished());
            wake(&numbers[1], 1);
            assert_eq!(second.join().unwrap(), OK);
        });
    }

    #[test]
    fn as_many_are_woken_as_asked_for() {
        let number = AtomicU32::new(0);
        thread::scope(|scope| {
            let waiters: Vec<_> = (0..4).map(|_| scope.spawn(|| wait32(&number, 0, -1))).collect();
            // All stand in the queue when they could be taken out at once.
            while queue(number.as_ptr() as usize).with(|queue| {
                let mut count = 0;
                let mut waiter = queue.first;
                // SAFETY: the lock is held.
                unsafe {
                    while !waiter.is_null() {
                        count += usize::from((*waiter).address == number.as_ptr() as usize);
                        waiter = (*waiter).next;
                    }
                }
                count
            }) < waiters.len()
            {
                thread::yield_now();
            }
            assert_eq!(notify(&number, 0), 0);
            assert_eq!(notify(&number, 1), 1);
            assert_eq!(notify(&number, 2), 2);
            assert_eq!(notify(&number, 2), 1);
            assert!(waiters.into_iter().all(|waiter| waiter.join().unwrap() == OK));
        });
    }

    /// Timeouts and notifications that meet: each waiter is counted by a notification or times out, never both.
    #[test]
    fn timeouts_race_with_notifications() {
        let number = AtomicU32::new(0);
        let done = AtomicU32::new(0);
        let (waited, notified) = thread::scope(|scope| {
            let waiters: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let ok = (0..2000).filter(|_| wait32(&number, 0, 1000) == OK).count();
                        done.fetch_add(1, Ordering::SeqCst);
                        ok
                    })
                })
                .collect();
            let mut notified = 0;
            while done.load(Ordering::SeqCst) < 3 {
                notified += notify(&number, 2) as usize;
            }
            notified += notify(&number, u32::MAX) as usize;
            (waiters.into_iter().map(|waiter| waiter.join().unwrap()).sum::<usize>(), notified)
        });
        assert_eq!(waited, notified);
    }
}
