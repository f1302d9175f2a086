//! Collecting the old space by marking and sliding: reachable objects are marked in a map at the side, which then tells where each
//! moves to; one pass over the heap updates references and moves. All is done in place, so live objects may fill the heap.

use abi::heap::{Heap, NURSERY_END};

use super::marks::Marks;
use super::objects::{Area, Objects, SMALL, is_object};
use super::roots::Roots;
use super::{entries, space};
use crate::sys;

/// Moves all reachable objects of the old space to its beginning, in their order. The nursery is empty. The map is zero, and stays as it
/// is then.
///
/// # Safety
/// The heap is consistent, and `roots` are all references outside.
pub unsafe fn compact(heap: &mut Heap, roots: &dyn Roots) {
    let objects = Objects::of(heap);
    let old = Area::new(NURSERY_END, heap.state.old_top);
    // SAFETY: the caller's promise; the map is accessible as far as the old space is, and empty. Only what is marked is moved, after
    // every reference to it is known to be marked.
    unsafe {
        let mut marks = Marks::new(space::map(heap), heap.state.old_top);
        Marker { objects, old, marks: &marks, heap, skipped: None }.run(roots);
        let old_top = marks.plan();
        roots.visit(&mut |slot| update(&marks, slot));
        slide(objects, &marks);
        heap.state.old_top = old_top;
        entries::shrink(&mut heap.state);
    }
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
        if is_object(reference) && marks.moves(reference) {
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
            if marks.moves(found) {
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
