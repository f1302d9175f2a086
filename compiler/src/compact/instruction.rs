//! Lengths and parts of x86-64 instructions: those that a compiler emits, in 64-bit mode. Anything else is not decoded.

/// How the opcode is introduced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Prefixes, perhaps REX.
    Legacy,
    /// VEX.
    Vex,
    /// EVEX.
    Evex,
}

/// An instruction, all positions relative to its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Bytes.
    pub len: usize,
    /// How the opcode is introduced.
    pub encoding: Encoding,
    /// Opcode map: 0 of one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A.
    pub map: u8,
    /// Last byte of the opcode.
    pub opcode: u8,
    /// The bits R, X and B that extend the numbers of registers, as in REX: 4, 2 and 1. W is 8.
    pub rex: u8,
    /// Whether there is a REX prefix; it is right before the opcode.
    pub has_rex: bool,
    /// Where the ModRM byte is, and what it is.
    pub modrm: Option<(usize, u8)>,
    /// The SIB byte.
    pub sib: Option<u8>,
    /// Where the displacement is, and its bytes.
    pub displacement: (usize, usize),
}

impl Instruction {
    /// The displacement, 0 if there is none. `bytes` begins with the instruction.
    pub fn displacement_of(&self, bytes: &[u8]) -> i32 {
        let (at, len) = self.displacement;
        match bytes[at..at + len] {
            [byte] => i32::from(byte as i8),
            [a, b, c, d] => i32::from_le_bytes([a, b, c, d]),
            // There are no other lengths.
            _ => 0,
        }
    }

    /// ModRM's field mod; 3 means a register.
    pub fn mode(&self) -> Option<u8> {
        self.modrm.map(|(_, byte)| byte >> 6)
    }

    /// ModRM's field reg, without its extension.
    pub fn reg(&self) -> Option<u8> {
        self.modrm.map(|(_, byte)| byte >> 3 & 7)
    }

    /// ModRM's field r/m, without its extension.
    pub fn rm(&self) -> Option<u8> {
        self.modrm.map(|(_, byte)| byte & 7)
    }

    /// Whether it is the legacy instruction with this opcode of one byte.
    pub fn is(&self, opcode: u8) -> bool {
        self.encoding == Encoding::Legacy && self.map == 0 && self.opcode == opcode
    }

    /// Whether an operand is at a distance from the instruction's end.
    pub fn is_relative(&self) -> bool {
        self.mode() == Some(0) && self.rm() == Some(5)
    }
}

/// Decodes the first instruction of `bytes`.
pub fn decode(bytes: &[u8]) -> Option<Instruction> {
    let mut at = 0;
    let (mut narrow, mut repeat) = (false, false);
    loop {
        match bytes.get(at)? {
            0x66 => narrow = true,
            0xf2 | 0xf3 => repeat = true,
            0xf0 => {}
            _ => break,
        }
        at += 1;
        if at > 4 {
            return None;
        }
    }
    let first = *bytes.get(at)?;
    let prefixed = narrow || repeat;
    let (encoding, map, rex, has_rex) = match first {
        0xc4 | 0xc5 | 0x62 if prefixed => return None,
        0xc5 => (Encoding::Vex, 1, !*bytes.get(at + 1)? >> 5 & 4, false),
        0xc4 => {
            let (head, wide) = (*bytes.get(at + 1)?, *bytes.get(at + 2)?);
            (Encoding::Vex, head & 0x1f, !head >> 5 & 7 | wide >> 4 & 8, false)
        }
        0x62 => (Encoding::Evex, *bytes.get(at + 1)? & 7, 0, false),
        0x40..=0x4f => (Encoding::Legacy, 0, first & 15, true),
        _ => (Encoding::Legacy, 0, 0, false),
    };
    at += match (encoding, first) {
        (Encoding::Vex, 0xc5) => 2,
        (Encoding::Vex, _) => 3,
        (Encoding::Evex, _) => 4,
        (Encoding::Legacy, _) => usize::from(has_rex),
    };
    let (map, opcode_at) = if encoding == Encoding::Legacy { legacy_map(bytes, at)? } else { (map, at) };
    let opcode = *bytes.get(opcode_at)?;
    let mut instruction = Instruction {
        len: opcode_at + 1,
        encoding,
        map,
        opcode,
        rex,
        has_rex,
        modrm: None,
        sib: None,
        displacement: (0, 0),
    };
    let has_modrm = if encoding == Encoding::Legacy {
        legacy_has_modrm(map, opcode)?
    } else {
        (1..=3).contains(&map) && !(map == 1 && opcode == 0x77)
    };
    if has_modrm {
        read_operand(&mut instruction, bytes)?;
    }
    instruction.len += match encoding {
        Encoding::Legacy => legacy_immediate(&instruction, narrow),
        Encoding::Vex | Encoding::Evex => usize::from(map == 3 || map == 1 && takes_byte(opcode)),
    };
    (instruction.len <= bytes.len().min(15)).then_some(instruction)
}

