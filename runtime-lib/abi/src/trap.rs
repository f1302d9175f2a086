//! Trap kinds, and the table from machine code addresses to them.
//!
//! A function's trap sites are a stream of records, in address order. Each begins with a byte that holds the distance of its pc
//! from the last one in the low six bits ([`FAR`]: a varint with the rest follows) and the kind in the high two (one of the
//! [`COMMON`] ones, else the kind's byte follows). A zigzag varint with the distance of the wasm offset ends it. The first record's
//! distances are from the function's start and 0. A kind of 0 closes the stream.
//!
//! A pc is the address of the faulting instruction, or the return address of a call (kind [`CALL_SITE`]), relative to the
//! function's start. Wasm offsets are relative to [`crate::layout::FunctionRecord::wasm_offset`].
//!
//! A memory access that faults at a recorded site is a trap only if the address is plausible: for
//! [`TrapKind::MemoryOutOfBounds`] within the reservation of a memory, or in the first page for one with checked accesses; in the
//! first page for [`TrapKind::UninitializedElement`] and [`TrapKind::NullReference`], in the heap's [`crate::heap::NULL_GUARD`] for
//! the latter as well (so generated code may read through a null reference instead of comparing it). A fault in the guard of the
//! guest stack is [`TrapKind::CallStackExhausted`] and needs no site.

use crate::varint::{self, Reader};

/// Why guest code stopped. The numbers are stored in executables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum TrapKind {
    /// `unreachable` was executed.
    Unreachable = 1,
    /// A load, store or bulk operation outside the memory.
    MemoryOutOfBounds = 2,
    /// A table access outside the table (not by an indirect call).
    TableOutOfBounds = 3,
    /// An indirect call through an index outside the table.
    UndefinedElement = 4,
    /// An indirect call through a null element.
    UninitializedElement = 5,
    /// An indirect call to a function of another type.
    IndirectCallTypeMismatch = 6,
    /// Integer division by zero.
    IntegerDivideByZero = 7,
    /// Integer overflow in a division or a truncation.
    IntegerOverflow = 8,
    /// Truncation of NaN.
    InvalidConversionToInteger = 9,
    /// The stack is used up.
    CallStackExhausted = 10,
    /// A null reference where none is allowed.
    NullReference = 11,
    /// An atomic access to an unaligned address.
    UnalignedAtomic = 12,
    /// A cast to a type that the reference is not of.
    CastFailure = 13,
    /// An array access outside the array.
    ArrayOutOfBounds = 14,
    /// There is no room for a new object.
    HeapOutOfMemory = 15,
    /// A wait in a memory that no other thread can reach.
    AtomicWaitUnshared = 16,
}

/// Record kind of a call site: no trap by itself, it gives the wasm offset of a frame in a backtrace.
pub const CALL_SITE: u8 = 0xff;

/// Kinds that need no byte of their own: nearly all sites are of these.
const COMMON: [u8; 3] = [CALL_SITE, TrapKind::MemoryOutOfBounds as u8, TrapKind::Unreachable as u8];
/// In the place of a [`COMMON`] kind: its byte follows.
const UNCOMMON: u8 = COMMON.len() as u8;
/// Distances from here on do not fit beside the kind.
const FAR: u32 = 0x3f;
/// The kind that closes a stream.
const END: u8 = 0;

impl TrapKind {
    /// Every kind, in numerical order.
    pub const ALL: [TrapKind; 16] = [
        TrapKind::Unreachable,
        TrapKind::MemoryOutOfBounds,
        TrapKind::TableOutOfBounds,
        TrapKind::UndefinedElement,
        TrapKind::UninitializedElement,
        TrapKind::IndirectCallTypeMismatch,
        TrapKind::IntegerDivideByZero,
        TrapKind::IntegerOverflow,
        TrapKind::InvalidConversionToInteger,
        TrapKind::CallStackExhausted,
        TrapKind::NullReference,
        TrapKind::UnalignedAtomic,
        TrapKind::CastFailure,
        TrapKind::ArrayOutOfBounds,
        TrapKind::HeapOutOfMemory,
        TrapKind::AtomicWaitUnshared,
    ];

