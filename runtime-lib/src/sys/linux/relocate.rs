//! Relocates the static PIE. Runs first and on unrelocated data: nothing here may read a pointer from static memory.

use linux_raw_sys::auxvec::{AT_PAGESZ, AT_PHDR, AT_PHNUM};
use linux_raw_sys::elf::{DT_NULL, DT_RELA, DT_RELASZ, Elf_Phdr, Elf_Rela, PT_DYNAMIC, PT_GNU_RELRO};
use linux_raw_sys::general::{__NR_mprotect, PROT_READ};

use super::{arch, auxiliary};

const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// An entry of the dynamic section.
#[repr(C)]
pub struct Dynamic {
    tag: usize,
    value: usize,
}

/// Applies the relative relocations, the only kind that a static PIE has, and then takes away write access to what was
/// writable for their sake alone.
///
/// # Safety
/// `stack` is the initial stack pointer, `dynamic` the dynamic section; nothing else has run.
pub unsafe extern "C" fn relocate(stack: *const usize, dynamic: *const Dynamic) {
    // SAFETY: the initial stack and the program headers are laid out as the ELF and kernel interfaces say.
    unsafe {
        let vector = auxiliary::find(stack.add(*stack + 2));
        let headers: *const Elf_Phdr = core::ptr::with_exposed_provenance(auxiliary_value(vector, AT_PHDR));
        let headers = core::slice::from_raw_parts(headers, auxiliary_value(vector, AT_PHNUM));
        let Some(header) = headers.iter().find(|header| header.p_type == PT_DYNAMIC) else {
            return;
        };
        let base = (dynamic as usize).wrapping_sub(header.p_vaddr);
        apply_tables(base, dynamic);
        if let Some(relro) = headers.iter().find(|header| header.p_type == PT_GNU_RELRO) {
            let page = auxiliary_value(vector, AT_PAGESZ);
            let start = (base + relro.p_vaddr) & page.wrapping_neg();
            let end = (base + relro.p_vaddr + relro.p_memsz) & page.wrapping_neg();
            if arch::system_call(__NR_mprotect, [start, end - start, PROT_READ as usize, 0]) != 0 {
                refuse(b"wasm2exe: the system refuses to write-protect the executable's constants\n");
            }
        }
    }
}

/// # Safety
/// As for [`auxiliary::value_in`].
unsafe fn auxiliary_value(vector: *const auxiliary::Entry, kind: u32) -> usize {
    // SAFETY: the caller's promise.
    match unsafe { auxiliary::value_in(vector, kind) } {
        Some(value) => value,
        None => refuse(b"wasm2exe: the system does not say where the executable is (auxiliary vector)\n"),
    }
}

fn refuse(message: &[u8]) -> ! {
    super::write_error(message);
    super::exit(crate::start::START_FAILURE)
}

/// # Safety
/// `base` is the load address and `dynamic` the dynamic section of this unrelocated executable.
unsafe fn apply_tables(base: usize, mut dynamic: *const Dynamic) {
    let (mut rela, mut rela_size, mut relr, mut relr_size) = (0, 0, 0, 0);
    // SAFETY: the section ends with DT_NULL; the tables it names and what they point at lie in the executable.
    unsafe {
        while (*dynamic).tag != DT_NULL {
            let value = (*dynamic).value;
            match (*dynamic).tag {
                DT_RELA => rela = value,
                DT_RELASZ => rela_size = value,
                DT_RELR => relr = value,
                DT_RELRSZ => relr_size = value,
                _ => {}
            }
            dynamic = dynamic.add(1);
        }
        for entry in table::<Elf_Rela>(base + rela, rela_size) {
            if entry.r_info != arch::R_RELATIVE {
                refuse(b"wasm2exe: the executable was linked wrongly: it has relocations that are not relative\n");
            }
            *place(base, entry.r_offset) = base.wrapping_add(entry.r_addend);
        }
        for_each_relr(table(base + relr, relr_size), |offset| {
            let place = place(base, offset);
            *place = base.wrapping_add(*place);
        });
    }
}

/// # Safety
/// `size` bytes at `address` hold values of `T`.
unsafe fn table<T>(address: usize, size: usize) -> &'static [T] {
    // SAFETY: the caller's promise.
    unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(address), size / size_of::<T>()) }
}

fn place(base: usize, offset: usize) -> *mut usize {
    core::ptr::with_exposed_provenance_mut(base.wrapping_add(offset))
}

/// Calls `apply` with each offset that a RELR table encodes: an even word is an offset; an odd one a bit set of the 63 words
/// behind the last one covered.
fn for_each_relr(table: &[usize], mut apply: impl FnMut(usize)) {
    const WORD: usize = size_of::<usize>();
    let mut next = 0;
    for entry in table {
        if entry & 1 == 0 {
            apply(*entry);
            next = entry + WORD;
        } else {
            let mut bits = entry >> 1;
            let mut offset = next;
            while bits != 0 {
                if bits & 1 != 0 {
                    apply(offset);
                }
                bits >>= 1;
                offset += WORD;
            }
            next += (usize::BITS as usize - 1) * WORD;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relr_table() {
        let table = [0x1000, 0b1011, 1 | 1 << 63, 0x8000, 0b11];
        let mut offsets = Vec::new();
        for_each_relr(&table, |offset| offsets.push(offset));
        let second_map = 0x1008 + 63 * 8;
        assert_eq!(offsets, [0x1000, 0x1008, 0x1018, second_map + 62 * 8, 0x8000, 0x8008]);
    }

    #[test]
    fn relocations_move_pointers() {
        // An image of eight words loaded at `base`: two RELA entries' targets, then a RELR run.
        let mut image = [0usize, 5, 0, 0x30, 0x38, 0, 7, 0];
        let base = image.as_mut_ptr().expose_provenance();
        let rela = [
            Elf_Rela { r_offset: 0, r_info: arch::R_RELATIVE, r_addend: 0x10 },
            Elf_Rela { r_offset: 16, r_info: arch::R_RELATIVE, r_addend: 0x28 },
        ];
        let relr = [0x18usize, 0b11];
        let dynamic = [
            Dynamic { tag: DT_RELA, value: rela.as_ptr().expose_provenance().wrapping_sub(base) },
            Dynamic { tag: DT_RELASZ, value: size_of_val(&rela) },
            Dynamic { tag: DT_RELR, value: relr.as_ptr().expose_provenance().wrapping_sub(base) },
            Dynamic { tag: DT_RELRSZ, value: size_of_val(&relr) },
            Dynamic { tag: DT_NULL, value: 0 },
        ];
        // SAFETY: all tables and targets lie in the arrays above.
        unsafe { apply_tables(base, dynamic.as_ptr()) };
        assert_eq!(image, [base + 0x10, 5, base + 0x28, base + 0x30, base + 0x38, 0, 7, 0]);
    }
}
