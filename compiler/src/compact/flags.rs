//! Which conditions x86-64 instructions ask for, and which instructions set all flags.

use super::instruction::{Encoding, Instruction};

/// A set of conditions: a bit for each, by its number in opcodes.
pub type Conditions = u16;

/// All of them.
pub const ALL: Conditions = !0;
/// Those that compare for equality, and numbers without a sign.
pub const UNSIGNED: Conditions = 0x00fc;
/// Those that compare for equality, and numbers with or without a sign.
pub const COMPARISONS: Conditions = 0xf0fc;
/// That of the carry.
const CARRY: Conditions = 1 << 2;

/// The conditions that an instruction asks for.
pub fn reads(instruction: &Instruction) -> Conditions {
    let opcode = instruction.opcode;
    match (instruction.encoding, instruction.map, opcode) {
        (Encoding::Vex | Encoding::Evex, ..) => 0,
        (_, 0, 0x70..=0x7f) | (_, 1, 0x40..=0x4f | 0x80..=0x9f) => 1 << (opcode & 15),
        (_, 0, 0x10..=0x1f) => CARRY,
        (_, 0, 0x80..=0x83) if matches!(instruction.reg(), Some(2 | 3)) => CARRY,
        (_, 0, 0xc0 | 0xc1 | 0xd0..=0xd3) if matches!(instruction.reg(), Some(2 | 3)) => CARRY,
        (_, 0, 0x9c..=0x9f) | (_, 2, 0xf6) => ALL,
        _ => 0,
    }
}

/// Whether nothing can be known of the flags before an instruction after it. Calls and returns count.
pub fn sets(instruction: &Instruction) -> bool {
    let reg = instruction.reg().unwrap_or(0);
    if instruction.encoding != Encoding::Legacy {
        return false;
    }
    match (instruction.map, instruction.opcode) {
        (0, 0x00..=0x3f) => instruction.opcode & 7 < 6,
        (0, 0x69 | 0x6b | 0x80 | 0x81 | 0x83..=0x85 | 0xa8 | 0xa9) => true,
        (0, 0xc2 | 0xc3 | 0xe8) => true,
        (0, 0xf6 | 0xf7) => reg != 2,
        (0, 0xff) => reg == 2,
        (1, 0x0b | 0x2e | 0x2f | 0xaf) => true,
        _ => false,
    }
}
