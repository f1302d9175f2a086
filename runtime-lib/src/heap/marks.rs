//! The map beside the old space: which bytes of it are live, and where they move to.

use abi::heap::{NURSERY_END, OBJECT_ALIGNMENT};

/// Bytes of the old space that an entry of the map stands for.
pub const BLOCK: u64 = u64::BITS as u64 * OBJECT_ALIGNMENT;

/// An entry of the map, zero between collections.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Block {
    /// A bit for every 8 bytes, set where a live object is.
    live: u64,
    /// Where the first live byte moves to.
    target: u32,
    /// Padding.
    reserved: u32,
}

/// The map up to the end of the old space.
pub struct Marks {
    blocks: *mut Block,
    count: usize,
    /// What is below this offset is all live, so it stays where it is.
    dense_end: u32,
}

impl Marks {
    /// The map of the old space up to `end`.
    ///
    /// # Safety
    /// `blocks` has an entry, zero, for each block; nobody else uses them.
    pub unsafe fn new(blocks: *mut Block, end: u64) -> Marks {
        Marks { blocks, count: (end - NURSERY_END).div_ceil(BLOCK) as usize, dense_end: 0 }
    }

    /// The entry and the bit that stand for an offset in the heap.
    ///
    /// # Safety
    /// `offset` is in the old space below the end.
    #[inline(always)]
    unsafe fn position(&self, offset: u32) -> (*mut Block, u32) {
        let granule = (offset - NURSERY_END as u32) / OBJECT_ALIGNMENT as u32;
        // SAFETY: the caller's promise.
        (unsafe { self.blocks.add((granule / u64::BITS) as usize) }, granule % u64::BITS)
    }

    /// Sets the first bit of the object at `offset`. Returns whether it was set before.
    ///
    /// # Safety
    /// An object is there, in the old space.
    #[inline(always)]
    pub unsafe fn mark_start(&self, offset: u32) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let (block, bit) = self.position(offset);
            let before = (*block).live;
            (*block).live = before | 1 << bit;
            before >> bit & 1 != 0
        }
    }

    /// Sets all bits of an object of this size, which is not 0.
    ///
    /// # Safety
    /// As for [`Marks::mark_start`].
    #[inline(always)]
    pub unsafe fn mark(&self, offset: u32, size: u64) {
        let all = u64::from(u64::BITS);
        let mut left = size / OBJECT_ALIGNMENT;
        // SAFETY: the caller's promise; the object's blocks follow each other.
        unsafe {
            let (mut block, bit) = self.position(offset);
            let first = (all - u64::from(bit)).min(left);
            (*block).live |= (u64::MAX >> (all - first)) << bit;
            left -= first;
            while left > 0 {
                block = block.add(1);
                let next = left.min(all);
                (*block).live |= u64::MAX >> (all - next);
                left -= next;
            }
        }
    }

    /// Computes where everything moves; returns the new end of the old space.
    pub fn plan(&mut self) -> u64 {
        let mut free = NURSERY_END;
        for index in 0..self.count {
            let start = NURSERY_END + index as u64 * BLOCK;
            if free == start {
                self.dense_end = start as u32;
            }
            // SAFETY: there are that many.
            unsafe {
                let block = self.blocks.add(index);
                (*block).target = free as u32;
                free += u64::from((*block).live.count_ones()) * OBJECT_ALIGNMENT;
            }
        }
        free
    }

    /// Whether the live object at `offset` moves.
    #[inline(always)]
    pub fn moves(&self, offset: u32) -> bool {
        offset >= self.dense_end
    }

    /// Where the live object at `offset` moves to.
    ///
    /// # Safety
    /// As for [`Marks::mark_start`], after [`Marks::plan`].
    #[inline(always)]
    pub unsafe fn target(&self, offset: u32) -> u32 {
        // SAFETY: the caller's promise.
        unsafe {
            let (block, bit) = self.position(offset);
            let before = (*block).live & ((1 << bit) - 1);
            (*block).target + before.count_ones() * OBJECT_ALIGNMENT as u32
        }
    }

    /// The first live object at `offset` or behind it.
    ///
    /// # Safety
    /// `offset` is between two objects of the old space, or at its beginning or end.
    #[inline(always)]
    pub unsafe fn next(&self, offset: u64) -> Option<u32> {
        let granule = (offset - NURSERY_END) / OBJECT_ALIGNMENT;
        let mut index = (granule / u64::from(u64::BITS)) as usize;
        let mut mask = u64::MAX << (granule % u64::from(u64::BITS));
        while index < self.count {
            // SAFETY: there are that many.
            let bits = unsafe { (*self.blocks.add(index)).live } & mask;
            if bits != 0 {
                let start = NURSERY_END + index as u64 * BLOCK;
                return Some(start as u32 + bits.trailing_zeros() * OBJECT_ALIGNMENT as u32);
            }
            index += 1;
            mask = u64::MAX;
        }
        None
    }
}
