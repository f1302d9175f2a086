//! How addresses are stored, on x86-64 and aarch64. The names are those of the processors' ELF supplements.

use anyhow::{Context, Result, bail};
use object::elf::{self, RelocationType};

use super::input::{Relocation, Section};

/// The addresses that a relocation is about.
pub struct Addresses {
    /// Where it is stored.
    pub place: u64,
    /// What is meant, with the addend.
    pub target: u64,
    /// The slot of the table of addresses that holds the target's address, with the addend, if [`needs_slot`].
    pub slot: Option<u64>,
}

/// Whether the address itself is stored, so that it has to be relocated at start too.
pub fn is_absolute(r_type: RelocationType) -> bool {
    matches!(r_type, elf::R_X86_64_64 | elf::R_AARCH64_ABS64)
}

/// Whether the address is loaded from a table.
pub fn needs_slot(section: &Section, relocation: &Relocation) -> bool {
    match relocation.r_type {
        elf::R_X86_64_GOTPCREL => !is_load(section.data, relocation.offset),
        elf::R_AARCH64_ADR_GOT_PAGE | elf::R_AARCH64_LD64_GOT_LO12_NC => true,
        _ => false,
    }
}

/// Opcodes of `mov` from memory, and of `lea`.
const MOV: u8 = 0x8b;
/// See [`MOV`].
const LEA: u8 = 0x8d;

/// Whether the 32 bits at `offset` are the displacement of a `mov` from memory: it is preceded by the opcode and a byte for the
/// operands.
fn is_load(code: &[u8], offset: u64) -> bool {
    offset.checked_sub(2).and_then(|at| code.get(at as usize)) == Some(&MOV)
}

/// Stores an address at `offset` of a section's bytes.
///
/// # Errors
/// The address is out of reach, or the relocation is of a kind that the compilers do not make.
pub fn apply(bytes: &mut [u8], offset: u64, r_type: RelocationType, addresses: &Addresses) -> Result<()> {
    let Addresses { place, target, slot } = *addresses;
    let at = usize::try_from(offset)?;
    let distance = target.wrapping_sub(place) as i64;
    match r_type {
        elf::R_X86_64_64 | elf::R_AARCH64_ABS64 => return store(bytes, at, &target.to_le_bytes()),
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 | elf::R_AARCH64_PREL32 => return store_distance(bytes, at, distance),
        elf::R_X86_64_GOTPCREL => {
            let Some(slot) = slot else {
                bytes[at - 2] = LEA;
                return store_distance(bytes, at, distance);
            };
            return store_distance(bytes, at, slot.wrapping_sub(place) as i64);
        }
        _ => {}
    }
    let slot = || slot.context("an address that is in no table");
    let bits = match r_type {
        elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 => branch(distance)?,
        elf::R_AARCH64_ADR_PREL_PG_HI21 => pages(target, place)?,
        elf::R_AARCH64_ADR_GOT_PAGE => pages(slot()?, place)?,
        elf::R_AARCH64_ADD_ABS_LO12_NC | elf::R_AARCH64_LDST8_ABS_LO12_NC => in_page(target, 0),
        elf::R_AARCH64_LDST16_ABS_LO12_NC => in_page(target, 1),
        elf::R_AARCH64_LDST32_ABS_LO12_NC => in_page(target, 2),
        elf::R_AARCH64_LDST64_ABS_LO12_NC => in_page(target, 3),
        elf::R_AARCH64_LDST128_ABS_LO12_NC => in_page(target, 4),
        elf::R_AARCH64_LD64_GOT_LO12_NC => in_page(slot()?, 3),
        _ => bail!("an unknown relocation, {r_type:?}"),
    };
    let word = bytes.get(at..at + 4).context("a relocation outside its section")?;
    let instruction = u32::from_le_bytes(word.try_into()?);
    store(bytes, at, &(instruction | bits).to_le_bytes())
}

