//! Panics of the compiler are findings, not the end.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// The last panic's message with its place. Not by thread: it may come from one of the compiler's pool.
static LAST: Mutex<String> = Mutex::new(String::new());

fn last() -> MutexGuard<'static, String> {
    LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Number of [`catch`] in progress.
static CATCHING: AtomicUsize = AtomicUsize::new(0);

/// From now on messages of panics are kept rather than printed while some work is in [`catch`].
pub fn keep_messages() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| match CATCHING.load(Ordering::Relaxed) {
        0 => print(info),
        _ => *last() = info.to_string(),
    }));
}

/// Runs `work`, and gives the message when it panics.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // What `work` leaves half done is not looked at again.
    CATCHING.fetch_add(1, Ordering::Relaxed);
    let caught = panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| last().clone());
    CATCHING.fetch_sub(1, Ordering::Relaxed);
    caught
}
