//! Instructions taken apart, so that operands can be changed, and put together again.

use super::instruction::{Encoding, Instruction};
use super::survey::Bytes;

/// An operand in memory: what is added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Memory {
    /// A register.
    pub base: Option<u8>,
    /// Another one, and the logarithm of what it is multiplied with.
    pub index: Option<(u8, u8)>,
    /// A constant.
    pub displacement: i32,
}

impl Memory {
    /// Whether it is on the stack.
    pub fn is_frame(&self) -> bool {
        matches!(self.base, Some(4 | 5))
    }

    /// The registers in it: a bit for each.
    pub fn registers(&self) -> u16 {
        self.base.map_or(0, |base| 1 << base) | self.index.map_or(0, |(index, _)| 1 << index)
    }

    fn of(bytes: &[u8], instruction: &Instruction) -> Option<Memory> {
        let (mode, rm) = (instruction.mode()?, instruction.rm()?);
        if instruction.is_relative() {
            return None;
        }
        let extended = |number: u8, bit: u8| number | if instruction.rex & bit == 0 { 0 } else { 8 };
        let displacement = instruction.displacement_of(bytes);
        let Some(sib) = instruction.sib else {
            return Some(Memory { base: Some(extended(rm, 1)), index: None, displacement });
        };
        let base = (mode != 0 || sib & 7 != 5).then_some(extended(sib & 7, 1));
        let index = extended(sib >> 3 & 7, 2);
        Some(Memory { base, index: (index != 4).then_some((index, sib >> 6)), displacement })
    }

    /// ModRM without its field reg, what follows it, and the bits X and B of REX.
    fn encode(&self) -> (u8, Bytes, u8) {
        let near = i8::try_from(self.displacement);
        let (mode, displacement) = match (self.base, self.displacement, near) {
            (None, ..) => (0, Bytes::of(&[&self.displacement.to_le_bytes()])),
            (Some(base), 0, _) if base & 7 != 5 => (0, Bytes::default()),
            (_, _, Ok(near)) => (1, Bytes::of(&[&near.to_le_bytes()])),
            (_, _, Err(_)) => (2, Bytes::of(&[&self.displacement.to_le_bytes()])),
        };
        let base = self.base.unwrap_or(5);
        if self.index.is_none() && self.base.is_some() && base & 7 != 4 {
            return (mode << 6 | base & 7, displacement, base >> 3);
        }
        let (index, scale) = self.index.unwrap_or((4, 0));
        let sib = [scale << 6 | (index & 7) << 3 | base & 7];
        (mode << 6 | 4, Bytes::of(&[&sib, displacement.as_slice()]), index >> 3 << 1 | base >> 3)
    }
}

/// What ModRM's field r/m refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A register.
    Register(u8),
    /// Memory.
    Memory(Memory),
}

/// An instruction without VEX and EVEX that has a ModRM byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// The last prefix before REX, 0 if there is none.
    pub prefix: u8,
    /// REX.W: operands of 64 bits.
    pub wide: bool,
    /// Whether REX is there even if it does nothing: it makes other registers of the numbers 4 to 7 of registers of 8 bits.
    pub has_rex: bool,
    /// The opcode map.
    pub map: u8,
    /// Last byte of the opcode.
    pub opcode: u8,
    /// ModRM's field reg, with its extension.
    pub reg: u8,
    /// ModRM's field r/m.
    pub operand: Operand,
    /// The immediate operand.
    pub immediate: Bytes,
}

impl Form {
    /// Takes an instruction apart, of which `bytes` begins with the bytes. `None` for those with several prefixes, and with operands at
    /// a distance from their end.
    pub fn of(bytes: &[u8], instruction: &Instruction) -> Option<Form> {
        if instruction.encoding != Encoding::Legacy {
            return None;
        }
        let (modrm_at, modrm) = instruction.modrm?;
        let opcode_at = modrm_at - 1;
        let introduced = [0, 1, 2, 2][usize::from(instruction.map & 3)] + usize::from(instruction.has_rex);
        let prefix = match opcode_at - introduced {
            0 => 0,
            1 if bytes[0] != 0xf0 => bytes[0],
            _ => return None,
        };
        let extended = |number: u8, bit: u8| number | if instruction.rex & bit == 0 { 0 } else { 8 };
        let operand = match modrm >> 6 {
            3 => Operand::Register(extended(modrm & 7, 1)),
            _ => Operand::Memory(Memory::of(bytes, instruction)?),
        };
        let (at, len) = instruction.displacement;
        let operands_end = if len > 0 { at + len } else { modrm_at + 1 + usize::from(instruction.sib.is_some()) };
        Some(Form {
            prefix,
            wide: instruction.rex & 8 != 0,
            has_rex: instruction.has_rex,
            map: instruction.map,
            opcode: instruction.opcode,
            reg: extended(modrm >> 3 & 7, 4),
            operand,
            immediate: Bytes::of(&[&bytes[operands_end..instruction.len]]),
        })
    }

