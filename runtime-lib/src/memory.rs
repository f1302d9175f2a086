//! Linear memories: reserved whole at start, so that growing only gives access and never moves; or, for code that checks
//! its accesses, as small as they are.

use abi::layout::{FIXED_MEMORY_BASE, Image, MEMORY_FIXED, MEMORY_MOVES, Memory};

use crate::message::Message;
use crate::program;
use crate::start::fail;
use crate::sys::{self, ReserveError};

/// The result of a `memory.grow` that failed.
const FAILED: u64 = u64::MAX;

/// Maps a memory and fills in its initial contents, or ends the process with a message that names the remedy.
///
/// # Safety
/// The compiler emitted `memory`, and nobody uses it yet.
pub unsafe fn set_up(memory: *mut Memory) {
    // SAFETY: the caller's promise.
    let memory = unsafe { &mut *memory };
    // SAFETY: as above.
    let Some(base) = (unsafe { map(memory) }) else {
        let mut message = Message::new();
        message.text(b"wasm2exe: the system refuses the ").decimal(memory.min_byte_length, 0);
        fail(message.text(b" bytes of memory that the module starts with; raise the limit (ulimit -v, cgroup)"));
    };
    memory.base = base;
    memory.byte_length = memory.min_byte_length;
    for image in program::images(memory) {
        // SAFETY: the memory has just been mapped, and images lie within its initial size.
        unsafe { place_image(memory, image) };
    }
}

/// # Safety
/// The memory is not mapped yet.
unsafe fn map(memory: &Memory) -> Option<*mut u8> {
    if memory.flags & MEMORY_MOVES != 0 {
        return sys::allocate(movable_len(memory.min_byte_length)?, true);
    }
    let accessible = sys::page_aligned(memory.min_byte_length as usize)?;
    let base = reserve(memory);
    let fits = accessible as u64 <= memory.reservation;
    // SAFETY: the reservation is new.
    (fits && (accessible == 0 || unsafe { sys::make_accessible(base, accessible) })).then_some(base)
}

fn reserve(memory: &Memory) -> *mut u8 {
    let len = memory.reservation as usize;
    let reserved = if memory.flags & MEMORY_FIXED != 0 {
        sys::reserve_at(FIXED_MEMORY_BASE as usize, len)
    } else {
        sys::reserve(len).ok_or(ReserveError::TooMuch)
    };
    reserved.unwrap_or_else(|error| {
        let mut message = Message::new();
        fail(match error {
            ReserveError::Taken => message
                .text(b"wasm2exe: the place of the memory, ")
                .hex(FIXED_MEMORY_BASE)
                .text(b", is taken; build the executable with --memory-base any"),
            ReserveError::TooMuch => message
                .text(b"wasm2exe: the system refuses to reserve ")
                .decimal(memory.reservation, 0)
                .text(b" bytes of address space; raise the limit (ulimit -v)")
                .text(b" or build the executable with --memory checked"),
        })
    })
}

/// Length of the mapping of a memory that may move: at least a page, so that there is something to enlarge.
fn movable_len(len: u64) -> Option<usize> {
    sys::page_aligned(len.max(1) as usize)
}

/// # Safety
/// The memory is mapped, nobody uses it yet, and the image lies within its initial size.
unsafe fn place_image(memory: &Memory, image: &Image) {
    let page_mask = sys::page_size() as u64 - 1;
    let aligned = (image.source as u64 | image.offset | image.len) & page_mask == 0;
    // A mapping can only grow while it is a single one, so a memory that may move keeps its own pages.
    let mappable = image.mappable != 0 && aligned && memory.flags & MEMORY_MOVES == 0;
    // What reaches past the initial size is zero.
    let len = image.len.min(memory.min_byte_length.saturating_sub(image.offset)) as usize;
    // SAFETY: source and target are `len` bytes that nobody else uses, of whole pages where pages move.
    unsafe {
        let target = memory.base.add(image.offset as usize);
        if !(mappable && sys::move_into_place(image.source.cast_mut(), image.len as usize, target)) {
            core::ptr::copy_nonoverlapping(image.source, target, len);
        }
    }
}

/// [`abi::symbols::builtin::MEMORY_GROW`].
///
/// # Safety
/// `memory` has been set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    // SAFETY: the caller's promise; nobody else accesses the structure during the call.
    let memory = unsafe { &mut *memory };
    let old_pages = memory.byte_length >> memory.page_size_log2;
    let room = memory.max_byte_length.saturating_sub(memory.byte_length) >> memory.page_size_log2;
    if delta_pages > room {
        return FAILED;
    }
    let new_len = memory.byte_length + (delta_pages << memory.page_size_log2);
    // SAFETY: the memory has been set up, and the new length is within its maximum.
    match unsafe { extend(memory, new_len) } {
        Some(base) => {
            memory.base = base;
            memory.byte_length = new_len;
            old_pages
        }
        None => FAILED,
    }
}

