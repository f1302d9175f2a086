//! Linear memories: reserved whole at start, so that growing only gives access and never moves; or, for code that checks
//! its accesses, as small as they are.

use core::sync::atomic::{AtomicU64, Ordering};

use abi::layout::{FIXED_MEMORY_BASE, Image, MEMORY_CHECKED, MEMORY_FIXED, MEMORY_MOVES, Memory};

use crate::lock::Lock;
use crate::message::Message;
use crate::start::fail;
use crate::sys::{self, ReserveError};
use crate::{limits, program, thread};

/// The result of a `memory.grow` that failed.
const FAILED: u64 = u64::MAX;

/// Why the system does not give what a memory needs.
pub enum Refusal {
    /// Its address space.
    Reservation(ReserveError),
    /// Its initial size.
    Pages,
}

/// Maps a memory and fills in its initial contents, or ends the process with a message that names the remedy.
///
/// # Safety
/// The compiler emitted `memory`, and nobody uses it yet.
pub unsafe fn set_up(memory: *mut Memory) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Err(refusal) = try_set_up(memory) {
            complain(&*memory, refusal);
        }
    }
}

/// The same, or leaves the memory without anything mapped.
///
/// # Safety
/// As for [`set_up`].
pub unsafe fn try_set_up(memory: *mut Memory) -> Result<(), Refusal> {
    // SAFETY: the caller's promise.
    let memory = unsafe { &mut *memory };
    if !limits::take_memory(memory.min_byte_length) {
        return Err(Refusal::Pages);
    }
    // SAFETY: as above.
    memory.base = match unsafe { map(memory) } {
        Ok(base) => base,
        Err(refusal) => {
            limits::give_memory_back(memory.min_byte_length);
            return Err(refusal);
        }
    };
    memory.byte_length = memory.min_byte_length;
    for image in program::images(memory) {
        // SAFETY: the memory has just been mapped, and images lie within its initial size.
        unsafe { place_image(memory, image) };
    }
    Ok(())
}

/// Gives back what a memory has mapped, if anything.
///
/// # Safety
/// Nobody uses the memory any more.
#[cfg(feature = "threads")]
pub unsafe fn release(memory: *mut Memory) {
    // SAFETY: the caller's promise; this is what `map` and `extend` mapped.
    unsafe {
        let moves = (*memory).flags & MEMORY_MOVES != 0;
        let len = if moves { movable_len((*memory).byte_length) } else { Some((*memory).reservation as usize) };
        if let (false, Some(len)) = ((*memory).base.is_null(), len) {
            limits::give_memory_back((*memory).byte_length);
            sys::release((*memory).base, len);
        }
    }
}

#[cold]
fn complain(memory: &Memory, refusal: Refusal) -> ! {
    let mut message = Message::new();
    fail(match refusal {
        Refusal::Reservation(ReserveError::Taken) => message
            .text(b"wasm2exe: the place of the memory, ")
            .hex(FIXED_MEMORY_BASE)
            .text(b", is taken; build the executable with --memory-base any"),
        Refusal::Reservation(ReserveError::TooMuch) => message
            .text(b"wasm2exe: the system refuses to reserve ")
            .decimal(memory.reservation, 0)
            .text(b" bytes of address space; raise the limit (ulimit -v)")
            .text(b" or build the executable with --memory checked"),
        Refusal::Pages => message
            .text(b"wasm2exe: the system refuses the ")
            .decimal(memory.min_byte_length, 0)
            .text(b" bytes of memory that the module starts with; raise the limit (ulimit -v, cgroup)"),
    })
}

/// # Safety
/// The memory is not mapped yet.
unsafe fn map(memory: &mut Memory) -> Result<*mut u8, Refusal> {
    if memory.flags & MEMORY_MOVES != 0 {
        let len = movable_len(memory.min_byte_length);
        return len.and_then(|len| sys::allocate(len, true)).ok_or(Refusal::Pages);
    }
    let accessible = sys::page_aligned(memory.min_byte_length as usize).ok_or(Refusal::Pages)?;
    let base = reserve(memory, accessible)?;
    let fits = accessible as u64 <= memory.reservation;
    // SAFETY: the reservation is new.
    let is_accessible = fits && (accessible == 0 || unsafe { sys::make_accessible(base, accessible) });
    if is_accessible {
        return Ok(base);
    }
    // SAFETY: this is the reservation, and nobody knows of it yet.
    unsafe { sys::release(base, memory.reservation as usize) };
    Err(Refusal::Pages)
}

