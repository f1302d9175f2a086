//! How each memory is accessed: where it lies, and what keeps accesses inside it.

use std::collections::BTreeMap;

use abi::layout::{CLAMPED_LIMIT, GUARDED_RESERVATION, OFFSET_GUARD};
use wasmparser::MemoryType;

use crate::options::{MemoryStrategy, Options};
use crate::program::{Location, Program};

/// Log2 of the page size of memories that do not choose another.
const PAGE_SIZE_LOG2: u32 = 16;

/// Most address space to reserve for a memory that must not move but whose accesses are compared.
const COMPARED_RESERVATION: u64 = 1 << 40;

/// The most bytes that a memory at the fixed place grows to unless its type has a maximum.
const FREE_PAGE_LIMIT: u64 = (1 << 32) - (1 << PAGE_SIZE_LOG2);

/// How a memory is accessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryPlan {
    /// Where it lies.
    pub base: Base,
    /// What keeps accesses inside.
    pub bounds: Bounds,
}

/// Where byte 0 of a memory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Base {
    /// At [`abi::layout::FIXED_MEMORY_BASE`].
    Fixed,
    /// Read from [`abi::layout::Memory::base`]; never changes.
    Stable,
    /// Read from [`abi::layout::Memory::base`]; can change when the memory grows. Only with [`Bounds::Compared`].
    Moving,
}

/// What keeps accesses inside a memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bounds {
    /// An index and an offset of 32 bits each stay inside the reservation, where the processor faults.
    Reserved,
    /// An index of 64 bits beyond this limit is replaced by the limit, in bytes; from there on the reservation is a guard, where
    /// the processor faults.
    Clamped(u64),
    /// The end of every access is compared with [`abi::layout::Memory::byte_length`]; one that is outside faults at null.
    Compared,
}

impl MemoryPlan {
    /// Address space that the memory, of this type, needs from the start.
    pub fn reservation(self, ty: &MemoryType) -> u64 {
        match (self.base, self.bounds) {
            (Base::Moving, _) => byte_length(ty, ty.initial),
            (_, Bounds::Clamped(limit)) => limit + OFFSET_GUARD,
            (_, Bounds::Reserved) => GUARDED_RESERVATION,
            (_, Bounds::Compared) => {
                let max = max_byte_length(ty).min(COMPARED_RESERVATION).max(byte_length(ty, ty.initial));
                max.max(1).checked_next_multiple_of(1 << PAGE_SIZE_LOG2).unwrap_or(max)
            }
        }
    }

    /// What the memory, of this type, never grows past, in bytes.
    pub fn max_byte_length(self, ty: &MemoryType) -> u64 {
        match self.bounds {
            Bounds::Clamped(limit) => limit,
            // One page of the index space stays free, so that an index a little below zero is out of bounds.
            Bounds::Reserved if self.base == Base::Fixed && ty.maximum.is_none() => {
                max_byte_length(ty).min(FREE_PAGE_LIMIT).max(byte_length(ty, ty.initial))
            }
            Bounds::Reserved | Bounds::Compared => max_byte_length(ty),
        }
    }
}

/// Log2 of the page size of a memory type.
pub fn page_size_log2(ty: &MemoryType) -> u32 {
    ty.page_size_log2.unwrap_or(PAGE_SIZE_LOG2)
}

/// Bytes of so many pages; `u64::MAX` for more than a 64-bit number holds, which no system has.
pub fn byte_length(ty: &MemoryType, pages: u64) -> u64 {
    pages.saturating_mul(1 << page_size_log2(ty))
}

/// Bytes of the largest size that a memory type allows. The number of pages is one of its index type, so that with pages of one
/// byte the last index is out of reach.
fn max_byte_length(ty: &MemoryType) -> u64 {
    let index_space = if ty.memory64 { u64::MAX } else { 1 << 32 };
    let max_pages = ty.maximum.unwrap_or(if ty.memory64 { u64::MAX } else { u64::from(u32::MAX) });
    byte_length(ty, max_pages).min(index_space)
}

/// Plans every memory. `fixed`: the first memory of the main module may have the fixed place. `threads`: the program may start
/// threads, which share some memories; of the others each has its own, and they cannot all be at one place.
pub fn plan(program: &Program, options: &Options, fixed: bool, threads: bool) -> BTreeMap<Location, MemoryPlan> {
    let mut memories = program.links[program.modules.len() - 1].memories.iter();
    let first = memories.find(|location| !threads || program.memory(**location).shared);
    let plan = |location: &Location| {
        let ty = program.memory(*location);
        let base = if fixed && Some(location) == first { Base::Fixed } else { Base::Stable };
        (*location, plan_memory(ty, base, options.memory, threads && ty.shared))
    };
    program.links.iter().flat_map(|links| &links.memories).map(plan).collect()
}

fn plan_memory(ty: &MemoryType, base: Base, strategy: MemoryStrategy, several_threads: bool) -> MemoryPlan {
    // The processor's pages are not larger than those of WebAssembly.
    let ends_at_page = page_size_log2(ty) >= PAGE_SIZE_LOG2;
    if strategy == MemoryStrategy::Guard && ends_at_page {
        if !ty.memory64 {
            return MemoryPlan { base, bounds: Bounds::Reserved };
        }
        if byte_length(ty, ty.initial) <= CLAMPED_LIMIT {
            return MemoryPlan { base, bounds: Bounds::Clamped(max_byte_length(ty).min(CLAMPED_LIMIT)) };
        }
    }
    // What other threads access cannot move. Nor need it where the reservation is that of any 32-bit memory.
    let stable = several_threads || strategy == MemoryStrategy::Guard && !ty.memory64;
    MemoryPlan { base: if stable { Base::Stable } else { Base::Moving }, bounds: Bounds::Compared }
}
