//! The same instructions in fewer bytes.

use super::instruction::{Encoding, Instruction, decode};
use super::survey::{Bytes, Change};

/// The same instruction in fewer bytes.
pub fn smallest(mut bytes: Bytes, size: Option<i32>) -> Bytes {
    let decoded = |bytes: &Bytes| decode(bytes.as_slice());
    if let Some(shorter) = decoded(&bytes).and_then(|instruction| by_small_immediate(bytes.as_slice(), &instruction)) {
        bytes = shorter;
    }
    let size = size.zip(decoded(&bytes));
    match size.and_then(|(size, instruction)| by_frame_pointer(bytes.as_slice(), &instruction, size)) {
        Some(Change::ReplaceInFrame(shorter)) => shorter,
        _ => bytes,
    }
}

/// An immediate operand of 32 bits in one byte. Of `test`, eight bits of a register are enough where the others are masked out, which
/// sets the same flags.
pub fn by_small_immediate(bytes: &[u8], instruction: &Instruction) -> Option<Bytes> {
    let is_plain = instruction.encoding == Encoding::Legacy
        && instruction.map == 0
        && !matches!(bytes[0], 0x66 | 0xf0 | 0xf2 | 0xf3);
    let (rest, immediate) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    let immediate = i32::from_le_bytes(immediate.try_into().ok()?);
    let small = i8::try_from(immediate).ok().filter(|_| is_plain)?.to_le_bytes();
    match (instruction.opcode, instruction.modrm) {
        (0x81, Some((at, _))) => Some(Bytes::of(&[&rest[..at - 1], &[0x83], &rest[at..], &small])),
        (0xa9, _) if immediate >= 0 => Some(Bytes::of(&[&[0xa8], &small])),
        (0xf7, Some((_, modrm @ 0xc0..=0xc7))) if immediate >= 0 => {
            let extension = instruction.rex & 1;
            // Without REX, 4 to 7 would be other registers.
            let rex = [0x40 | extension];
            let rex = if extension == 0 && modrm & 7 < 4 { &[][..] } else { &rex };
            Some(if rex.is_empty() && modrm & 7 == 0 {
                Bytes::of(&[&[0xa8], &small])
            } else {
                Bytes::of(&[rex, &[0xf6, modrm], &small])
            })
        }
        _ => None,
    }
}

/// An operand on the stack relative to the frame pointer, which needs no SIB byte and reaches 128 bytes down with a byte.
pub fn by_frame_pointer(bytes: &[u8], instruction: &Instruction, size: i32) -> Option<Change> {
    let (modrm_at, modrm) = instruction.modrm?;
    // The base is rsp, and there is no index.
    let plain = instruction.sib == Some(0x24) && instruction.rex & 3 == 0 && instruction.encoding != Encoding::Evex;
    if !plain {
        return None;
    }
    let (at, len) = instruction.displacement;
    let displacement = instruction.displacement_of(bytes).checked_sub(size)?;
    let rest = &bytes[at + len..];
    let (near, far) = (i8::try_from(displacement), displacement.to_le_bytes());
    let shorter = modrm_at + 1 + if near.is_ok() { 1 } else { 4 } + rest.len() < bytes.len();
    let change = || match near {
        Ok(near) => Bytes::of(&[&bytes[..modrm_at], &[0x45 | modrm & 0x38], &near.to_le_bytes(), rest]),
        Err(_) => Bytes::of(&[&bytes[..modrm_at], &[0x85 | modrm & 0x38], &far, rest]),
    };
    shorter.then(|| Change::ReplaceInFrame(change()))
}
