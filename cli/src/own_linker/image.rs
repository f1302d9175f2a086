//! Writes the executable.

use anyhow::{Context, Result};
use object::Endianness;
use object::elf;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, Writer};

use super::input::{Input, Kind, Relocation, Section};
use super::layout::{Content, DYNAMIC_ENTRIES, HEADERS, Layout, Output, Segment};
use super::relocation::{self, Addresses};

/// Bytes of the executable.
pub fn write(input: &Input, layout: &Layout, target: compiler::Target) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Endianness::Little, true, &mut bytes);
    let program_headers = program_headers(layout);
    writer.reserve_file_header();
    writer.reserve_program_headers(program_headers.len() as u32);
    writer.reserve_until(HEADERS);
    let mut names = Vec::new();
    for output in &layout.outputs {
        writer.reserve_section_index();
        names.push(writer.add_section_name(output.name.as_bytes()));
        if !output.is_zero() {
            writer.reserve_until(output.offset + output.size);
        }
    }
    let strings = writer.reserve_shstrtab_section_index();
    writer.reserve_shstrtab()?;
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_DYN,
        e_machine: match target {
            compiler::Target::X86_64Linux => elf::EM_X86_64,
            compiler::Target::Aarch64Linux => elf::EM_AARCH64,
        },
        e_entry: layout.address(input.entry),
        e_flags: elf::FileFlags(0),
    })?;
    writer.write_align_program_headers();
    program_headers.iter().for_each(|header| writer.write_program_header(header));
    for output in layout.outputs.iter().filter(|output| !output.is_zero()) {
        writer.pad_until(output.offset);
        write_content(&mut writer, input, layout, output);
    }
    writer.write_shstrtab();
    writer.write_null_section_header();
    for (output, name) in layout.outputs.iter().zip(names) {
        let sh_name = writer.section_name_offset(Some(name));
        // Readers expect strings that belong to a dynamic section, even if it has none.
        let sh_link = if output.content == Content::Dynamic { strings.0 } else { 0 };
        writer.write_section_header(&SectionHeader { sh_name, sh_link, ..section_header(output) });
    }
    writer.write_shstrtab_section_header();
    drop(writer);
    relocate(&mut bytes, input, layout)?;
    Ok(bytes)
}

fn write_content(writer: &mut Writer, input: &Input, layout: &Layout, output: &Output) {
    let words = |writer: &mut Writer, words: &mut dyn Iterator<Item = u64>| {
        words.for_each(|word| writer.write(&word.to_le_bytes()));
    };
    match &output.content {
        Content::Sections(_, members) => {
            for member in members {
                let place = output.offset + layout.section(*member) - output.address;
                writer.pad_until(place);
                writer.write(input.sections[*member].data);
            }
        }
        Content::Relocations => words(writer, &mut layout.relative.iter().copied()),
        Content::Dynamic => words(writer, &mut dynamic(layout).into_iter().flatten()),
        Content::Slots => words(writer, &mut layout.slot_targets.iter().map(|target| layout.address(*target))),
    }
}

/// What the runtime, and tools, look for.
fn dynamic(layout: &Layout) -> [[u64; 2]; DYNAMIC_ENTRIES as usize] {
    let (address, size) =
        layout.output(&Content::Relocations).map_or((0, 0), |relocations| (relocations.address, relocations.size));
    [
        (elf::DT_RELR, address),
        (elf::DT_RELRSZ, size),
        (elf::DT_RELRENT, 8),
        (elf::DT_FLAGS, elf::DF_BIND_NOW.0),
        (elf::DT_FLAGS_1, (elf::DF_1_NOW | elf::DF_1_PIE).0),
        (elf::DT_NULL, 0),
    ]
    .map(|(tag, value)| [tag.0 as u64, value])
}

/// Fills in all addresses.
fn relocate(bytes: &mut [u8], input: &Input, layout: &Layout) -> Result<()> {
    for output in &layout.outputs {
        let Content::Sections(_, members) = &output.content else { continue };
        for member in members {
            let section = &input.sections[*member];
            let start = layout.section(*member);
            let offset = (output.offset + start - output.address) as usize;
            let room = offset..offset + section.data.len();
            for relocation in &section.relocations {
                let addresses = Addresses {
                    place: start + relocation.offset,
                    target: layout.address(relocation.target).wrapping_add_signed(relocation.addend),
                    slot: slot(layout, section, relocation),
                };
                relocation::apply(&mut bytes[room.clone()], relocation.offset, relocation.r_type, &addresses)
                    .with_context(|| format!("{} at {:#x}", section.name, relocation.offset))?;
            }
        }
    }
    Ok(())
}

