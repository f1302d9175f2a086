//! Mutual exclusion of threads. Where there is one only, nothing is locked.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::{sys, thread};

const FREE: u32 = 0;
const TAKEN: u32 = 1;
/// Taken, and others may be asleep until it is free.
const WANTED: u32 = 2;

/// A value that one thread at a time works on.
pub struct Lock<T> {
    state: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: `with` gives the value to one thread at a time.
unsafe impl<T> Sync for Lock<T> {}

impl<T> Lock<T> {
    /// A free lock around `value`.
    pub const fn new(value: T) -> Lock<T> {
        Lock { state: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Calls `action` with the value, alone. `action` must not come back for the same lock.
    pub fn with<R>(&self, action: impl FnOnce(&mut T) -> R) -> R {
        if thread::POSSIBLE {
            take(&self.state);
        }
        // SAFETY: the lock is taken until `action` has returned.
        let result = action(unsafe { &mut *self.value.get() });
        if thread::POSSIBLE {
            release(&self.state);
        }
        result
    }
}

fn take(state: &AtomicU32) {
    if state.compare_exchange(FREE, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_err() {
        take_wanted(state);
    }
}

#[cold]
fn take_wanted(state: &AtomicU32) {
    while state.swap(WANTED, Ordering::Acquire) != FREE {
        sys::wait_while_equal(state, WANTED, None);
    }
}

fn release(state: &AtomicU32) {
    if state.swap(FREE, Ordering::Release) == WANTED {
        sys::wake_one(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_at_a_time() {
        const THREADS: u64 = 4;
        const ROUNDS: u64 = 20_000;
        static COUNT: Lock<u64> = Lock::new(0);
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..ROUNDS).for_each(|_| COUNT.with(|count| *count += 1)));
            }
        });
        assert_eq!(COUNT.with(|count| *count), THREADS * ROUNDS);
    }
}