/// Reserves what the memory asks for; where less will do, as much as there is, but no less than `least`.
fn reserve(memory: &mut Memory, least: usize) -> Result<*mut u8, Refusal> {
    loop {
        let len = memory.reservation as usize;
        let reserved = if memory.flags & MEMORY_FIXED != 0 {
            sys::reserve_at(FIXED_MEMORY_BASE as usize, len)
        } else {
            sys::reserve(len).ok_or(ReserveError::TooMuch)
        };
        match reserved {
            Ok(base) => return Ok(base),
            // Memories of one thread move instead.
            Err(_) if thread::POSSIBLE && memory.flags & MEMORY_CHECKED != 0 && len > least => {
                memory.reservation = (len / 2).max(least) as u64 & !(sys::page_size() as u64 - 1);
            }
            Err(_) if thread::POSSIBLE && memory.flags & MEMORY_CHECKED != 0 => return Err(Refusal::Pages),
            Err(error) => return Err(Refusal::Reservation(error)),
        }
    }
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
    // SAFETY: the caller's promise; nobody else changes the structure during the call.
    unsafe {
        let old_len = (*memory).byte_length;
        let page_size_log2 = (*memory).page_size_log2;
        let room = (*memory).max_byte_length.saturating_sub(old_len) >> page_size_log2;
        if delta_pages > room {
            return FAILED;
        }
        let new_len = old_len + (delta_pages << page_size_log2);
        if !limits::take_memory(new_len - old_len) {
            return FAILED;
        }
        let Some(base) = extend(&*memory, new_len) else {
            limits::give_memory_back(new_len - old_len);
            return FAILED;
        };
        if base != (*memory).base {
            (*memory).base = base;
        }
        // Whoever sees the new length may access what it covers.
        length(memory).store(new_len, Ordering::Release);
        old_len >> page_size_log2
    }
}

/// [`abi::symbols::builtin::SHARED_MEMORY_GROW`].
///
/// # Safety
/// `memory` has been set up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_shared_memory_grow(memory: *mut Memory, delta_pages: u64) -> u64 {
    static GROWTH: Lock<()> = Lock::new(());
    // SAFETY: the caller's promise; shared memories are changed under the lock alone.
    GROWTH.with(|()| unsafe { w2e_memory_grow(memory, delta_pages) })
}

/// The current length of a memory, which another thread may be changing.
///
/// # Safety
/// `memory` is a memory, which lasts as long as what is returned.
pub unsafe fn length<'a>(memory: *const Memory) -> &'a AtomicU64 {
    // SAFETY: the caller's promise; the field is aligned, and written to as an atomic wherever others may read it.
    unsafe { AtomicU64::from_ptr((&raw const (*memory).byte_length).cast_mut()) }
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
    use abi::layout::{GUARDED_RESERVATION, MEMORY_SHARED};

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
    fn a_checked_memory_takes_what_it_gets() {
        // More than there are addresses.
        let mut memory = memory(1, 1 << 33, MEMORY_CHECKED, 1 << 48);
        assert!(memory.reservation < 1 << 47 && memory.reservation > 1 << 32, "{:#x}", memory.reservation);
        assert_eq!(grow(&mut memory, 65_536), 1);
        assert_eq!(grow(&mut memory, 1 << 32), FAILED);
        // SAFETY: the memory has 65,537 pages.
        unsafe { memory.base.add(1 << 32).write(1) };
    }

    #[test]
    fn threads_grow_a_shared_memory_one_after_the_other() {
        const THREADS: u64 = 4;
        const ROUNDS: u64 = 500;
        let mut memory = memory(0, 65_536, MEMORY_SHARED, GUARDED_RESERVATION);
        let shared = (&raw mut memory).expose_provenance();
        let mut found: Vec<u64> = std::thread::scope(|scope| {
            let grow = || {
                let memory: *mut Memory = core::ptr::with_exposed_provenance_mut(shared);
                let grow = |_| {
                    // SAFETY: the memory has been set up, and outlives the threads; each writes to the page that it added.
                    unsafe {
                        let page = w2e_shared_memory_grow(memory, 1);
                        (*memory).base.add((page * PAGE) as usize).write(1);
                        assert!(length(memory).load(Ordering::Acquire) > page * PAGE);
                        page
                    }
                };
                (0..ROUNDS).map(grow).collect::<Vec<_>>()
            };
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(grow)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        found.sort_unstable();
        assert!(found.into_iter().eq(0..THREADS * ROUNDS));
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