/// Makes the memory accessible up to `new_len` and returns where it then is; `None` if that cannot be done.
///
/// # Safety
/// The memory has been set up, and `new_len` is not below its length.
unsafe fn extend(memory: &Memory, new_len: u64) -> Option<*mut u8> {
    if memory.flags & MEMORY_MOVES != 0 {
        let (old, new) = (movable_len(memory.byte_length)?, movable_len(new_len)?);
        // SAFETY: this is the mapping `set_up` made, and moving memories are reached through their base alone.
        return if old == new { Some(memory.base) } else { unsafe { sys::resize(memory.base, old, new) } };
    }
    let (old, new) = (sys::page_aligned(memory.byte_length as usize)?, sys::page_aligned(new_len as usize)?);
    // SAFETY: the range checked to lie within the reservation.
    let done = new as u64 <= memory.reservation
        && (old == new || unsafe { sys::make_accessible(memory.base.add(old), new - old) });
    done.then_some(memory.base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::layout::GUARDED_RESERVATION;

    const PAGE: u64 = 1 << 16;

    fn memory(pages: u64, max_pages: u64, flags: u32, reservation: u64) -> Memory {
        let mut memory = Memory {
            base: core::ptr::null_mut(),
            byte_length: 0,
            min_byte_length: pages * PAGE,
            max_byte_length: max_pages * PAGE,
            page_size_log2: 16,
            flags,
            reservation,
            images: core::ptr::null(),
            image_count: 0,
        };
        // SAFETY: the memory is new.
        unsafe { set_up(&mut memory) };
        memory
    }

    fn grow(memory: &mut Memory, delta: u64) -> u64 {
        // SAFETY: `memory` came from the function above.
        unsafe { w2e_memory_grow(memory, delta) }
    }

    fn check_growth(mut memory: Memory) {
        // SAFETY: all accesses are below the length of the memory.
        unsafe {
            assert_eq!(grow(&mut memory, 0), 0);
            assert_eq!(grow(&mut memory, 2), 0);
            memory.base.add(2 * PAGE as usize - 1).write(7);
            assert_eq!(grow(&mut memory, 1), 2);
            assert_eq!(memory.base.add(2 * PAGE as usize - 1).read(), 7);
            assert_eq!(memory.base.add(3 * PAGE as usize - 1).read(), 0);
            for delta in [65_536 - 2, u64::from(u32::MAX), 1 << 48, u64::MAX] {
                assert_eq!(grow(&mut memory, delta), FAILED);
                assert_eq!(memory.byte_length, 3 * PAGE);
            }
            assert_eq!(grow(&mut memory, 65_536 - 3), 3);
            memory.base.add((1 << 32) - 1).write(9);
            assert_eq!(grow(&mut memory, 1), FAILED);
            assert_eq!(grow(&mut memory, 0), 65_536);
        }
    }

    #[test]
    fn guarded_memory_grows_in_place() {
        check_growth(memory(0, 65_536, 0, GUARDED_RESERVATION));
    }

    #[test]
    fn moving_memory_grows() {
        check_growth(memory(0, 65_536, MEMORY_MOVES, 0));
    }

    #[test]
    fn growth_stays_within_the_reservation() {
        let mut memory = memory(1, 65_536, 0, 4 * PAGE);
        assert_eq!(grow(&mut memory, 4), FAILED);
        assert_eq!(grow(&mut memory, 3), 1);
    }

    #[test]
    fn pages_of_a_byte() {
        let mut memory = memory(0, 1, MEMORY_MOVES, 0);
        memory.page_size_log2 = 0;
        assert_eq!(grow(&mut memory, 5), 0);
        assert_eq!(grow(&mut memory, 4091), 5);
        assert_eq!(grow(&mut memory, 1), 4096);
        // SAFETY: 4097 bytes are accessible.
        unsafe { memory.base.add(4096).write(1) };
        assert_eq!(grow(&mut memory, PAGE), FAILED);
    }

    #[test]
    fn images_are_moved_or_copied() {
        for (flags, mappable) in [(0, 1), (0, 0), (MEMORY_MOVES, 1)] {
            let source = sys::allocate(8192, false).unwrap();
            // SAFETY: the source has two pages and the memory one of 65,536 bytes.
            unsafe {
                source.write(1);
                source.add(4096).write(2);
                let image = Image { source, offset: 4096, len: 8192, mappable };
                let mut memory = memory(0, 2, flags, 4 * PAGE);
                memory.min_byte_length = PAGE;
                memory.images = &image;
                memory.image_count = 1;
                set_up(&mut memory);
                let read = |at| memory.base.add(at).read();
                assert_eq!([read(4095), read(4096), read(8191), read(8192), read(12288)], [0, 1, 0, 2, 0]);
                assert_eq!(grow(&mut memory, 1), 1);
                assert_eq!(memory.base.add(4096).read(), 1);
            }
        }
    }
}
