//! Tables that can change: allocated at start, moved when they outgrow their room.

use abi::layout::Table;

use crate::limits;
use crate::message::Message;
use crate::start::fail;
use crate::sys;

/// The result of a `table.grow` that failed.
const FAILED: u64 = u64::MAX;

/// A table does not grow past this many elements (one gibibyte), whatever its type allows.
const GROWTH_LIMIT: u64 = 1 << 27;

const ELEMENT: usize = size_of::<u64>();

/// Allocates the elements of a table that has none, or ends the process with a message.
///
/// # Safety
/// The compiler emitted `table`, and nobody uses it yet.
pub unsafe fn set_up(table: *mut Table) {
    // SAFETY: the caller's promise.
    unsafe {
        if !try_set_up(table) {
            let mut message = Message::new();
            message.text(b"wasm2exe: the system refuses the memory for a table of ").decimal((*table).capacity, 0);
            fail(message.text(b" elements; raise the limit (ulimit -v, cgroup)"));
        }
    }
}

/// The same; returns whether the system gives the memory.
///
/// # Safety
/// As for [`set_up`].
pub unsafe fn try_set_up(table: *mut Table) -> bool {
    // SAFETY: the caller's promise.
    let table = unsafe { &mut *table };
    if !table.elements.is_null() || table.capacity == 0 {
        return true;
    }
    let Some((elements, mapped)) = map(table.capacity) else { return false };
    table.elements = elements;
    table.mapped = mapped;
    true
}

/// Gives back what a table has mapped, if anything.
///
/// # Safety
/// Nobody uses the table any more.
#[cfg(feature = "threads")]
pub unsafe fn release(table: *mut Table) {
    // SAFETY: the caller's promise; this is the mapping of the elements.
    unsafe {
        if (*table).mapped != 0 {
            sys::release((*table).elements.cast(), (*table).mapped as usize);
        }
    }
}

/// Maps room for elements that are null. Large ones may be sparse, so they count only as far as they are used.
fn map(capacity: u64) -> Option<(*mut u64, u64)> {
    let len = mapping_len(capacity)?;
    Some((sys::allocate(len, true)?.cast(), len as u64))
}

fn mapping_len(capacity: u64) -> Option<usize> {
    (capacity as usize).checked_mul(ELEMENT).and_then(sys::page_aligned)
}

/// [`abi::symbols::builtin::TABLE_GROW`].
///
/// # Safety
/// `table` has been set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_table_grow(table: *mut Table, delta: u64, init: u64) -> u64 {
    // SAFETY: the caller's promise; nobody else accesses the structure during the call.
    let table = unsafe { &mut *table };
    let old_len = table.len;
    if delta == 0 {
        return old_len;
    }
    let Some(new_len) = old_len.checked_add(delta).filter(|len| *len <= table.max.min(GROWTH_LIMIT)) else {
        return FAILED;
    };
    if !limits::allows_table(new_len) {
        return FAILED;
    }
    // SAFETY: as above, and there is room for the new length once the table has been enlarged.
    unsafe {
        if new_len > table.capacity && !enlarge(table, new_len) {
            return FAILED;
        }
        // Room that was never used is null.
        if init != 0 {
            w2e_table_fill(table.elements.add(old_len as usize), init, delta);
        }
    }
    table.len = new_len;
    old_len
}

/// Makes room for `len` elements, and for the next ones. Returns whether the system could; if not, nothing changed.
///
/// # Safety
/// As for [`w2e_table_grow`].
unsafe fn enlarge(table: &mut Table, len: u64) -> bool {
    let capacity = len.max(table.capacity.saturating_mul(2)).min(table.max);
    let Some(new_mapped) = mapping_len(capacity) else {
        return false;
    };
    let elements = if table.mapped != 0 {
        // SAFETY: the elements are a mapping of this file's, and generated code reaches them through the table alone.
        unsafe { sys::resize(table.elements.cast(), table.mapped as usize, new_mapped) }
    } else {
        sys::allocate(new_mapped, true)
    };
    let Some(elements) = elements.map(<*mut u8>::cast::<u64>) else {
        return false;
    };
    if table.mapped == 0 {
        // SAFETY: both have room for the current elements, and the new mapping overlaps nothing.
        unsafe { core::ptr::copy_nonoverlapping(table.elements, elements, table.len as usize) };
    }
    table.elements = elements;
    table.mapped = new_mapped as u64;
    table.capacity = new_mapped as u64 / ELEMENT as u64;
    true
}

/// [`abi::symbols::builtin::TABLE_FILL`].
///
/// # Safety
/// `len` elements at `elements` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_table_fill(elements: *mut u64, value: u64, len: u64) {
    for index in 0..len as usize {
        // SAFETY: the caller's promise.
        unsafe { elements.add(index).write(value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grow(table: &mut Table, delta: u64, init: u64) -> u64 {
        // SAFETY: the tests set the tables up.
        unsafe { w2e_table_grow(table, delta, init) }
    }

    fn elements(table: &Table) -> &[u64] {
        // SAFETY: a table has `len` elements.
        unsafe { core::slice::from_raw_parts(table.elements, table.len as usize) }
    }

    fn empty(len: u64, max: u64) -> Table {
        let mut table = Table { elements: core::ptr::null_mut(), len, capacity: len, max, mapped: 0, flags: 0 };
        // SAFETY: the table is new.
        unsafe { set_up(&mut table) };
        table
    }

    #[test]
    fn allocated_table_grows() {
        let mut table = empty(3, 100_000);
        assert_eq!(elements(&table), [0, 0, 0]);
        assert_eq!(grow(&mut table, 2, 9), 3);
        assert_eq!(elements(&table), [0, 0, 0, 9, 9]);
        assert_eq!(grow(&mut table, 90_000, 0), 5);
        assert_eq!(elements(&table)[4..7], [9, 0, 0]);
        assert_eq!(grow(&mut table, 9_996, 1), FAILED);
        assert_eq!(grow(&mut table, u64::MAX, 1), FAILED);
        assert_eq!(table.len, 90_005);
        assert_eq!(grow(&mut table, 9_995, 1), 90_005);
        assert_eq!(grow(&mut table, 0, 1), 100_000);
        assert_eq!(elements(&table)[99_999], 1);
    }

    #[test]
    fn static_storage_is_left_behind() {
        let mut storage = [1u64, 2, 0];
        let mut table = Table { elements: storage.as_mut_ptr(), len: 2, capacity: 3, max: 10, mapped: 0, flags: 0 };
        // SAFETY: the table is new.
        unsafe { set_up(&mut table) };
        assert_eq!(grow(&mut table, 1, 3), 2);
        assert_eq!(table.elements, storage.as_mut_ptr());
        assert_eq!(grow(&mut table, 1, 4), 3);
        assert_ne!(table.elements, storage.as_mut_ptr());
        assert_eq!(elements(&table), [1, 2, 3, 4]);
    }

    #[test]
    fn empty_table_grows() {
        let mut table = empty(0, u64::MAX);
        assert_eq!(grow(&mut table, GROWTH_LIMIT + 1, 0), FAILED);
        assert_eq!(grow(&mut table, 1, 5), 0);
        assert_eq!(elements(&table), [5]);
    }
}
