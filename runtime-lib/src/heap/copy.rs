//! Copying objects from one area of the heap behind the old space: everything that is reachable moves there, in the order in which it
//! is found, and what has been copied is the list of what is still to be looked through.

use abi::heap::{HEADER_FORWARDED, HEADER_REMEMBERED, Heap, NURSERY_END, TYPE_SHIFT};

use super::objects::{Area, Objects, SMALL};
use super::roots::Roots;

/// Entries of the remembered set with this bit stand for a reference, the others for an object.
pub const SLOT: u32 = 1;

/// Bits of a header that tell the type.
const TYPE_BITS: u32 = !((1 << TYPE_SHIFT) - 1);

struct Copier {
    objects: Objects,
    from: Area,
    /// Offset of the next copy.
    free: u64,
}

/// Copies what is reachable in the nursery, which is empty then, to the old space, which has room for all of it.
///
/// # Safety
/// The heap is consistent, and `roots` are all references outside.
pub unsafe fn empty_nursery(heap: &mut Heap, roots: &dyn Roots) {
    let mut copier = Copier { objects: Objects::of(heap), from: Area::NURSERY, free: heap.state.old_top };
    // SAFETY: the caller's promise; the remembered set holds old objects and references in them.
    unsafe {
        if heap.state.remembers_all != 0 {
            copier.every_object(heap.state.old_top);
            heap.state.remembers_all = 0;
        } else {
            for index in 0..heap.state.entry_count as usize {
                copier.remembered(heap.state.entries.add(index).read());
            }
        }
        heap.state.entry_count = 0;
        copier.run(heap, roots);
    }
}

/// Copies all old objects that are reachable; the originals are garbage then. The nursery is empty, and there is room for as many bytes as
/// there are.
///
/// # Safety
/// The heap is consistent, and `roots` are all references outside.
pub unsafe fn copy_old(heap: &mut Heap, roots: &dyn Roots) {
    let old_top = heap.state.old_top;
    let mut copier = Copier { objects: Objects::of(heap), from: Area::new(NURSERY_END, old_top), free: old_top };
    // SAFETY: the caller's promise.
    unsafe { copier.run(heap, roots) };
}

impl Copier {
    /// # Safety
    /// As for the functions above.
    unsafe fn run(&mut self, heap: &mut Heap, roots: &dyn Roots) {
        let mut scanned = heap.state.old_top;
        // SAFETY: roots are references; up to `free` there is one copy after the other.
        unsafe {
            roots.visit(&mut |slot| self.forward(slot));
            while scanned < self.free {
                scanned += self.look_through(scanned as u32);
            }
        }
        heap.state.old_top = self.free;
    }

    /// Makes a reference to the area one to the copy.
    ///
    /// # Safety
    /// `slot` is a reference, and there is room for the object.
    #[inline(always)]
    unsafe fn forward(&mut self, slot: *mut u32) {
        // SAFETY: a reference to the area stands for an object there, which has been copied if its header says so.
        unsafe {
            let reference = slot.read();
            if !self.from.holds(reference) {
                return;
            }
            let header = self.objects.header(reference);
            let value = header.read();
            if value & HEADER_FORWARDED != 0 {
                slot.write(value & TYPE_BITS);
                return;
            }
            let size = self.objects.object(reference, value).size();
            copy(header.cast(), self.objects.at(self.free).cast(), size);
            header.write(self.free as u32 | HEADER_FORWARDED);
            slot.write(self.free as u32);
            self.free += size;
        }
    }

    /// Forwards the references of an object and returns its size.
    ///
    /// # Safety
    /// An object is there.
    #[inline(always)]
    unsafe fn look_through(&mut self, offset: u32) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let object = self.objects.object(offset, self.objects.header(offset).read());
            let objects = self.objects;
            objects.references(object, |slot| self.forward(slot));
            object.size()
        }
    }

    /// # Safety
    /// `entry` comes from the remembered set.
    unsafe fn remembered(&mut self, entry: u32) {
        // SAFETY: the caller's promise.
        unsafe {
            if entry & SLOT != 0 {
                self.forward(self.objects.at(u64::from(entry & !SLOT)).cast());
                return;
            }
            *self.objects.header(entry) &= !HEADER_REMEMBERED;
            self.look_through(entry);
        }
    }

    /// Looks through the whole old space up to `end`, in place of a remembered set.
    ///
    /// # Safety
    /// The old space is consistent.
    unsafe fn every_object(&mut self, end: u64) {
        let mut offset = NURSERY_END;
        while offset < end {
            // SAFETY: the old space is one object after the other.
            offset += unsafe {
                *self.objects.header(offset as u32) &= !HEADER_REMEMBERED;
                self.look_through(offset as u32)
            };
        }
    }
}

/// Copies an object; most are small.
///
/// # Safety
/// `size` bytes, a multiple of 8, are readable at `from` and writable at `to`, and do not overlap.
#[inline(always)]
unsafe fn copy(from: *const u64, to: *mut u64, size: u64) {
    let words = (size / 8) as usize;
    // SAFETY: the caller's promise.
    unsafe {
        if size > SMALL {
            core::ptr::copy_nonoverlapping(from, to, words);
            return;
        }
        for word in 0..words {
            to.add(word).write(from.add(word).read());
        }
    }
}
