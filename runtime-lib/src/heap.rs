//! The heap for objects, and its collector: precise and generational. New objects are in the nursery. When that is full, those
//! that are reachable move to the old space ([`copy`]); when the old space has grown enough, it is compacted ([`compact`]).

mod compact;
mod copy;
mod entries;
mod marks;
mod objects;
mod roots;
mod space;

use abi::heap::{HEADER_REMEMBERED, HEAP_STRESS, Heap, NULL_GUARD, NURSERY_END, NURSERY_SIZE, OBJECT_ALIGNMENT};
use abi::layout::Program;

use crate::frames::Frame;
use crate::program;
use crate::sys::{self, ReserveError};
use objects::Objects;
use roots::{ProgramRoots, Roots};
use space::{extend, max_end};

/// The result of an allocation that there is no room for.
const OUT_OF_MEMORY: u32 = 0;

/// Objects from this size on are made in the old space, as copying them would cost too much.
const LARGE: u64 = NURSERY_SIZE / 8;

/// The old space grows by this much at least before it is collected.
const MIN_OLD_GROWTH: u64 = 8 << 20;

/// Of the room that a collection of the old space leaves under the limit, this much may be used before the next one: as it runs out,
/// collections come more often, but each time there is some.
const SHARE_OF_ROOM: (u64, u64) = (3, 4);

/// There is no memory left when less than this part of the live bytes, or than a page, is free after a collection of all.
const LEAST_FREE: u64 = 128;

/// Arrays of at least this many bytes of references are not looked through as a whole when one element changes.
const LONG_ARRAY: u64 = 1024;

/// When there are this many remembered, elements of long arrays are not remembered one by one.
const MAX_REMEMBERED_ELEMENTS: u64 = 32 << 10;

/// [`abi::symbols::HEAP_START`]: reserves the heap, or ends the process with a message that names the remedy.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_heap_start(program: &'static Program) {
    // SAFETY: the compiler emits the heap with this function's address; nobody else uses it before instantiation.
    let heap = unsafe { &mut *program::heap(program) };
    // SAFETY: as above.
    if let Err(error) = unsafe { set_up(heap) } {
        space::refused(heap, error)
    }
}

/// # Safety
/// The compiler emitted `heap`, and nobody uses it yet.
unsafe fn set_up(heap: &mut Heap) -> Result<(), ReserveError> {
    // SAFETY: the caller's promise.
    unsafe { space::reserve(heap)? };
    set_threshold(heap, 0);
    open_nursery(heap);
    close_nursery_in_stress(heap);
    Ok(())
}

/// [`abi::symbols::HEAP_START_IN_THREAD`].
///
/// # Safety
/// `heap` is that of an instance that nobody uses yet.
#[cfg(feature = "threads")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_start_in_thread(heap: *mut Heap) -> bool {
    // SAFETY: the caller's promise.
    unsafe { set_up(&mut *heap) }.is_ok()
}

/// [`abi::symbols::HEAP_RELEASE`].
///
/// # Safety
/// `heap` has been set up, and nobody uses its instance any more.
#[cfg(feature = "threads")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_release(heap: *mut Heap) {
    // SAFETY: the caller's promise.
    unsafe {
        entries::release(&mut (*heap).state);
        space::release(&*heap);
    }
}

/// What the entry point of [`abi::symbols::builtin::HEAP_ALLOCATE`] continues with: it adds where generated code called.
///
/// # Safety
/// `heap` has been set up. Generated code made the call that returns to `return_address`, with `frame_pointer`.
pub unsafe extern "C" fn allocate(heap: *mut Heap, size: u64, return_address: usize, frame_pointer: usize) -> u32 {
    let roots = ProgramRoots::new(program::program(), Frame { return_address, frame_pointer });
    // SAFETY: the caller's promise; nobody else accesses the structure during the call.
    unsafe { allocate_with(&mut *heap, size, &roots) }
}

/// # Safety
/// `heap` has been set up, and `roots` are all references outside.
unsafe fn allocate_with(heap: &mut Heap, size: u64, roots: &dyn Roots) -> u32 {
    let Some(size) = size.checked_next_multiple_of(OBJECT_ALIGNMENT).filter(|size| *size <= heap.max_bytes) else {
        return OUT_OF_MEMORY;
    };
    let is_large = size >= LARGE;
    let may_wait = heap.flags & HEAP_STRESS == 0 && heap.state.old_top + size <= heap.state.old_threshold;
    // SAFETY: the caller's promise.
    unsafe {
        if is_large
            && may_wait
            && let Some(object) = allocate_old(heap, size)
        {
            return object;
        }
        let has_room = collect(heap, size, roots);
        let object = match has_room {
            true if is_large => allocate_old(heap, size),
            true => allocate_young(heap, size).or_else(|| allocate_old(heap, size)),
            false => None,
        };
        close_nursery_in_stress(heap);
        object.unwrap_or(OUT_OF_MEMORY)
    }
}

/// Under [`HEAP_STRESS`], makes generated code call for every object.
fn close_nursery_in_stress(heap: &mut Heap) {
    if heap.flags & HEAP_STRESS != 0 {
        heap.limit = heap.top;
    }
}

fn allocate_young(heap: &mut Heap, size: u64) -> Option<u32> {
    let object = heap.top;
    let top = heap.top.checked_add(size).filter(|top| *top <= heap.limit)?;
    heap.top = top;
    Some(object as u32)
}

