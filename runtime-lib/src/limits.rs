//! Limits that the executable was compiled with, `--max-memory` and `--max-table`: what goes past them fails, or ends the process.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::layout::{LIMIT_MEMORY_FAILS, LIMIT_TABLE_FAILS, Limits};

use crate::message::Message;
use crate::{process, program};

/// Exit status when memories would become larger than `--max-memory`.
const MEMORY_STATUS: i32 = 123;
/// Exit status when a table would become larger than `--max-table`.
const TABLE_STATUS: i32 = 122;

/// Bytes of all memories there are, if they are limited.
static MEMORY: AtomicU64 = AtomicU64::new(0);

/// The limits of the program, if it has any.
fn limits() -> Option<&'static Limits> {
    // SAFETY: the compiler emits null or a pointer to a structure that nobody writes to.
    unsafe { program::program().limits.as_ref() }
}

/// Whether memories may have so many bytes more, which then count; may end the process instead.
pub fn take_memory(bytes: u64) -> bool {
    let Some(limits) = limits() else { return true };
    // SAFETY: the compiler emits the address of `abi::symbols::TAKE_MEMORY`, which is of this type.
    let take: extern "C" fn(&'static Limits, u64) -> bool = unsafe { core::mem::transmute(limits.take_memory) };
    take(limits, bytes)
}

/// [`abi::symbols::TAKE_MEMORY`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_take_memory(limits: &'static Limits, bytes: u64) -> bool {
    let result = take(&MEMORY, limits.max_memory, bytes);
    if let Err(sum) = result
        && limits.flags & LIMIT_MEMORY_FAILS == 0
    {
        let mut message = Message::new();
        message.text(b"error: memory limit exceeded: ").decimal(sum, 0).text(b" bytes are more than the ");
        message.decimal(limits.max_memory, 0).text(b" of --max-memory\n").send();
        process::end(MEMORY_STATUS)
    }
    result.is_ok()
}

/// Adds to what is taken unless the sum, which is the error, is beyond the limit.
fn take(taken: &AtomicU64, limit: u64, bytes: u64) -> Result<(), u64> {
    let more = |taken: u64| taken.checked_add(bytes).filter(|sum| *sum <= limit);
    let result = taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    result.map(|_| ()).map_err(|taken| taken.saturating_add(bytes))
}

/// Memories have so many bytes less again.
pub fn give_memory_back(bytes: u64) {
    if limits().is_some() {
        MEMORY.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// Whether a table may have so many elements; may end the process instead.
pub fn allows_table(len: u64) -> bool {
    let Some(limits) = limits().filter(|limits| len > limits.max_table) else { return true };
    if limits.flags & LIMIT_TABLE_FAILS == 0 {
        let mut message = Message::new();
        message.text(b"error: table limit exceeded: ").decimal(len, 0);
        message.text(b" elements are more than the ").decimal(limits.max_table, 0).text(b" of --max-table\n").send();
        process::end(TABLE_STATUS)
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_taken_up_to_the_limit() {
        let taken = AtomicU64::new(0);
        let results = [60, 41, 40, 0, 1, u64::MAX].map(|bytes| take(&taken, 100, bytes));
        assert_eq!(results, [Ok(()), Err(101), Ok(()), Ok(()), Err(101), Err(u64::MAX)]);
        assert_eq!(taken.load(Ordering::Relaxed), 100);
    }
}
