//! Accesses relative to the instruction pointer. The code generator puts the address of a symbol into a register with `lea`, and accesses
//! it through that. Where nothing else needs the register, one instruction does both.

use super::Marks;
use super::form::{Form, Operand};
use super::instruction::{Encoding, decode};
use super::registers::Registers;
use super::survey::Bytes;

/// `lea`, with REX, of an address that the linker fills in: bytes, and where these end that are filled in.
const LEA: usize = 7;

/// An address and an access of it together. They follow each other, and after them these registers are used. The bytes that the linker
/// fills in are the last ones, as in the `lea`.
pub fn access(code: &[u8], marks: &Marks, (lea, user): (u32, u32), live: Registers) -> Option<Bytes> {
    let address = &code[lea as usize..user as usize];
    let [rex @ (0x48 | 0x4c), 0x8d, modrm, displacement @ ..] = address else { return None };
    let is_symbol = modrm & 0xc7 == 5 && marks.is_relocated(lea + 3, 1);
    if address.len() != LEA || !is_symbol || marks.trap_at(user).is_some() {
        return None;
    }
    let register = modrm >> 3 & 7 | (rex & 4) << 1;
    let bytes = &code[user as usize..];
    let instruction = decode(bytes)?;
    let form = Form::of(bytes, &instruction)?;
    let Operand::Memory(memory) = form.operand else { return None };
    let is_plain = form.prefix == 0 && form.map == 0 && instruction.encoding == Encoding::Legacy;
    let is_there = memory.base == Some(register) && memory.index.is_none() && memory.displacement == 0;
    let sets = match form.opcode {
        // mov
        0x8b => true,
        // mov, add, sub, cmp
        0x89 | 0x03 | 0x2b | 0x39 | 0x3b if form.reg != register => false,
        _ => return None,
    };
    let is_used_again = live >> register & 1 == 1 && !(sets && form.reg == register);
    if !is_plain || !is_there || is_used_again || marks.is_relocated(user, instruction.len) {
        return None;
    }
    let rex = [0x40 | u8::from(form.wide) << 3 | form.reg >> 3 << 2];
    let rex = if rex[0] == 0x40 { &[][..] } else { &rex };
    Some(Bytes::of(&[rex, &[form.opcode, 5 | (form.reg & 7) << 3], displacement]))
}
