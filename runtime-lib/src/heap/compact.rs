//! Collecting the old space by marking and sliding: reachable objects are marked in a bit map at the side, which then tells where each
//! moves to; one pass over the heap updates references and moves. All but the map is done in place, so live objects
//! may fill the heap.

use core::ptr::NonNull;

use abi::heap::{Heap, NURSERY_END, OBJECT_ALIGNMENT};

use super::entries;
use super::objects::{Area, Objects, SMALL, is_object};
use super::roots::Roots;
use crate::sys;

/// Bytes of heap that a word of the map stands for.
const BLOCK: u64 = u64::BITS as u64 * OBJECT_ALIGNMENT;

/// A bit for every 8 bytes of the old space, set where a live object is; for each word of bits, where the first live byte in
/// its block moves to.
struct Marks {
    words: NonNull<u64>,
    moves: NonNull<u32>,
    blocks: usize,
    /// What is below this offset is all live, so it stays where it is.
    dense_end: u32,
}

impl Marks {
    /// Maps room for the old space up to `end`.
    fn new(end: u64) -> Option<Marks> {
        let blocks = (end - NURSERY_END).div_ceil(BLOCK) as usize;
        let words = NonNull::new(sys::allocate(Marks::bytes(blocks), true)?.cast())?;
        // SAFETY: the mapping has room for the words and then the moves.
        let moves = unsafe { words.add(blocks) }.cast();
        Some(Marks { words, moves, blocks, dense_end: NURSERY_END as u32 })
    }

    fn bytes(blocks: usize) -> usize {
        (blocks * (size_of::<u64>() + size_of::<u32>())).max(1)
    }

    /// Unmaps it.
    fn release(self) {
        // SAFETY: the mapping was made by `new`, and no pointer to it is left.
        unsafe { sys::release(self.words.cast().as_ptr(), Marks::bytes(self.blocks)) };
    }

    /// The word and the bit that stand for an offset in the heap.
    ///
    /// # Safety
    /// `offset` is in the old space below the end.
    #[inline(always)]
    unsafe fn position(&self, offset: u64) -> (usize, u32) {
        let granule = (offset - NURSERY_END) / OBJECT_ALIGNMENT;
        ((granule / u64::from(u64::BITS)) as usize, (granule % u64::from(u64::BITS)) as u32)
    }

    /// Sets the first bit of the object at `offset`. Returns whether it was set before.
    ///
    /// # Safety
    /// As for [`Marks::position`].
    #[inline(always)]
    unsafe fn mark_start(&self, offset: u32) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let (word, bit) = self.position(offset.into());
            let bits = self.words.add(word).as_mut();
            let before = *bits;
            *bits = before | 1 << bit;
            before >> bit & 1 != 0
        }
    }

    /// Sets all bits of an object.
    ///
    /// # Safety
    /// The object lies in the old space below the end.
    #[inline(always)]
    unsafe fn mark(&self, offset: u32, size: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            let (word, bit) = self.position(offset.into());
            let mut left = size / OBJECT_ALIGNMENT;
            let first = u64::from(u64::BITS - bit).min(left);
            *self.words.add(word).as_mut() |= (u64::MAX >> (u64::from(u64::BITS) - first)) << bit;
            left -= first;
            let mut word = self.words.add(word + 1);
            while left >= u64::from(u64::BITS) {
                word.write(u64::MAX);
                word = word.add(1);
                left -= u64::from(u64::BITS);
            }
            if left != 0 {
                *word.as_mut() |= (1 << left) - 1;
            }
        }
    }

    /// Computes where everything moves; returns the new end of the old space.
    fn plan(&mut self) -> u64 {
        let mut free = NURSERY_END;
        for block in 0..self.blocks {
            // SAFETY: there are that many of both.
            unsafe {
                if free == NURSERY_END + block as u64 * BLOCK {
                    self.dense_end = free as u32;
                }
                self.moves.add(block).write(free as u32);
                free += u64::from(self.words.add(block).read().count_ones()) * OBJECT_ALIGNMENT;
            }
        }
        free
    }

    /// Where the live object at `offset` moves to.
    ///
    /// # Safety
    /// As for [`Marks::position`], after [`Marks::plan`].
    #[inline(always)]
    unsafe fn target(&self, offset: u32) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            let (word, bit) = self.position(offset.into());
            let before = self.words.add(word).read() & ((1 << bit) - 1);
            self.moves.add(word).read() + before.count_ones() * OBJECT_ALIGNMENT as u32
        }
    }

    /// The first live object at `offset` or behind it, which is a place between objects.
    ///
    /// # Safety
    /// As for [`Marks::position`], or `offset` is the end.
    #[inline(always)]
    unsafe fn next(&self, offset: u64) -> Option<u32> {
        // SAFETY: words are read while there are any.
        unsafe {
            let (mut word, bit) = self.position(offset);
            if word >= self.blocks {
                return None;
            }
            let mut bits = self.words.add(word).read() & u64::MAX << bit;
            while bits == 0 {
                word += 1;
                if word >= self.blocks {
                    return None;
                }
                bits = self.words.add(word).read();
            }
            Some((NURSERY_END + word as u64 * BLOCK) as u32 + bits.trailing_zeros() * OBJECT_ALIGNMENT as u32)
        }
    }
}

