//! Trap kinds, and the table from machine code addresses to them.
//!
//! A function's trap sites are a stream of records, in address order:
//! `varint(pc delta + 1) kind zigzag-varint(wasm offset delta)`, closed by a single 0 byte. Deltas are against the previous
//! record; the first is against the function's start and 0. A pc is the address of the faulting instruction, or the return
//! address of a call (kind [`CALL_SITE`]), relative to the function's start. Wasm offsets are relative to
//! [`crate::layout::FunctionRecord::wasm_offset`].
//!
//! A memory access that faults at a recorded site is a trap only if the address is plausible: within the reservation of a
//! memory for [`TrapKind::MemoryOutOfBounds`], in the first page for [`TrapKind::NullReference`] and
//! [`TrapKind::UninitializedElement`] (so generated code may read through a null reference instead of comparing it). A fault in
//! the guard of the guest stack is [`TrapKind::CallStackExhausted`] and needs no site.

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
}

/// Record kind of a call site: no trap by itself, it gives the wasm offset of a frame in a backtrace.
pub const CALL_SITE: u8 = 0xff;

impl TrapKind {
    /// Every kind, in numerical order.
    pub const ALL: [TrapKind; 12] = [
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
    let mut reader = Reader { bytes, at: 0 };
    let mut last = Site { pc: 0, kind: 0, wasm_offset: 0 };
    core::iter::from_fn(move || {
        let delta = reader.varint()?.checked_sub(1)?;
        let kind = reader.byte()?;
        let zigzag = reader.varint()?;
        let offset_delta = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
        last = Site {
            pc: last.pc.wrapping_add(delta),
            kind,
            wasm_offset: last.wasm_offset.wrapping_add_signed(offset_delta),
        };
        Some(last)
    })
}

/// Appends one site to a stream through `push`; `last` is the site before it, or all zeroes for the first.
pub fn encode_site(last: &Site, site: &Site, mut push: impl FnMut(u8)) {
    let offset_delta = site.wasm_offset.wrapping_sub(last.wasm_offset) as i32;
    varint(site.pc - last.pc + 1, &mut push);
    push(site.kind);
    varint(((offset_delta << 1) ^ (offset_delta >> 31)) as u32, &mut push);
}

/// Closes a stream.
pub fn encode_end(mut push: impl FnMut(u8)) {
    push(0);
}

fn varint(mut value: u32, push: &mut impl FnMut(u8)) {
    while value >= 0x80 {
        push(value as u8 | 0x80);
        value >>= 7;
    }
    push(value as u8);
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn sites_round_trip() {
        let written = [
            Site { pc: 0, kind: 1, wasm_offset: 9 },
            Site { pc: 300, kind: CALL_SITE, wasm_offset: 3 },
            Site { pc: u32::MAX - 1, kind: 2, wasm_offset: u32::MAX },
        ];
        let mut bytes = Vec::new();
        let mut last = Site { pc: 0, kind: 0, wasm_offset: 0 };
        for site in written {
            encode_site(&last, &site, |byte| bytes.push(byte));
            last = site;
        }
        encode_end(|byte| bytes.push(byte));
        assert_eq!(sites(&bytes).collect::<Vec<_>>(), written);
        assert_eq!(sites(&bytes[..bytes.len() - 2]).count(), 2);
    }
}
