//! Which general-purpose registers an x86-64 instruction reads and writes. What is not known is assumed to do both to all.

use super::instruction::{Encoding, Instruction};

/// A set of general-purpose registers: a bit for each, by its number.
pub type Registers = u16;

/// All of them.
pub const ALL: Registers = !0;
/// `rsp` and `rbp`.
pub const FRAME: Registers = 1 << 4 | 1 << 5;
/// Those that a function called may change: all but `rbx`, `rsp`, `rbp` and `r12` to `r15`.
const CALLER_SAVED: Registers = 0x0fc7;
/// What any function called reads: the frame's registers, and `r15`, which may have the address of the instance.
const CALLED: Registers = FRAME | 1 << 15;
/// Integer arguments in order: `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`.
const ARGUMENTS: [u8; 6] = [7, 6, 2, 1, 8, 9];
/// Integer results in order: `rax`, `rcx`, `rdx`, `rsi`, `rdi`, `r8`, `r9`, `r10`. Functions of the system have the second in `rdx`.
const RESULTS: [u8; 8] = [0, 1, 2, 6, 7, 8, 9, 10];

const RAX: Registers = 1;
const RCX: Registers = 1 << 1;
const RDX: Registers = 1 << 2;

/// Where so many integers are passed to a function, those that are in registers.
pub fn arguments(count: usize) -> Registers {
    ARGUMENTS.iter().take(count).fold(0, |set, register| set | 1 << register)
}

/// Where so many integers may be when a function returns.
pub fn results(count: usize) -> Registers {
    let set = RESULTS.iter().take(count).fold(0, |set, register| set | 1 << register);
    if count == 2 { set | RDX } else { set }
}

/// What an instruction does to registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effect {
    /// Whose values can matter.
    pub reads: Registers,
    /// Which can change.
    pub writes: Registers,
    /// Which have a value after it that does not depend on their value before, but through `reads`.
    pub sets: Registers,
    /// Of which of `reads` the upper 32 bits can matter.
    pub wide: Registers,
    /// Whose upper 32 bits are zero after it.
    pub zeroed: Registers,
}

/// Nothing but reading.
const fn reading(reads: Registers) -> Effect {
    doing(reads, 0, 0)
}

/// Reads, writes and sets, of all bits.
const fn doing(reads: Registers, writes: Registers, sets: Registers) -> Effect {
    Effect { reads, writes, sets, wide: reads, zeroed: 0 }
}

impl Effect {
    /// Nothing at all.
    pub const NOTHING: Effect = reading(0);
    /// What must be assumed of instructions that are not known.
    pub const UNKNOWN: Effect = doing(ALL, ALL, 0);
    /// What a call of an unknown function does: any register that it may change can be an argument.
    pub const CALL: Effect = doing(CALLER_SAVED | CALLED, CALLER_SAVED, CALLER_SAVED);

    /// What a call of a function does whose arguments are in these registers.
    pub const fn call(arguments: Registers) -> Effect {
        doing(arguments | CALLED, CALLER_SAVED, CALLER_SAVED)
    }

    /// What a return does of a function whose results are in these registers.
    pub const fn leave(results: Registers) -> Effect {
        reading(results | !CALLER_SAVED)
    }

    /// A load of a stack slot that is not followed.
    pub const fn load(register: u8) -> Effect {
        doing(FRAME, 1 << register, 1 << register)
    }

    /// A move of 64 bits.
    pub const fn moving(to: u8, from: u8) -> Effect {
        doing(1 << from, 1 << to, 1 << to)
    }

    /// A store to one.
    pub const fn store(register: u8) -> Effect {
        reading(FRAME | 1 << register)
    }

    /// What an instruction does, of which `bytes` begins with the bytes.
    pub fn of(bytes: &[u8], instruction: &Instruction) -> Effect {
        let operands = Operands::of(bytes, instruction);
        let effect = match (instruction.encoding, instruction.map) {
            (Encoding::Legacy, 0) => operands.one_byte(instruction.opcode),
            (Encoding::Legacy, 1) => operands.two_bytes(instruction.opcode),
            _ => None,
        };
        effect.map_or(Effect::UNKNOWN, |effect| operands.by_width(effect, instruction))
    }
}

/// The operands of an instruction.
struct Operands {
    /// What is added up to an address.
    address: Registers,
    /// The register in ModRM's field reg, if that is one.
    reg: Registers,
    /// The register in ModRM's field r/m; none for an operand in memory.
    rm: Registers,
    /// ModRM's field reg as an extension of the opcode.
    extension: u8,
    /// The register in the lowest bits of the opcode.
    short: Registers,
    /// Whether there is a prefix for 16 bits.
    narrow: bool,
    /// Whether there is a prefix F3.
    repeat: bool,
    /// Whether there is a REX prefix, without which the numbers 4 to 7 of registers of 8 bits are the second bytes of the first four.
    has_rex: bool,
}

