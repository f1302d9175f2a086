//! Which vector registers an x86-64 instruction reads and writes. What is not known is assumed to do both to all.

use super::instruction::{Encoding, Instruction};

/// A set of vector registers: a bit for each, by its number.
pub type Vectors = u16;

/// All of them.
const ALL: Vectors = !0;
/// Those that arguments and results may be in: `xmm0` to `xmm7`.
const PASSED: Vectors = 0xff;

/// What an instruction does to vector registers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct VectorEffect {
    /// Whose values can matter.
    pub reads: Vectors,
    /// Which can change.
    pub writes: Vectors,
    /// Which have a value after it that does not depend on their value before, but through `reads`.
    pub sets: Vectors,
}

impl VectorEffect {
    /// Nothing.
    const NONE: VectorEffect = VectorEffect { reads: 0, writes: 0, sets: 0 };
    /// Anything.
    pub const UNKNOWN: VectorEffect = VectorEffect { reads: ALL, writes: ALL, sets: 0 };

    const fn reading(reads: Vectors) -> VectorEffect {
        VectorEffect { reads, ..VectorEffect::NONE }
    }

    const fn setting(register: Vectors, reads: Vectors) -> VectorEffect {
        VectorEffect { reads, writes: register, sets: register }
    }

    /// What an instruction does, of which `bytes` begins with the bytes.
    pub fn of(bytes: &[u8], instruction: &Instruction) -> VectorEffect {
        if instruction.encoding != Encoding::Legacy {
            return VectorEffect::UNKNOWN;
        }
        let numbered = |number: u8, extension: u8| 1 << (number | if instruction.rex & extension == 0 { 0 } else { 8 });
        let reg = instruction.reg().map_or(0, |reg| numbered(reg, 4));
        let rm = if instruction.mode() == Some(3) { instruction.rm().map_or(0, |rm| numbered(rm, 1)) } else { 0 };
        match instruction.map {
            0 => one_byte(instruction),
            1 => two_bytes(bytes[0], instruction.opcode, reg, rm),
            // Implicitly, the first register chooses between lanes.
            2 if matches!(instruction.opcode, 0x10 | 0x14 | 0x15) => changing(reg | rm | 1),
            2 if instruction.opcode < 0x80 => changing(reg | rm),
            3 if instruction.opcode < 0x60 => changing(reg | rm),
            _ => VectorEffect::UNKNOWN,
        }
    }
}

/// Reads and writes of the same registers.
const fn changing(registers: Vectors) -> VectorEffect {
    VectorEffect { reads: registers, writes: registers, sets: 0 }
}

/// What an opcode of one byte does: calls, and what leaves the function.
fn one_byte(instruction: &Instruction) -> VectorEffect {
    match (instruction.opcode, instruction.reg()) {
        (0xe8, _) | (0xff, Some(2)) => VectorEffect { reads: PASSED, writes: ALL, sets: 0 },
        (0xc2 | 0xc3 | 0xe9 | 0xeb, _) | (0xff, Some(4)) => VectorEffect::reading(PASSED),
        _ => VectorEffect::NONE,
    }
}

