//! The address space of the heap: the nursery, the old space as far as it is accessible, and behind both the map of the old space.

use abi::heap::{HEAP_FIXED, Heap, MAX_HEAP_BYTES, NULL_GUARD, NURSERY_END, NURSERY_SIZE, OBJECT_ALIGNMENT};
use abi::layout::FIXED_MEMORY_BASE;

use super::marks::{BLOCK, Block};
use crate::message::Message;
use crate::start::fail;
use crate::sys::{self, ReserveError};

/// Bytes of the old space that become accessible at a time, at least.
const GROWTH: u64 = 1 << 20;

/// Or this part of what is accessible.
const GROWTH_PART: u64 = 8;

/// Reserves a heap.
///
/// # Safety
/// The compiler emitted `heap`, and nobody uses it yet.
pub unsafe fn reserve(heap: &mut Heap) -> Result<(), ReserveError> {
    heap.max_bytes = heap.max_bytes.min(MAX_HEAP_BYTES) & !(OBJECT_ALIGNMENT - 1);
    let len = reservation(heap);
    heap.base = if heap.flags & HEAP_FIXED != 0 {
        sys::reserve_at(FIXED_MEMORY_BASE as usize, len)?
    } else {
        sys::reserve(len).ok_or(ReserveError::TooMuch)?
    };
    heap.state.old_top = NURSERY_END;
    heap.state.old_end = NURSERY_END;
    // SAFETY: the reservation is new and reaches past the nursery; the ends of that are multiples of any page size.
    if unsafe { sys::make_accessible(heap.base.add(NULL_GUARD as usize), NURSERY_SIZE as usize) } {
        return Ok(());
    }
    // SAFETY: nobody knows of the reservation.
    unsafe { sys::release(heap.base, len) };
    Err(ReserveError::TooMuch)
}

/// Ends the process with a message that names the remedy.
pub fn refused(heap: &Heap, error: ReserveError) -> ! {
    let mut message = Message::new();
    fail(match error {
        ReserveError::Taken => message
            .text(b"wasm2exe: the place of the heap, ")
            .hex(FIXED_MEMORY_BASE)
            .text(b", is taken; build the executable with --memory-base any"),
        ReserveError::TooMuch => message
            .text(b"wasm2exe: the system refuses a heap of ")
            .decimal(heap.max_bytes, 0)
            .text(b" bytes; raise the limit (ulimit -v) or build the executable with a smaller --max-heap"),
    })
}

/// Bytes of address space of a heap: that of objects, and the map.
fn reservation(heap: &Heap) -> usize {
    (map_start(heap) + map_len(max_end(heap))) as usize
}

/// Gives a heap back.
///
/// # Safety
/// `heap` has been set up, and nobody uses it any more.
#[cfg(feature = "threads")]
pub unsafe fn release(heap: &Heap) {
    // SAFETY: the caller's promise.
    unsafe { sys::release(heap.base, reservation(heap)) };
}

/// Offset that no object may reach past.
pub fn max_end(heap: &Heap) -> u64 {
    NURSERY_END + heap.max_bytes
}

/// An offset or a length, rounded up to whole pages.
fn pages(offset: u64) -> u64 {
    offset.next_multiple_of(sys::page_size() as u64)
}

/// Offset of the map.
fn map_start(heap: &Heap) -> u64 {
    pages(max_end(heap))
}

/// Bytes of the map of an old space that ends at `end`, in whole pages.
fn map_len(end: u64) -> u64 {
    pages((end - NURSERY_END).div_ceil(BLOCK) * size_of::<Block>() as u64)
}

/// The map, which is accessible for the accessible part of the old space.
pub fn map(heap: &Heap) -> *mut Block {
    heap.base.wrapping_add(map_start(heap) as usize).cast()
}

/// Makes the old space and its map accessible up to `end`, as far as the limit and the system allow; returns up to where the old space is.
///
/// # Safety
/// `heap` has been set up.
pub unsafe fn extend(heap: &mut Heap, end: u64) -> u64 {
    let accessible = heap.state.old_end;
    let end = end.min(max_end(heap));
    if end > accessible {
        let generous = accessible + GROWTH.max((accessible - NURSERY_END) / GROWTH_PART);
        for end in [end.max(generous), end] {
            let end = pages(end.min(max_end(heap)));
            // SAFETY: the ranges lie within the reservation, which is whole pages; what is accessible already stays so.
            let done = unsafe {
                sys::make_accessible(map(heap).cast(), map_len(end) as usize)
                    && sys::make_accessible(heap.base.add(accessible as usize), (end - accessible) as usize)
            };
            if done {
                heap.state.old_end = end;
                break;
            }
        }
    }
    heap.state.old_end.min(max_end(heap))
}

/// Makes the map of the old space up to `used` zero, and gives memory back, of that and of the map, from `start` on. It stays accessible.
///
/// # Safety
/// Nobody uses the map, and no object is behind `start`.
pub unsafe fn clear(heap: &Heap, start: u64, used: u64) {
    let map: *mut u8 = map(heap).cast();
    let (start, used) = (pages(start), pages(used));
    let (kept, len) = (map_len(start.min(used)) as usize, map_len(used) as usize);
    // SAFETY: the caller's promise; all of it is accessible.
    unsafe {
        map.write_bytes(0, kept);
        sys::discard(map.add(kept), len - kept);
        if start < used {
            sys::discard(heap.base.add(start as usize), (used - start) as usize);
        }
    }
}