impl Operands {
    fn of(bytes: &[u8], instruction: &Instruction) -> Operands {
        let rex = instruction.rex;
        let numbered = |number: u8, extension: u8| 1 << (number | if rex & extension == 0 { 0 } else { 8 });
        let prefixes = || bytes.iter().take_while(|byte| matches!(byte, 0x66 | 0xf0 | 0xf2 | 0xf3));
        let (mode, field) = (instruction.mode(), instruction.rm().unwrap_or(0));
        let address = match (mode, instruction.sib) {
            (None | Some(3), _) => 0,
            (Some(mode), Some(sib)) => {
                let base = if mode == 0 && sib & 7 == 5 { 0 } else { numbered(sib & 7, 1) };
                let index = numbered(sib >> 3 & 7, 2);
                base | if index == 1 << 4 { 0 } else { index }
            }
            (Some(0), None) if field == 5 => 0,
            (Some(_), None) => numbered(field, 1),
        };
        Operands {
            address,
            reg: instruction.reg().map_or(0, |reg| numbered(reg, 4)),
            rm: if mode == Some(3) { numbered(field, 1) } else { 0 },
            extension: instruction.reg().unwrap_or(0),
            short: numbered(instruction.opcode & 7, 1),
            narrow: prefixes().any(|byte| *byte == 0x66),
            repeat: prefixes().any(|byte| *byte == 0xf3),
            has_rex: instruction.has_rex,
        }
    }

    /// An effect with what is known of the upper halves of registers, which only instructions with a prefix for 64 bits read and
    /// make, but for addresses and places in the code.
    fn by_width(&self, effect: Effect, instruction: &Instruction) -> Effect {
        let always_wide = instruction.map == 0 && matches!(instruction.opcode, 0x50..=0x5f | 0xc2 | 0xc3 | 0xe8 | 0xff);
        if always_wide || instruction.rex & 8 != 0 {
            return effect;
        }
        // With a count of zero, a shift may do nothing at all.
        let zeroed = match (instruction.map, instruction.opcode) {
            (0, 0xd2 | 0xd3) => 0,
            // A conditional move writes in any case; multiplications; the order of bytes.
            (1, 0x40..=0x4f | 0xaf | 0xc8..=0xcf) if !self.narrow => effect.writes,
            _ => effect.sets,
        };
        Effect { wide: effect.reads & self.address, zeroed, ..effect }
    }

    /// Operands that are registers of 8 bits: `ah` to `bh` are in `rax` to `rbx`.
    fn bytes(&self, registers: Registers) -> Registers {
        if self.has_rex { registers } else { registers | registers >> 4 & 15 }
    }

    /// The operand r/m, or its address, read.
    fn rm_reads(&self) -> Registers {
        self.rm | self.address
    }

    /// A destination that is set to something made of what is read; all of it, or 8 bits.
    fn sets(&self, destination: Registers, reads: Registers, is_byte: bool) -> Effect {
        let reads = reads | self.address;
        if is_byte {
            let (destination, reads) = (self.bytes(destination), self.bytes(reads) | reads);
            return doing(reads | destination, destination, 0);
        }
        if self.narrow {
            return doing(reads | destination, destination, 0);
        }
        doing(reads, destination, destination)
    }