    /// The kind with this number.
    pub fn from_u8(number: u8) -> Option<TrapKind> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    /// The words of the specification's tests.
    pub fn message(self) -> &'static str {
        match self {
            TrapKind::Unreachable => "unreachable",
            TrapKind::MemoryOutOfBounds => "out of bounds memory access",
            TrapKind::TableOutOfBounds => "out of bounds table access",
            TrapKind::UndefinedElement => "undefined element",
            TrapKind::UninitializedElement => "uninitialized element",
            TrapKind::IndirectCallTypeMismatch => "indirect call type mismatch",
            TrapKind::IntegerDivideByZero => "integer divide by zero",
            TrapKind::IntegerOverflow => "integer overflow",
            TrapKind::InvalidConversionToInteger => "invalid conversion to integer",
            TrapKind::CallStackExhausted => "call stack exhausted",
            TrapKind::NullReference => "null reference",
            TrapKind::UnalignedAtomic => "unaligned atomic",
            TrapKind::CastFailure => "cast failure",
            TrapKind::ArrayOutOfBounds => "out of bounds array access",
            TrapKind::HeapOutOfMemory => "GC heap out of memory",
            TrapKind::AtomicWaitUnshared => "atomic wait on non-shared memory",
        }
    }
}

/// A trap or call site inside a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// Offset from the function's first instruction.
    pub pc: u32,
    /// A [`TrapKind`] as a number, or [`CALL_SITE`].
    pub kind: u8,
    /// Offset from the function body's start in the .wasm file.
    pub wasm_offset: u32,
}

/// Reads the sites of one function from the stream that begins at `bytes[0]`; stops at its end or at malformed data.
pub fn sites(bytes: &[u8]) -> impl Iterator<Item = Site> + '_ {
    let mut reader = Reader::new(bytes);
    let mut last = Site { pc: 0, kind: END, wasm_offset: 0 };
    core::iter::from_fn(move || {
        let head = reader.byte()?;
        let near = u32::from(head) & FAR;
        let kind = match COMMON.get(usize::from(head >> 6)) {
            Some(kind) => *kind,
            None => reader.byte().filter(|kind| *kind != END)?,
        };
        let distance = if near == FAR { reader.varint()?.checked_add(FAR)? } else { near };
        let zigzag = reader.varint()?;
        let offset_delta = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
        last = Site {
            pc: last.pc.wrapping_add(distance),
            kind,
            wasm_offset: last.wasm_offset.wrapping_add_signed(offset_delta),
        };
        Some(last)
    })
}

/// Appends one site to a stream through `push`; `last` is the site before it, or all zeroes for the first.
pub fn encode_site(last: &Site, site: &Site, mut push: impl FnMut(u8)) {
    let distance = site.pc - last.pc;
    let common = COMMON.iter().position(|kind| *kind == site.kind);
    push(common.map_or(UNCOMMON, |at| at as u8) << 6 | distance.min(FAR) as u8);
    if common.is_none() {
        push(site.kind);
    }
    if let Some(rest) = distance.checked_sub(FAR) {
        varint::encode(rest, &mut push);
    }
    let offset_delta = site.wasm_offset.wrapping_sub(last.wasm_offset) as i32;
    varint::encode(((offset_delta << 1) ^ (offset_delta >> 31)) as u32, &mut push);
}

/// Closes a stream.
pub fn encode_end(mut push: impl FnMut(u8)) {
    push(UNCOMMON << 6);
    push(END);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn encode(sites: &[Site]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut last = Site { pc: 0, kind: 0, wasm_offset: 0 };
        for site in sites {
            encode_site(&last, site, |byte| bytes.push(byte));
            last = *site;
        }
        encode_end(|byte| bytes.push(byte));
        bytes
    }

    #[test]
    fn sites_round_trip() {
        let site = |pc, kind, wasm_offset| Site { pc, kind, wasm_offset };
        let written = [
            site(0, TrapKind::Unreachable as u8, 9),
            site(0, TrapKind::IntegerOverflow as u8, 9),
            site(62, CALL_SITE, 3),
            site(62 + 63, CALL_SITE, 4),
            site(62 + 63 + 64, TrapKind::MemoryOutOfBounds as u8, 5),
            site(100_000, TrapKind::UnalignedAtomic as u8, u32::MAX),
            site(u32::MAX, TrapKind::MemoryOutOfBounds as u8, 0),
        ];
        let bytes = encode(&written);
        assert_eq!(sites(&bytes).collect::<Vec<_>>(), written);
        // What follows the end is another function's.
        let two = [encode(&written), encode(&written[..1])].concat();
        assert_eq!(sites(&two).count(), written.len());
        for len in 0..bytes.len() - 2 {
            assert!(sites(&bytes[..len]).count() < written.len(), "the first {len} bytes");
        }
    }

    #[test]
    fn common_sites_take_two_bytes() {
        let site = Site { pc: 30, kind: TrapKind::MemoryOutOfBounds as u8, wasm_offset: 20 };
        assert_eq!(encode(&[site]).len(), 2 + 2);
    }
}