fn store_distance(bytes: &mut [u8], at: usize, distance: i64) -> Result<()> {
    let distance = i32::try_from(distance).map_err(|_| too_far())?;
    store(bytes, at, &distance.to_le_bytes())
}

fn store(bytes: &mut [u8], at: usize, value: &[u8]) -> Result<()> {
    let room = bytes.get_mut(at..at + value.len()).context("a relocation outside its section")?;
    room.copy_from_slice(value);
    Ok(())
}

/// 26 bits of a distance in instructions, for `b` and `bl`.
fn branch(distance: i64) -> Result<u32> {
    if !(-(1 << 27)..1 << 27).contains(&distance) {
        return Err(too_far());
    }
    Ok((distance >> 2) as u32 & 0x03ff_ffff)
}

/// 21 bits of a distance in pages of 4 KiB, for `adrp`.
fn pages(target: u64, place: u64) -> Result<u32> {
    let distance = (target >> 12).wrapping_sub(place >> 12) as i64;
    if !(-(1 << 20)..1 << 20).contains(&distance) {
        return Err(too_far());
    }
    let distance = distance as u32;
    Ok((distance & 3) << 29 | (distance >> 2 & 0x7_ffff) << 5)
}

/// 12 bits of an address in units of `1 << scale` bytes, for `add`, and for accesses of that size.
fn in_page(target: u64, scale: u32) -> u32 {
    (target as u32 & 0xfff) >> scale << 10
}

fn too_far() -> anyhow::Error {
    anyhow::anyhow!("an address is out of reach; a linker of the system may do better (--linker ld.lld)")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instructions at 0x10000, and a target that is 0x2335 pages further.
    #[test]
    fn instructions_of_aarch64() {
        let patched = |instruction: u32, r_type, target| {
            let mut bytes = instruction.to_le_bytes();
            let addresses = Addresses { place: 0x10000, target, slot: Some(target) };
            apply(&mut bytes, 0, r_type, &addresses).map(|()| u32::from_le_bytes(bytes))
        };
        let made = |instruction, r_type| patched(instruction, r_type, 0x0234_5678).expect("it is in reach");
        assert_eq!(made(0x9000_0000, elf::R_AARCH64_ADR_PREL_PG_HI21), 0xb001_19a0);
        assert_eq!(made(0x9100_0000, elf::R_AARCH64_ADD_ABS_LO12_NC), 0x9119_e000);
        assert_eq!(made(0xf940_0000, elf::R_AARCH64_LDST64_ABS_LO12_NC), 0xf943_3c00);
        assert_eq!(made(0xf940_0000, elf::R_AARCH64_LD64_GOT_LO12_NC), 0xf943_3c00);
        assert_eq!(made(0x9400_0000, elf::R_AARCH64_CALL26), 0x948c_d59e);
        assert_eq!(patched(0x9400_0000, elf::R_AARCH64_CALL26, 0).expect("it is in reach"), 0x97ff_c000);
        assert!(patched(0x9400_0000, elf::R_AARCH64_CALL26, 0x0801_0000).is_err());
        assert!(patched(0x9000_0000, elf::R_AARCH64_ADR_PREL_PG_HI21, 1 << 40).is_err());
    }

    #[test]
    fn loads_of_addresses_become_computations() {
        // mov rax, [rip + ...]
        let mut code = [0x48, 0x8b, 0x05, 0, 0, 0, 0];
        let relax = Addresses { place: 0x1003, target: 0x2000 - 4, slot: None };
        apply(&mut code, 3, elf::R_X86_64_GOTPCREL, &relax).expect("it is in reach");
        assert_eq!(code, [0x48, 0x8d, 0x05, 0xf9, 0x0f, 0, 0]);
        assert!(apply(&mut code, 5, elf::R_X86_64_PC32, &relax).is_err());
        let far = Addresses { place: 0, target: 1 << 31, slot: None };
        assert!(apply(&mut code, 3, elf::R_X86_64_PC32, &far).is_err());
    }
}