    /// What an opcode of one byte does.
    fn one_byte(&self, opcode: u8) -> Option<Effect> {
        let (reg, rm) = (self.reg, self.rm);
        let is_byte = opcode & 1 == 0;
        let changes = |destination: Registers| self.sets(destination, destination | reg | rm, is_byte);
        let bytes = |registers: Registers| if is_byte { self.bytes(registers) | registers } else { registers };
        let only_read = || reading(bytes(reg | rm) | self.address);
        let by_itself = |others: Registers| self.sets(rm, rm | others, is_byte);
        Some(match opcode {
            0x38..=0x3b => only_read(),
            0x3c | 0x3d | 0xa8 | 0xa9 => reading(RAX),
            // xor and sub of a register with itself.
            0x29 | 0x2b | 0x31 | 0x33 if reg == rm && !self.narrow => doing(0, rm, rm),
            0x00..=0x3f if opcode & 7 < 2 => changes(rm),
            0x00..=0x3f if opcode & 7 < 4 => changes(reg),
            0x00..=0x3f if opcode & 7 < 6 => doing(RAX, RAX, 0),
            0x58..=0x5f => doing(FRAME, self.short | 1 << 4, 0),
            0x63 | 0x69 | 0x6b => self.sets(reg, rm, false),
            0x80 | 0x81 | 0x83 if self.extension == 7 => reading(bytes(rm) | self.address),
            0x80 | 0x81 | 0x83 => self.sets(rm, rm, opcode == 0x80),
            0x84 | 0x85 => only_read(),
            0x88 | 0x89 => self.sets(rm, reg, is_byte),
            0x8a | 0x8b => self.sets(reg, rm, is_byte),
            0x8d => self.sets(reg, 0, false),
            0x98 => doing(RAX, RAX, 0),
            0x99 => self.sets(RDX, RAX, false),
            0xb0..=0xb7 => self.sets(self.short, 0, true),
            0xb8..=0xbf => self.sets(self.short, 0, false),
            0xc0 | 0xc1 | 0xd0 | 0xd1 => by_itself(0),
            0xd2 | 0xd3 => by_itself(RCX),
            0xc6 | 0xc7 => self.sets(rm, 0, is_byte),
            0x70..=0x7f | 0xe9 | 0xeb => reading(0),
            0xe8 => Effect::CALL,
            0xf6 | 0xf7 if self.extension < 2 => reading(bytes(rm) | self.address),
            0xf6 | 0xf7 if self.extension < 4 => by_itself(0),
            0xf6 | 0xf7 => doing(bytes(rm) | self.address | RAX | RDX, RAX | RDX, 0),
            0xfe | 0xff if self.extension < 2 => by_itself(0),
            0xff if self.extension == 2 => Effect::CALL,
            0xff if self.extension == 4 => reading(self.rm_reads()),
            _ => return None,
        })
    }

    /// What an opcode of two bytes does.
    fn two_bytes(&self, opcode: u8) -> Option<Effect> {
        let (reg, rm) = (self.reg, self.rm);
        let all = reg | self.rm_reads();
        let writes = |writes: Registers, reads: Registers| doing(reads | writes, writes, 0);
        Some(match opcode {
            // Nothing follows that could read.
            0x0b => reading(0),
            0x1f => reading(self.address),
            0x2c | 0x2d | 0x50 | 0xc5 | 0xd7 => self.sets_whatever_the_prefix(reg),
            0x2a | 0x6e | 0xc4 => reading(self.rm_reads()),
            0x7e if !self.repeat => self.sets_whatever_the_prefix(rm),
            // What has vectors only, or is addressed.
            0x10..=0x17 | 0x28 | 0x29 | 0x2e | 0x2f | 0x51..=0x76 | 0x7c..=0x7f => reading(self.address),
            0xc2 | 0xc6 | 0xd0..=0xd6 | 0xd8..=0xf6 | 0xf8..=0xfe => reading(self.address),
            0x40..=0x4f | 0xaf | 0xb8 | 0xbc | 0xbd => writes(reg, all),
            0x80..=0x8f => reading(0),
            0x90..=0x9f => self.sets(rm, 0, true),
            0xa3 => reading(all),
            0xba if self.extension == 4 => reading(all),
            0xba => writes(rm, self.rm_reads()),
            0xab | 0xb3 | 0xbb => writes(rm, all),
            0xa4 | 0xa5 | 0xac | 0xad => writes(rm, all | RCX),
            0xb6 | 0xbe => self.sets(reg, self.bytes(rm) | rm, false),
            0xb7 | 0xbf => self.sets(reg, rm, false),
            0xc8..=0xcf => writes(self.short, 0),
            _ => return None,
        })
    }

    /// A register of at least 32 bits made of a vector; prefixes say of which kind.
    fn sets_whatever_the_prefix(&self, destination: Registers) -> Effect {
        doing(self.address, destination, destination)
    }
}

#[cfg(test)]
mod tests {
    use super::super::instruction::decode;
    use super::*;

    fn effect(bytes: &[u8]) -> Effect {
        let mut padded = bytes.to_vec();
        padded.extend([0xcc; 16]);
        let instruction = decode(&padded).unwrap();
        assert_eq!(instruction.len, bytes.len(), "{bytes:x?}");
        Effect::of(&padded, &instruction)
    }

    fn set(registers: &[u8]) -> Registers {
        registers.iter().fold(0, |set, register| set | 1 << register)
    }