/// The opcode map, and where the last byte of the opcode is.
fn legacy_map(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    if *bytes.get(at)? != 0x0f {
        return Some((0, at));
    }
    Some(match *bytes.get(at + 1)? {
        0x38 => (2, at + 2),
        0x3a => (3, at + 2),
        _ => (1, at + 1),
    })
}

/// ModRM, SIB and displacement.
fn read_operand(instruction: &mut Instruction, bytes: &[u8]) -> Option<()> {
    let at = instruction.len;
    let modrm = *bytes.get(at)?;
    instruction.modrm = Some((at, modrm));
    instruction.len += 1;
    let (mode, rm) = (modrm >> 6, modrm & 7);
    if mode == 3 {
        return Some(());
    }
    let mut base = rm;
    if rm == 4 {
        let sib = *bytes.get(instruction.len)?;
        instruction.sib = Some(sib);
        instruction.len += 1;
        base = sib & 7;
    }
    let len = match mode {
        0 if base == 5 => 4,
        0 => 0,
        1 => 1,
        _ => 4,
    };
    instruction.displacement = (instruction.len, len);
    instruction.len += len;
    Some(())
}

/// Whether an opcode has a ModRM byte; `None` for those that are not decoded.
fn legacy_has_modrm(map: u8, opcode: u8) -> Option<bool> {
    match (map, opcode) {
        (0, 0x00..=0x3f) => match opcode & 7 {
            0..=3 => Some(true),
            4 | 5 => Some(false),
            _ => None,
        },
        (0, 0x63 | 0x69 | 0x6b | 0x80 | 0x81 | 0x83..=0x8f | 0xc0 | 0xc1 | 0xc6 | 0xc7 | 0xd0..=0xd3) => Some(true),
        (0, 0xf6 | 0xf7 | 0xfe | 0xff) => Some(true),
        (0, 0x50..=0x5f | 0x68 | 0x6a | 0x70..=0x7f | 0x90..=0x99 | 0xa4 | 0xa5 | 0xa8..=0xab) => Some(false),
        (0, 0xb0..=0xbf | 0xc2 | 0xc3 | 0xc9 | 0xcc | 0xe8 | 0xe9 | 0xeb) => Some(false),
        (1, 0x0b | 0x77 | 0x80..=0x8f | 0xc8..=0xcf) => Some(false),
        (1, 0x10..=0x1f | 0x28..=0x2f | 0x40..=0x76 | 0x7c..=0x7f | 0x90..=0x9f | 0xa3..=0xa5) => Some(true),
        (1, 0xab..=0xc7 | 0xd0..=0xfe) => Some(true),
        (2 | 3, _) => Some(true),
        _ => None,
    }
}

/// Whether an opcode of map 1 that has a ModRM byte takes an immediate byte.
fn takes_byte(opcode: u8) -> bool {
    matches!(opcode, 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6)
}

