//! The heap for objects: address space reserved at start, and allocation.

use abi::heap::{HEAP_FIXED, Heap, MAX_HEAP_BYTES, NULL_GUARD, NURSERY_END, OBJECT_ALIGNMENT};
use abi::layout::{FIXED_MEMORY_BASE, Program};

use crate::message::Message;
use crate::start::fail;
use crate::sys::{self, ReserveError};

/// The result of an allocation that there is no room for.
const OUT_OF_MEMORY: u32 = 0;

/// Bytes of the old space that become accessible at a time, at least.
const GROWTH: u64 = 1 << 20;

/// [`abi::symbols::HEAP_START`]: reserves the heap, or ends the process with a message that names the remedy.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_heap_start(program: &'static Program) {
    // SAFETY: the compiler emits the heap with this function's address; nobody else uses it before instantiation.
    unsafe { set_up(&mut *program.heap) }
}

/// # Safety
/// The compiler emitted `heap`, and nobody uses it yet.
unsafe fn set_up(heap: &mut Heap) {
    heap.max_bytes = heap.max_bytes.min(MAX_HEAP_BYTES);
    let Some(len) = sys::page_aligned((NURSERY_END + heap.max_bytes) as usize) else { out_of_space(heap) };
    let reserved = if heap.flags & HEAP_FIXED != 0 {
        sys::reserve_at(FIXED_MEMORY_BASE as usize, len)
    } else {
        sys::reserve(len).ok_or(ReserveError::TooMuch)
    };
    match reserved {
        Ok(base) => heap.base = base,
        Err(ReserveError::TooMuch) => out_of_space(heap),
        Err(ReserveError::Taken) => {
            let mut message = Message::new();
            message.text(b"wasm2exe: the place of the heap, ").hex(FIXED_MEMORY_BASE);
            fail(message.text(b", is taken; build the executable with --memory-base any"))
        }
    }
    heap.top = NULL_GUARD;
    heap.limit = NURSERY_END.min(NULL_GUARD + heap.max_bytes) & !(OBJECT_ALIGNMENT - 1);
    heap.state.old_top = NURSERY_END;
    heap.state.old_end = NURSERY_END;
    // SAFETY: the reservation is new and larger than the nursery; both ends are multiples of the page size, which is 64 KiB at most.
    if !unsafe { sys::make_accessible(heap.base.add(NULL_GUARD as usize), (NURSERY_END - NULL_GUARD) as usize) } {
        out_of_space(heap)
    }
}

fn out_of_space(heap: &Heap) -> ! {
    let mut message = Message::new();
    message.text(b"wasm2exe: the system refuses to reserve a heap of ").decimal(heap.max_bytes, 0);
    fail(message.text(b" bytes; raise the limit (ulimit -v) or build the executable with a smaller --max-heap"))
}

/// [`abi::symbols::builtin::HEAP_ALLOCATE`].
///
/// # Safety
/// `heap` has been set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_allocate(heap: *mut Heap, size: u64) -> u32 {
    // SAFETY: the caller's promise; nobody else accesses the structure during the call.
    let heap = unsafe { &mut *heap };
    if let Some(top) = heap.top.checked_add(size).filter(|top| *top <= heap.limit) {
        let object = heap.top;
        heap.top = top;
        return object as u32;
    }
    let object = heap.state.old_top;
    let room = NURSERY_END + heap.max_bytes - object;
    if size > room {
        return OUT_OF_MEMORY;
    }
    let top = object + size;
    if top > heap.state.old_end {
        let end = top.next_multiple_of(GROWTH).min((NURSERY_END + heap.max_bytes).next_multiple_of(NULL_GUARD));
        let (start, len) = (heap.state.old_end as usize, (end - heap.state.old_end) as usize);
        // SAFETY: the range lies within the reservation.
        if !unsafe { sys::make_accessible(heap.base.add(start), len) } {
            return OUT_OF_MEMORY;
        }
        heap.state.old_end = end;
    }
    heap.state.old_top = top;
    object as u32
}

/// [`abi::symbols::builtin::HEAP_REMEMBER`].
///
/// # Safety
/// `heap` has been set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_remember(_heap: *mut Heap, _object: u32, _slot: u32) {}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::heap::HeapState;
    use core::ptr::{null, null_mut};

    fn heap(max_bytes: u64) -> Heap {
        let state = HeapState {
            old_top: 0,
            old_end: 0,
            old_threshold: 0,
            stack: null_mut(),
            stack_len: 0,
            stack_capacity: 0,
            marks: null_mut(),
            moves: null_mut(),
        };
        let mut heap = Heap {
            base: null_mut(),
            top: 0,
            limit: 0,
            max_bytes,
            flags: 0,
            types: null(),
            type_count: 0,
            reference_offsets: null(),
            state,
        };
        // SAFETY: the heap is new.
        unsafe { set_up(&mut heap) };
        heap
    }

    #[test]
    fn objects_do_not_overlap() {
        let mut heap = heap(8 << 20);
        let mut end = NULL_GUARD;
        for size in [8, 16, 4096, 3 << 20, 24, 1 << 20] {
            // SAFETY: the heap is set up, and the object's memory is new.
            let object = unsafe { w2e_heap_allocate(&mut heap, size) };
            assert!(u64::from(object) >= end || u64::from(object) < NURSERY_END, "{size}");
            end = end.max(u64::from(object) + size);
            // SAFETY: as above.
            unsafe { heap.base.add(object as usize).write_bytes(1, size as usize) };
        }
    }

    #[test]
    fn exhaustion() {
        let mut heap = heap(2 << 20);
        for size in [3 << 20, 1 << 32, 1 << 40] {
            // SAFETY: the heap is set up.
            assert_eq!(unsafe { w2e_heap_allocate(&mut heap, size) }, OUT_OF_MEMORY);
        }
        // SAFETY: the heap is set up.
        assert_ne!(unsafe { w2e_heap_allocate(&mut heap, 2 << 20) }, OUT_OF_MEMORY);
    }
}