/// What an opcode of two bytes does. The operand in ModRM's field r/m is in memory if `rm` is 0.
fn two_bytes(prefix: u8, opcode: u8, reg: Vectors, rm: Vectors) -> VectorEffect {
    let (packed, whole) = (!matches!(prefix, 0xf2 | 0xf3), matches!(prefix, 0x66 | 0xf3));
    match opcode {
        // General-purpose registers only.
        0x0b | 0x1f | 0x40..=0x4f | 0x80..=0xad | 0xaf..=0xc1 | 0xc7..=0xcf => VectorEffect::NONE,
        0xae => VectorEffect::UNKNOWN,
        // Moves of whole registers, and loads that put zeros above.
        0x10 if packed || rm == 0 => VectorEffect::setting(reg, rm),
        0x28 => VectorEffect::setting(reg, rm),
        0x6f if whole => VectorEffect::setting(reg, rm),
        0x7e if prefix == 0xf3 => VectorEffect::setting(reg, rm),
        0x6e if prefix == 0x66 => VectorEffect::setting(reg, 0),
        0x70 if prefix != 0x0f => VectorEffect::setting(reg, rm),
        0x11 if packed && rm != 0 => VectorEffect::setting(rm, reg),
        0x29 if rm != 0 => VectorEffect::setting(rm, reg),
        0x7f if whole && rm != 0 => VectorEffect::setting(rm, reg),
        // Stores.
        0x11 | 0x13 | 0x17 | 0x29 | 0x2b | 0x7f | 0xd6 | 0xe7 if rm == 0 => VectorEffect::reading(reg),
        // To a general-purpose register.
        0x2c | 0x2d | 0x50 | 0xc5 | 0xd7 => VectorEffect::reading(rm),
        0x7e if prefix == 0x66 => VectorEffect::reading(reg),
        // Comparisons.
        0x2e | 0x2f => VectorEffect::reading(reg | rm),
        // A register made zero.
        0x57 | 0xef if reg == rm => VectorEffect::setting(reg, 0),
        _ => changing(reg | rm),
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::decode;
    use super::*;

    fn effect(bytes: &[u8]) -> VectorEffect {
        let mut padded = bytes.to_vec();
        padded.extend([0xcc; 16]);
        VectorEffect::of(&padded, &decode(&padded).unwrap())
    }

    #[test]
    fn whole_registers_are_set() {
        let cases: &[(&[u8], Vectors, Vectors)] = &[
            (&[0xf2, 0x0f, 0x10, 0x4f, 8], 1 << 1, 0),         // movsd xmm1, [rdi+8]
            (&[0xf3, 0x44, 0x0f, 0x10, 0x4f, 8], 1 << 9, 0),   // movss xmm9, [rdi+8]
            (&[0x0f, 0x10, 0xca], 1 << 1, 1 << 2),             // movups xmm1, xmm2
            (&[0x66, 0x41, 0x0f, 0x6f, 0xc8], 1 << 1, 1 << 8), // movdqa xmm1, xmm8
            (&[0xf3, 0x0f, 0x6f, 0x0f], 1 << 1, 0),            // movdqu xmm1, [rdi]
            (&[0x0f, 0x28, 0xca], 1 << 1, 1 << 2),             // movaps xmm1, xmm2
            (&[0x0f, 0x29, 0xca], 1 << 2, 1 << 1),             // movaps xmm2, xmm1
            (&[0xf3, 0x0f, 0x7f, 0xca], 1 << 2, 1 << 1),       // movdqu xmm2, xmm1
            (&[0xf3, 0x0f, 0x7e, 0xca], 1 << 1, 1 << 2),       // movq xmm1, xmm2
            (&[0x66, 0x48, 0x0f, 0x6e, 0xc9], 1 << 1, 0),      // movq xmm1, rcx
            (&[0x66, 0x0f, 0x70, 0xca, 0x44], 1 << 1, 1 << 2), // pshufd xmm1, xmm2, 0x44
            (&[0x66, 0x0f, 0xef, 0xc9], 1 << 1, 0),            // pxor xmm1, xmm1
            (&[0x66, 0x45, 0x0f, 0x57, 0xc9], 1 << 9, 0),      // xorpd xmm9, xmm9
        ];
        for (bytes, sets, reads) in cases {
            assert_eq!(effect(bytes), VectorEffect::setting(*sets, *reads), "{bytes:x?}");
        }
    }

    #[test]
    fn parts_of_registers_are_changed() {
        let cases: &[(&[u8], Vectors)] = &[
            (&[0xf2, 0x0f, 0x10, 0xca], 1 << 1 | 1 << 2),           // movsd xmm1, xmm2
            (&[0xf3, 0x0f, 0x11, 0xca], 1 << 1 | 1 << 2),           // movss xmm2, xmm1
            (&[0xf2, 0x0f, 0x58, 0xca], 1 << 1 | 1 << 2),           // addsd xmm1, xmm2
            (&[0xf2, 0x0f, 0x51, 0xca], 1 << 1 | 1 << 2),           // sqrtsd xmm1, xmm2
            (&[0xf2, 0x0f, 0x2a, 0xc9], 1 << 1),                    // cvtsi2sd xmm1, ecx
            (&[0x66, 0x0f, 0x12, 0x0f], 1 << 1),                    // movlpd xmm1, [rdi]
            (&[0x66, 0x0f, 0xc4, 0xc9, 1], 1 << 1),                 // pinsrw xmm1, ecx, 1
            (&[0x66, 0x0f, 0xef, 0xca], 1 << 1 | 1 << 2),           // pxor xmm1, xmm2
            (&[0x66, 0x0f, 0x38, 0x15, 0xca], 1 | 1 << 1 | 1 << 2), // blendvpd xmm1, xmm2
            (&[0x66, 0x0f, 0x3a, 0x0f, 0xca, 4], 1 << 1 | 1 << 2),  // palignr xmm1, xmm2, 4
        ];
        for (bytes, registers) in cases {
            let effect = effect(bytes);
            assert_eq!((effect.reads & registers, effect.writes & registers), (*registers, *registers), "{bytes:x?}");
            assert_eq!(effect.sets, 0, "{bytes:x?}");
        }
    }

    #[test]
    fn what_only_reads_sets_nothing() {
        let cases: &[(&[u8], Vectors)] = &[
            (&[0xf2, 0x0f, 0x11, 0x4f, 8], 1 << 1),       // movsd [rdi+8], xmm1
            (&[0x66, 0x0f, 0x2e, 0xca], 1 << 1 | 1 << 2), // ucomisd xmm1, xmm2
            (&[0xf2, 0x0f, 0x2c, 0xca], 1 << 2),          // cvttsd2si ecx, xmm2
            (&[0x66, 0x48, 0x0f, 0x7e, 0xca], 1 << 1),    // movq rdx, xmm1
            (&[0x66, 0x0f, 0xd7, 0xca], 1 << 2),          // pmovmskb ecx, xmm2
            (&[0x0f, 0xaf, 0xca], 0),                     // imul ecx, edx
            (&[0x01, 0xca], 0),                           // add edx, ecx
            (&[0xc3], PASSED),                            // ret
        ];
        for (bytes, reads) in cases {
            assert_eq!(effect(bytes), VectorEffect::reading(*reads), "{bytes:x?}");
        }
    }

    #[test]
    fn nothing_is_known_of_others() {
        // vaddsd, pcmpestrm, sha256rnds2, fxrstor
        let others: &[&[u8]] = &[
            &[0xc5, 0xfb, 0x58, 0xc1],
            &[0x66, 0x0f, 0x3a, 0x60, 0xca, 4],
            &[0x0f, 0x38, 0xcb, 0xca],
            &[0x0f, 0xae, 0x0f],
        ];
        for bytes in others {
            assert_eq!(effect(bytes), VectorEffect::UNKNOWN, "{bytes:x?}");
        }
    }
}