/// Bytes of the immediate operand, or of a branch's displacement.
fn legacy_immediate(instruction: &Instruction, narrow: bool) -> usize {
    let word = if narrow { 2 } else { 4 };
    match (instruction.map, instruction.opcode) {
        (0, 0x00..=0x3f) => match instruction.opcode & 7 {
            4 => 1,
            5 => word,
            _ => 0,
        },
        (0, 0x68 | 0x69 | 0x81 | 0xa9 | 0xc7) => word,
        (0, 0x6a | 0x6b | 0x70..=0x7f | 0x80 | 0x83 | 0xa8 | 0xb0..=0xb7 | 0xc0 | 0xc1 | 0xc6 | 0xeb) => 1,
        (0, 0xb8..=0xbf) if instruction.rex & 8 != 0 => 8,
        (0, 0xb8..=0xbf) => word,
        (0, 0xc2) => 2,
        (0, 0xe8 | 0xe9) | (1, 0x80..=0x8f) => 4,
        (0, 0xf6) if instruction.reg().is_some_and(|reg| reg < 2) => 1,
        (0, 0xf7) if instruction.reg().is_some_and(|reg| reg < 2) => word,
        (1, opcode) if takes_byte(opcode) => 1,
        (3, _) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(bytes: &[u8]) -> Option<usize> {
        // What follows must not matter.
        let mut padded = bytes.to_vec();
        padded.extend([0xcc; 16]);
        decode(&padded).map(|instruction| instruction.len)
    }

    #[test]
    fn lengths_are_those_of_the_manual() {
        let instructions: &[&[u8]] = &[
            &[0x55],                                        // push rbp
            &[0x48, 0x89, 0xe5],                            // mov rbp, rsp
            &[0x48, 0x81, 0xec, 0x70, 1, 0, 0],             // sub rsp, 0x170
            &[0x4c, 0x89, 0xb4, 0x24, 0x58, 1, 0, 0],       // mov [rsp+0x158], r14
            &[0x41, 0x0f, 0xb6, 0x8d, 0x2e, 0, 1, 0],       // movzx ecx, byte [r13+0x1002e]
            &[0xc7, 0x81, 0x1c, 0, 1, 0, 0, 0, 0, 0],       // mov dword [rcx+0x1001c], 0
            &[0x66, 0xc7, 0x81, 0x1c, 0, 1, 0, 5, 0],       // mov word [rcx+0x1001c], 5
            &[0x49, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8],          // mov r8, imm64
            &[0xb8, 1, 2, 3, 4],                            // mov eax, imm32
            &[0xf6, 0xc1, 1],                               // test cl, 1
            &[0xf6, 0xd9],                                  // neg cl
            &[0xf7, 0xc1, 1, 0, 0, 0],                      // test ecx, 1
            &[0xf7, 0xf9],                                  // idiv ecx
            &[0x66, 0xf7, 0xc1, 1, 0],                      // test cx, 1
            &[0x0f, 0x84, 1, 0, 0, 0],                      // je
            &[0x74, 1],                                     // je
            &[0xe9, 1, 0, 0, 0],                            // jmp
            &[0xff, 0xe0],                                  // jmp rax
            &[0x0f, 0x0b],                                  // ud2
            &[0xf2, 0x0f, 0x10, 0x05, 1, 0, 0, 0],          // movsd xmm0, [rip+1]
            &[0xf3, 0x45, 0x0f, 0xb8, 0xc1],                // popcnt r8d, r9d
            &[0x66, 0x0f, 0x3a, 0x0f, 0xc1, 4],             // palignr
            &[0x66, 0x0f, 0x38, 0x00, 0xc1],                // pshufb
            &[0x66, 0x0f, 0x70, 0xc1, 0],                   // pshufd
            &[0x66, 0x0f, 0xef, 0xc1],                      // pxor
            &[0xf0, 0x4c, 0x0f, 0xb1, 0x04, 0x0a],          // lock cmpxchg [rdx+rcx], r8
            &[0xc5, 0xfb, 0x58, 0xc1],                      // vaddsd
            &[0xc4, 0xe3, 0x79, 0x0f, 0xc1, 4],             // vpalignr
            &[0xc4, 0xe2, 0xf1, 0x98, 0x44, 0x24, 8],       // vfmadd132pd xmm0, xmm1, [rsp+8]
            &[0xc4, 0xe3, 0x7b, 0xf0, 0xc1, 7],             // rorx
            &[0xc5, 0xf8, 0x77],                            // vzeroupper
            &[0x62, 0xf1, 0xfd, 0x08, 0xdb, 0x44, 0x24, 1], // vpandq with a displacement
            &[0x62, 0xf3, 0x6d, 0x08, 0x25, 0xc1, 0x96],    // vpternlogd
            &[0x8b, 0x04, 0x25, 0, 0, 1, 0],                // mov eax, [0x10000]
            &[0x8b, 0x84, 0x8a, 0, 0, 1, 0],                // mov eax, [rdx+rcx*4+0x10000]
            &[0x69, 0xc1, 1, 2, 3, 4],                      // imul eax, ecx, imm32
            &[0x0f, 0xa4, 0xc8, 3],                         // shld eax, ecx, 3
            &[0x0f, 0xc8],                                  // bswap eax
            &[0xc2, 16, 0],                                 // ret 16
        ];
        for bytes in instructions {
            assert_eq!(length(bytes), Some(bytes.len()), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_not_known_or_cut_off_is_not_decoded() {
        assert_eq!(length(&[0x0f, 0x05]), None);
        assert_eq!(length(&[0xf4]), None);
        assert_eq!(length(&[0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0]), None);
        assert_eq!(decode(&[0x0f, 0x84, 1, 0, 0]), None);
        assert_eq!(decode(&[]), None);
    }

    #[test]
    fn parts_are_found() {
        let load = decode(&[0x4c, 0x8b, 0xb4, 0x24, 0x58, 1, 0, 0]).unwrap();
        assert_eq!((load.mode(), load.rm(), load.sib), (Some(2), Some(4), Some(0x24)));
        assert_eq!((load.displacement, load.rex, load.reg()), ((4, 4), 12, Some(6)));
        // The bits of VEX are inverted: xmm8 and the base r9.
        let vex = decode(&[0xc4, 0x41, 0x7b, 0x10, 0x01]).unwrap();
        assert_eq!((vex.rex, vex.map, vex.opcode), (5, 1, 0x10));
        assert_eq!(decode(&[0xc5, 0x7b, 0x10, 0x01]).unwrap().rex, 4);
    }
}