    #[test]
    fn effects_are_those_of_the_manual() {
        // Bytes, registers read, written, and set.
        type Case = (&'static [u8], &'static [u8], &'static [u8], &'static [u8]);
        let cases: &[Case] = &[
            (&[0x48, 0x89, 0xc1], &[0], &[1], &[1]),                    // mov rcx, rax
            (&[0x41, 0x89, 0xc1], &[0], &[9], &[9]),                    // mov r9d, eax
            (&[0x66, 0x89, 0xc1], &[0, 1], &[1], &[]),                  // mov cx, ax
            (&[0x88, 0xe1], &[0, 1, 4], &[1], &[]),                     // mov cl, ah
            (&[0x40, 0x88, 0xe1], &[1, 4], &[1], &[]),                  // mov cl, spl
            (&[0x8b, 0x84, 0x8a, 0, 0, 1, 0], &[1, 2], &[0], &[0]),     // mov eax, [rdx+rcx*4+0x10000]
            (&[0x8b, 0x04, 0x25, 0, 0, 1, 0], &[], &[0], &[0]),         // mov eax, [0x10000]
            (&[0x8b, 0x05, 0, 0, 1, 0], &[], &[0], &[0]),               // mov eax, [rip+0x10000]
            (&[0x43, 0x8b, 0x04, 0x25, 0, 0, 1, 0], &[12], &[0], &[0]), // mov eax, [r12+0x10000]
            (&[0x89, 0x81, 0, 0, 1, 0], &[0, 1], &[], &[]),             // mov [rcx+0x10000], eax
            (&[0x01, 0xc8], &[0, 1], &[0], &[0]),                       // add eax, ecx
            (&[0x03, 0x41, 8], &[0, 1], &[0], &[0]),                    // add eax, [rcx+8]
            (&[0x39, 0xc8], &[0, 1], &[], &[]),                         // cmp eax, ecx
            (&[0x3d, 1, 0, 0, 0], &[0], &[], &[]),                      // cmp eax, 1
            (&[0x31, 0xd2], &[], &[2], &[2]),                           // xor edx, edx
            (&[0x31, 0xc2], &[0, 2], &[2], &[2]),                       // xor edx, eax
            (&[0x83, 0xf9, 1], &[1], &[], &[]),                         // cmp ecx, 1
            (&[0x83, 0xc1, 1], &[1], &[1], &[1]),                       // add ecx, 1
            (&[0x80, 0xc5, 1], &[1, 5], &[1, 5], &[]),                  // add ch, 1
            (&[0x8d, 0x44, 0x0b, 4], &[1, 3], &[0], &[0]),              // lea eax, [rbx+rcx+4]
            (&[0xb8, 1, 2, 3, 4], &[], &[0], &[0]),                     // mov eax, imm32
            (&[0xd3, 0xe0], &[0, 1], &[0], &[0]),                       // shl eax, cl
            (&[0xf7, 0xf9], &[0, 1, 2], &[0, 2], &[]),                  // idiv ecx
            (&[0xf7, 0xd9], &[1], &[1], &[1]),                          // neg ecx
            (&[0xf7, 0xc1, 1, 0, 0, 0], &[1], &[], &[]),                // test ecx, 1
            (&[0x99], &[0], &[2], &[2]),                                // cdq
            (&[0x48, 0x63, 0xc1], &[1], &[0], &[0]),                    // movsxd rax, ecx
            (&[0x0f, 0xb6, 0xc5], &[1, 5], &[0], &[0]),                 // movzx eax, ch
            (&[0x0f, 0xb6, 0x81, 0, 0, 1, 0], &[1], &[0], &[0]),        // movzx eax, byte [rcx+0x10000]
            (&[0x0f, 0x44, 0xc1], &[0, 1], &[0], &[]),                  // cmove eax, ecx
            (&[0x0f, 0xbc, 0xc1], &[0, 1], &[0], &[]),                  // bsf eax, ecx
            (&[0x0f, 0x94, 0xc1], &[1], &[1], &[]),                     // sete cl
            (&[0x0f, 0xc8], &[0], &[0], &[]),                           // bswap eax
            (&[0x0f, 0xa4, 0xc8, 3], &[0, 1], &[0], &[]),               // shld eax, ecx, 3
            (&[0xf2, 0x48, 0x0f, 0x2c, 0xc1], &[], &[0], &[0]),         // cvttsd2si rax, xmm1
            (&[0xf2, 0x0f, 0x2a, 0xc1], &[1], &[], &[]),                // cvtsi2sd xmm0, ecx
            (&[0x66, 0x48, 0x0f, 0x7e, 0xc1], &[], &[1], &[1]),         // movq rcx, xmm0
            (&[0xf3, 0x0f, 0x7e, 0xc1], &[], &[], &[]),                 // movq xmm0, xmm1
            (&[0x66, 0x48, 0x0f, 0x6e, 0xc1], &[1], &[], &[]),          // movq xmm0, rcx
            (&[0xf2, 0x0f, 0x10, 0x81, 0, 0, 1, 0], &[1], &[], &[]),    // movsd xmm0, [rcx+0x10000]
            (&[0x66, 0x0f, 0xd7, 0xc1], &[], &[0], &[0]),               // pmovmskb eax, xmm1
        ];
        for (bytes, reads, writes, sets) in cases {
            let effect = effect(bytes);
            // More may be read than is.
            assert_eq!(effect.reads & set(reads), set(reads), "{bytes:x?}");
            assert_eq!((effect.writes & set(writes), effect.sets), (set(writes), set(sets)), "{bytes:x?}");
        }
    }