/// Makes an object in the old space, whose initialising stores will not be reported. What is in the nursery must still find room there.
///
/// # Safety
/// `heap` has been set up.
unsafe fn allocate_old(heap: &mut Heap, size: u64) -> Option<u32> {
    let object = heap.state.old_top;
    let young = heap.limit - NULL_GUARD;
    let is_empty = heap.top == NULL_GUARD;
    let end = object + size + if is_empty { 0 } else { young };
    // SAFETY: the caller's promise.
    unsafe {
        if end > max_end(heap) || extend(heap, end) < end {
            return None;
        }
        heap.state.old_top = object + size;
        if is_empty {
            open_nursery(heap);
        }
        if !entries::push(&mut heap.state, object as u32) {
            heap.state.remembers_all = 1;
        }
    }
    Some(object as u32)
}

/// Opens the empty nursery, as far as there is room for its objects in the old space.
fn open_nursery(heap: &mut Heap) {
    let old_top = heap.state.old_top;
    // SAFETY: the heap has been set up.
    let room = unsafe { extend(heap, (old_top + NURSERY_SIZE).min(max_end(heap))) } - old_top;
    heap.top = NULL_GUARD;
    heap.limit = NULL_GUARD + room.min(NURSERY_SIZE) / OBJECT_ALIGNMENT * OBJECT_ALIGNMENT;
}

/// Sets when the old space is to be collected next, after a collection before which it took `used` bytes.
fn set_threshold(heap: &mut Heap, used: u64) {
    let old_top = heap.state.old_top;
    let live = old_top - NURSERY_END;
    // What was needed before may be needed again: memory that is there is used, less of it each time.
    let growth = live.max(MIN_OLD_GROWTH).max((used / 4 * 3).saturating_sub(live));
    let (part, whole) = SHARE_OF_ROOM;
    let share = (max_end(heap) - old_top) / whole * part;
    heap.state.old_threshold = old_top + growth.min(share);
}

/// Makes room: empties the nursery, and compacts the old space when it is time, or when there is no room for `size` bytes. Returns false
/// when there is too little afterwards.
///
/// # Safety
/// The heap is consistent, and `roots` are all references outside.
unsafe fn collect(heap: &mut Heap, size: u64, roots: &dyn Roots) -> bool {
    let in_stress = heap.flags & HEAP_STRESS != 0;
    // SAFETY: the caller's promise; the nursery is never opened further than the old space has room.
    let has_room = unsafe {
        copy::empty_nursery(heap, roots);
        if in_stress {
            move_all(heap, roots);
        }
        let is_time = in_stress || heap.state.old_top + size > heap.state.old_threshold;
        if is_time || !has_room(heap, size) {
            compact_old(heap, roots);
        }
        has_room(heap, size)
    };
    open_nursery(heap);
    has_room
}

/// Whether there is room for `size` bytes, and so much that it is worth going on.
///
/// # Safety
/// `heap` has been set up.
unsafe fn has_room(heap: &mut Heap, size: u64) -> bool {
    let least = ((heap.state.old_top - NURSERY_END) / LEAST_FREE).max(sys::page_size() as u64);
    let end = heap.state.old_top + size.max(least);
    // SAFETY: the caller's promise.
    unsafe { extend(heap, end) >= end }
}

/// Compacts the old space, and gives back memory that will not be used soon. The nursery is empty.
///
/// # Safety
/// As for [`collect`].
unsafe fn compact_old(heap: &mut Heap, roots: &dyn Roots) {
    let used = heap.state.old_top;
    // SAFETY: the caller's promise; there are no objects any more behind the old space's new end.
    unsafe {
        compact::compact(heap, roots);
        set_threshold(heap, used - NURSERY_END);
        let start = heap.state.old_top;
        if heap.flags & HEAP_STRESS != 0 {
            Objects::of(heap).at(start).write_bytes(POISON, (used - start) as usize);
        }
        space::clear(heap, start.max(heap.state.old_threshold), used);
    }
}

/// In place of objects that are gone, under [`HEAP_STRESS`].
const POISON: u8 = 0xdd;

/// For [`HEAP_STRESS`]: moves all objects, as far as there is room for two of each, and spoils where they were.
///
/// # Safety
/// As for [`collect`]; the nursery is empty.
unsafe fn move_all(heap: &mut Heap, roots: &dyn Roots) {
    let (start, old_top) = (NURSERY_END, heap.state.old_top);
    let end = old_top + (old_top - start);
    // SAFETY: the caller's promise; nothing refers to the originals afterwards.
    unsafe {
        let objects = Objects::of(heap);
        objects.at(NULL_GUARD).write_bytes(POISON, NURSERY_SIZE as usize);
        if end <= max_end(heap) && extend(heap, end) >= end {
            copy::copy_old(heap, roots);
            objects.at(start).write_bytes(POISON, (old_top - start) as usize);
        }
    }
}

/// [`abi::symbols::builtin::HEAP_REMEMBER`].
///
/// # Safety
/// `heap` has been set up, and `object` is in its old space.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_remember(heap: *mut Heap, object: u32, slot: u32) {
    // SAFETY: the caller's promise; nobody else accesses the structure during the call.
    unsafe {
        let heap = &mut *heap;
        let objects = Objects::of(heap);
        let header = objects.header(object);
        if *header & HEADER_REMEMBERED != 0 {
            return;
        }
        let entry = if slot != 0
            && heap.state.entry_count < MAX_REMEMBERED_ELEMENTS
            && objects.object(object, *header).has_reference_bytes(LONG_ARRAY)
        {
            slot | copy::SLOT
        } else {
            *header |= HEADER_REMEMBERED;
            object
        };
        if !entries::push(&mut heap.state, entry) {
            heap.state.remembers_all = 1;
        }
    }
}

#[cfg(test)]
mod tests;