/// Moves all reachable objects of the old space to its beginning, in their order. The nursery is empty. Returns false, and does nothing, when
/// there is no memory for the bit map.
///
/// # Safety
/// The heap is consistent, and `roots` are all references outside.
pub unsafe fn compact(heap: &mut Heap, roots: &dyn Roots) -> bool {
    let Some(mut marks) = Marks::new(heap.state.old_top) else { return false };
    let objects = Objects::of(heap);
    // SAFETY: the caller's promise; only what is marked is moved, after every reference to it is known to be marked.
    unsafe {
        let mut marker =
            Marker { objects, old: Area::new(NURSERY_END, heap.state.old_top), marks: &marks, heap, skipped: None };
        marker.run(roots);
        let old_top = marks.plan();
        roots.visit(&mut |slot| update(&marks, slot));
        slide(objects, &marks);
        heap.state.old_top = old_top;
        entries::shrink(&mut heap.state);
    }
    marks.release();
    true
}

/// How many objects are on their way from memory to the processor before they are looked at: a power of two.
const AHEAD: usize = 16;

/// Finds what is reachable. An object that is found gets its first mark at once, without being looked at, and is noted; when it is
/// visited it gets the others, and its references are followed.
struct Marker<'a> {
    objects: Objects,
    old: Area,
    marks: &'a Marks,
    heap: &'a mut Heap,
    /// The lowest object that has its first mark, but is not visited as there was no memory to note it.
    skipped: Option<u32>,
}

impl Marker<'_> {
    /// # Safety
    /// As for [`compact`].
    unsafe fn run(&mut self, roots: &dyn Roots) {
        // SAFETY: the caller's promise.
        unsafe {
            roots.visit(&mut |slot| self.reach(slot));
            self.drain();
            while let Some(first) = self.skipped.take() {
                self.visit_all(first);
            }
        }
    }

    /// Finds what a reference stands for.
    ///
    /// # Safety
    /// `slot` is a reference.
    #[inline(always)]
    unsafe fn reach(&mut self, slot: *mut u32) {
        // SAFETY: references stand for objects, and all of these are old.
        unsafe {
            let reference = slot.read();
            if !is_object(reference) {
                return;
            }
            assert!(self.old.holds(reference), "a reference is outside the heap");
            if !self.marks.mark_start(reference) && !entries::push(&mut self.heap.state, reference) {
                self.skipped = Some(self.skipped.map_or(reference, |first| first.min(reference)));
            }
        }
    }

    /// Visits the objects that are noted, the last one soonest, and what they lead to.
    ///
    /// # Safety
    /// As for [`compact`].
    unsafe fn drain(&mut self) {
        // Objects that come next, in a ring.
        let mut ahead = [0; AHEAD];
        let (mut first, mut count) = (0, 0);
        // SAFETY: what is noted is an object.
        unsafe {
            loop {
                while count < AHEAD
                    && let Some(next) = entries::pop(&mut self.heap.state)
                {
                    sys::prefetch(self.objects.header(next).cast());
                    ahead[(first + count) % AHEAD] = next;
                    count += 1;
                }
                if count == 0 {
                    return;
                }
                self.visit(ahead[first % AHEAD]);
                first += 1;
                count -= 1;
            }
        }
    }

    /// Marks an object that has been found and follows its references; returns the offset behind it.
    ///
    /// # Safety
    /// An object is there.
    #[inline(always)]
    unsafe fn visit(&mut self, offset: u32) -> u64 {
        let objects = self.objects;
        // SAFETY: the caller's promise.
        unsafe {
            let object = objects.object(offset, objects.header(offset).read());
            self.marks.mark(offset, object.size());
            objects.references(object, |slot| self.reach(slot));
            u64::from(offset) + object.size()
        }
    }

    /// Visits all objects from `first` on that have been found.
    ///
    /// # Safety
    /// As for [`compact`].
    unsafe fn visit_all(&mut self, first: u32) {
        let mut offset = u64::from(first);
        // SAFETY: marked objects are objects; the place behind one is between objects.
        unsafe {
            while let Some(found) = self.marks.next(offset) {
                offset = self.visit(found);
                self.drain();
            }
        }
    }
}

/// # Safety
/// `slot` is a reference; what it stands for is marked, and [`Marks::plan`] has been called.
#[inline(always)]
unsafe fn update(marks: &Marks, slot: *mut u32) {
    // SAFETY: the caller's promise.
    unsafe {
        let reference = slot.read();
        if is_object(reference) && reference >= marks.dense_end {
            slot.write(marks.target(reference));
        }
    }
}

/// Updates all references in marked objects, and moves these.
///
/// # Safety
/// As for [`compact`], when all reachable objects are marked.
unsafe fn slide(objects: Objects, marks: &Marks) {
    let mut offset = NURSERY_END;
    // SAFETY: marked objects are objects; targets lie below, where all objects have moved away.
    unsafe {
        while let Some(found) = marks.next(offset) {
            let object = objects.object(found, objects.header(found).read());
            let size = object.size();
            objects.references(object, |slot| update(marks, slot));
            if found >= marks.dense_end {
                let target = marks.target(found);
                move_down(objects.at(found.into()).cast(), objects.at(target.into()).cast(), size);
            }
            offset = u64::from(found) + size;
        }
    }
}

/// Moves an object; most are small.
///
/// # Safety
/// `size` bytes, a multiple of 8, are readable at `from` and writable at `to`, which is not higher.
#[inline(always)]
unsafe fn move_down(from: *const u64, to: *mut u64, size: u64) {
    let words = (size / 8) as usize;
    // SAFETY: the caller's promise; a word is read before it is written over.
    unsafe {
        if size > SMALL {
            core::ptr::copy(from, to, words);
            return;
        }
        for word in 0..words {
            to.add(word).write(from.add(word).read());
        }
    }
}