    /// The operand in memory, if there is one.
    pub fn memory(&self) -> Option<&Memory> {
        match &self.operand {
            Operand::Memory(memory) => Some(memory),
            Operand::Register(_) => None,
        }
    }

    /// The instruction's bytes; `None` if they are too many.
    pub fn encode(&self) -> Option<Bytes> {
        let (rest, tail, low) = match self.operand {
            Operand::Register(register) => (0xc0 | register & 7, Bytes::default(), register >> 3),
            Operand::Memory(memory) => memory.encode(),
        };
        let rex = [0x40 | u8::from(self.wide) << 3 | self.reg >> 3 << 2 | low];
        let map: &[u8] = [&[][..], &[0x0f], &[0x0f, 0x38], &[0x0f, 0x3a]][usize::from(self.map & 3)];
        let parts: [&[u8]; 6] = [
            if self.prefix == 0 { &[] } else { std::slice::from_ref(&self.prefix) },
            if rex[0] == 0x40 && !self.has_rex { &[] } else { &rex },
            map,
            &[self.opcode, rest | (self.reg & 7) << 3],
            tail.as_slice(),
            self.immediate.as_slice(),
        ];
        (parts.iter().map(|part| part.len()).sum::<usize>() <= 15).then(|| Bytes::of(&parts))
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::decode;
    use super::*;

    #[test]
    fn what_is_taken_apart_goes_together_again() {
        let cases: &[&[u8]] = &[
            &[0x8b, 0x81, 0, 0, 1, 0],                   // mov eax, [rcx+0x10000]
            &[0x8b, 0x01],                               // mov eax, [rcx]
            &[0x4d, 0x8b, 0x45, 0],                      // mov r8, [r13]
            &[0x49, 0x8b, 0x04, 0x24],                   // mov rax, [r12]
            &[0x8b, 0x44, 0x24, 8],                      // mov eax, [rsp+8]
            &[0x8b, 0x45, 0x80],                         // mov eax, [rbp-128]
            &[0x8b, 0x04, 0x25, 0, 0, 1, 0],             // mov eax, [0x10000]
            &[0x8b, 0x04, 0x8d, 0, 0, 1, 0],             // mov eax, [rcx*4+0x10000]
            &[0x43, 0x8b, 0x84, 0x8a, 0, 0, 1, 0],       // mov eax, [r10+r9*4+0x10000]
            &[0x42, 0x8b, 0x04, 0x20],                   // mov eax, [rax+r12]
            &[0x0f, 0xb6, 0x81, 0, 0, 1, 0],             // movzx eax, byte [rcx+0x10000]
            &[0x66, 0x83, 0x79, 4, 5],                   // cmp word [rcx+4], 5
            &[0xf7, 0x81, 0, 0, 1, 0, 1, 2, 3, 4],       // test dword [rcx+0x10000], imm32
            &[0x40, 0xf6, 0xc6, 1],                      // test sil, 1
            &[0xf2, 0x48, 0x0f, 0x2a, 0xc1],             // cvtsi2sd xmm0, rcx
            &[0x66, 0x45, 0x0f, 0x38, 0x00, 0x48, 0x10], // pshufb xmm9, [r8+16]
        ];
        for case in cases {
            let mut padded = case.to_vec();
            padded.extend([0xcc; 16]);
            let instruction = decode(&padded).unwrap();
            let form = Form::of(&padded, &instruction).unwrap();
            assert_eq!(form.encode().unwrap().as_slice(), *case, "{form:x?}");
        }
        // [rip+4]; lock; two prefixes
        for case in [&[0x8b, 0x05, 4, 0, 0, 0][..], &[0xf0, 0x0f, 0xb1, 0x0a], &[0x66, 0xf2, 0x0f, 0x38, 0xf1, 0xc1]] {
            assert_eq!(Form::of(case, &decode(case).unwrap()), None, "{case:x?}");
        }
    }
}