fn slot<'a>(layout: &Layout<'a>, section: &Section, relocation: &Relocation<'a>) -> Option<u64> {
    let slot = relocation::needs_slot(section, relocation).then(|| layout.slot(relocation.target)).flatten()?;
    Some(slot.wrapping_add_signed(relocation.addend))
}

/// Without name and link.
fn section_header(output: &Output) -> SectionHeader {
    let sh_type = match &output.content {
        Content::Sections(Kind::Zero, _) => elf::SHT_NOBITS,
        Content::Sections(..) | Content::Slots => elf::SHT_PROGBITS,
        Content::Relocations => elf::SHT_RELR,
        Content::Dynamic => elf::SHT_DYNAMIC,
    };
    let access = match output.segment {
        Segment::Constants => elf::SectionFlags(0),
        Segment::Code => elf::SHF_EXECINSTR,
        Segment::Relocated | Segment::Writable => elf::SHF_WRITE,
    };
    let sh_entsize = match &output.content {
        Content::Sections(..) => 0,
        Content::Relocations | Content::Slots => 8,
        Content::Dynamic => 16,
    };
    SectionHeader {
        sh_name: 0,
        sh_type,
        sh_flags: elf::SHF_ALLOC | access,
        sh_addr: output.address,
        sh_offset: output.offset,
        sh_size: output.size,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: output.align,
        sh_entsize,
    }
}

/// What the kernel maps, and how.
fn program_headers(layout: &Layout) -> Vec<ProgramHeader> {
    let mut headers = vec![load(layout, Segment::Constants, elf::PF_R)];
    headers.push(load(layout, Segment::Code, elf::PF_R | elf::PF_X));
    // To the end of its last page, which is write-protected whole.
    let mut relocated = load(layout, Segment::Relocated, elf::PF_R | elf::PF_W);
    let end = (relocated.p_vaddr + relocated.p_memsz).next_multiple_of(layout.page);
    relocated.p_memsz = end - relocated.p_vaddr;
    let protected = ProgramHeader { p_type: elf::PT_GNU_RELRO, p_flags: elf::PF_R, p_align: 1, ..relocated };
    headers.push(relocated);
    headers.push(load(layout, Segment::Writable, elf::PF_R | elf::PF_W));
    headers.retain(|header| header.p_memsz > 0);
    headers.extend(layout.output(&Content::Dynamic).map(|dynamic| ProgramHeader {
        p_type: elf::PT_DYNAMIC,
        p_align: 8,
        ..segment(dynamic.address, dynamic.offset, dynamic.size, dynamic.size)
    }));
    headers.push(protected);
    headers.push(ProgramHeader { p_type: elf::PT_GNU_STACK, p_align: 16, ..segment(0, 0, 0, 0) });
    headers
}

/// A segment that is loaded. The headers belong to the first one.
fn load(layout: &Layout, which: Segment, p_flags: elf::ProgramFlags) -> ProgramHeader {
    let outputs = layout.segment(which);
    let (Some(first), Some(last)) = (outputs.first(), outputs.last()) else { return segment(0, 0, 0, 0) };
    let (address, offset) = if which == Segment::Constants { (0, 0) } else { (first.address, first.offset) };
    let in_file = outputs.iter().rfind(|output| !output.is_zero());
    let file_end = in_file.map_or(offset, |output| output.offset + output.size);
    let memory = last.address + last.size - address;
    ProgramHeader {
        p_type: elf::PT_LOAD,
        p_flags,
        p_align: layout.page,
        ..segment(address, offset, file_end - offset, memory)
    }
}

/// A readable and writable part of the executable.
fn segment(address: u64, offset: u64, in_file: u64, in_memory: u64) -> ProgramHeader {
    ProgramHeader {
        p_type: elf::PT_NULL,
        p_flags: elf::PF_R | elf::PF_W,
        p_offset: offset,
        p_vaddr: address,
        p_paddr: address,
        p_filesz: in_file,
        p_memsz: in_memory,
        p_align: 1,
    }
}
