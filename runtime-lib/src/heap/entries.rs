//! A growing list of offsets in the heap: the remembered set between collections, a stack of objects to visit during one.

use abi::heap::HeapState;

use crate::sys;

/// Entries of the first mapping.
const FIRST_CAPACITY: u64 = 16 << 10;

/// Appends an entry. Returns false when there is no memory for it.
///
/// # Safety
/// `state` is a heap's.
#[inline]
pub unsafe fn push(state: &mut HeapState, entry: u32) -> bool {
    // SAFETY: the caller's promise; there is room for one more.
    unsafe {
        if state.entry_count == state.entry_capacity && !grow(state) {
            return false;
        }
        state.entries.add(state.entry_count as usize).write(entry);
    }
    state.entry_count += 1;
    true
}

/// Takes the last entry away.
///
/// # Safety
/// `state` is a heap's.
#[inline]
pub unsafe fn pop(state: &mut HeapState) -> Option<u32> {
    state.entry_count = state.entry_count.checked_sub(1)?;
    // SAFETY: the entry was written when the count went past it.
    Some(unsafe { state.entries.add(state.entry_count as usize).read() })
}

/// # Safety
/// `state` is a heap's.
#[cold]
unsafe fn grow(state: &mut HeapState) -> bool {
    let bytes = |entries: u64| entries as usize * size_of::<u32>();
    let capacity = (state.entry_capacity * 2).max(FIRST_CAPACITY);
    #[cfg(test)]
    if capacity > tests::LIMIT.get() {
        return false;
    }
    let entries = if state.entry_capacity == 0 {
        sys::allocate(bytes(capacity), true)
    } else {
        // SAFETY: the entries are a mapping of this file's, reached through the state alone.
        unsafe { sys::resize(state.entries.cast(), bytes(state.entry_capacity), bytes(capacity)) }
    };
    let Some(entries) = entries else { return false };
    state.entries = entries.cast();
    state.entry_capacity = capacity;
    true
}

/// Gives memory back when the list has been long. It is empty.
///
/// # Safety
/// `state` is a heap's.
pub unsafe fn shrink(state: &mut HeapState) {
    if state.entry_capacity > FIRST_CAPACITY {
        // SAFETY: the caller's promise.
        unsafe { release(state) };
    }
}

/// Gives all memory back. The list is empty, or nobody needs what is in it.
///
/// # Safety
/// `state` is a heap's.
pub unsafe fn release(state: &mut HeapState) {
    state.entry_count = 0;
    if state.entry_capacity > 0 {
        let len = state.entry_capacity as usize * size_of::<u32>();
        // SAFETY: the entries are a mapping of this file's, and nobody needs them.
        unsafe { sys::release(state.entries.cast(), len) };
        state.entries = core::ptr::null_mut();
        state.entry_capacity = 0;
    }
}

#[cfg(test)]
pub mod tests {
    use std::cell::Cell;

    std::thread_local! {
        /// No list of this thread gets more room than this.
        pub static LIMIT: Cell<u64> = const { Cell::new(u64::MAX) };
    }
}