    #[test]
    fn upper_halves_are_those_of_the_manual() {
        // Bytes, registers whose upper half is read, and zero after it.
        type Case = (&'static [u8], &'static [u8], &'static [u8]);
        let cases: &[Case] = &[
            (&[0x48, 0x89, 0xc1], &[0], &[]),                 // mov rcx, rax
            (&[0x89, 0xc1], &[], &[1]),                       // mov ecx, eax
            (&[0x66, 0x89, 0xc1], &[], &[]),                  // mov cx, ax
            (&[0x88, 0xc1], &[], &[]),                        // mov cl, al
            (&[0x8b, 0x84, 0x8a, 0, 0, 1, 0], &[1, 2], &[0]), // mov eax, [rdx+rcx*4+0x10000]
            (&[0x48, 0x8b, 0x81, 0, 0, 1, 0], &[1], &[]),     // mov rax, [rcx+0x10000]
            (&[0x89, 0x81, 0, 0, 1, 0], &[1], &[]),           // mov [rcx+0x10000], eax
            (&[0x48, 0x01, 0xc8], &[0, 1], &[]),              // add rax, rcx
            (&[0x01, 0xc8], &[], &[0]),                       // add eax, ecx
            (&[0x48, 0x63, 0xc1], &[1], &[]),                 // movsxd rax, ecx
            (&[0x8d, 0x44, 0x0b, 4], &[1, 3], &[0]),          // lea eax, [rbx+rcx+4]
            (&[0xd3, 0xe0], &[], &[]),                        // shl eax, cl
            (&[0x0f, 0x44, 0xc1], &[], &[0]),                 // cmove eax, ecx
            (&[0x66, 0x0f, 0x44, 0xc1], &[], &[]),            // cmove ax, cx
            (&[0x0f, 0xbc, 0xc1], &[], &[]),                  // bsf eax, ecx
            (&[0x0f, 0x94, 0xc1], &[], &[]),                  // sete cl
            (&[0x99], &[], &[2]),                             // cdq
            (&[0x48, 0x99], &[0], &[]),                       // cqo
            (&[0xff, 0xe1], &[1], &[]),                       // jmp rcx
            (&[0x41, 0x58], &[4, 5], &[]),                    // pop r8
            (&[0x66, 0x48, 0x0f, 0x6e, 0xc1], &[1], &[]),     // movq xmm0, rcx
            (&[0xf2, 0x48, 0x0f, 0x2c, 0xc1], &[], &[]),      // cvttsd2si rax, xmm1
        ];
        for (bytes, wide, zeroed) in cases {
            let effect = effect(bytes);
            assert_eq!(effect.wide & set(wide), set(wide), "{bytes:x?}");
            assert_eq!(effect.zeroed, set(zeroed), "{bytes:x?}");
        }
    }

    #[test]
    fn no_second_bytes_are_read_of_wider_registers() {
        // cmp edi, 1; cmp edi, esi; test edi, edi; test edi, 1
        let cases: [(&[u8], &[u8]); 4] = [
            (&[0x83, 0xff, 1], &[7]),
            (&[0x39, 0xf7], &[6, 7]),
            (&[0x85, 0xff], &[7]),
            (&[0xf7, 0xc7, 1, 0, 0, 0], &[7]),
        ];
        for (bytes, reads) in cases {
            assert_eq!(effect(bytes), Effect { wide: 0, ..reading(set(reads)) }, "{bytes:x?}");
        }
    }

    #[test]
    fn nothing_is_known_of_others() {
        // lock cmpxchg, vaddsd, crc32, xchg, push
        let others: &[&[u8]] =
            &[&[0xf0, 0x4c, 0x0f, 0xb1, 0x04, 0x0a], &[0xc5, 0xfb, 0x58, 0xc1], &[0x48, 0x87, 0xc1], &[0x50]];
        for bytes in others {
            assert_eq!(effect(bytes), Effect::UNKNOWN, "{bytes:x?}");
        }
    }
}
