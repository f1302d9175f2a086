//! Writes `.debug_info`, `.debug_line` and `.debug_frame` of a module.

use gimli::write::{
    Address, AttributeValue, DebugFrame, Dwarf, EndianVec, FileId, FrameTable, LineProgram, LineString, RelocateWriter,
    Relocation, RelocationTarget, Sections, Unit, Writer,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian};

use super::{FunctionDebug, SourceLines};
use crate::error::{Error, Place, Result};
use crate::object_file::ObjectFile;
use crate::translate::Environment;

/// A section's bytes and what the linker must fill in.
#[derive(Clone)]
struct Section {
    bytes: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl Section {
    fn new() -> Self {
        Section { bytes: EndianVec::new(LittleEndian), relocations: Vec::new() }
    }
}

impl RelocateWriter for Section {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}

/// Adds debug information about the functions to the object.
///
/// # Errors
/// [`Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile, source: &SourceLines) -> Result<()> {
    let functions = std::mem::take(&mut object.debug);
    let internal = |error: gimli::write::Error| Error::Internal {
        place: Place::file(env.parsed().file),
        message: format!("debug information: {error}"),
    };
    let mut dwarf = describe(env, &functions, source, object.text().1);
    let mut sections = Sections::new(Section::new());
    dwarf.write(&mut sections).map_err(internal)?;
    let (frames, lengths) = frames(env, functions);
    let mut frame_section = DebugFrame::from(Section::new());
    frames.write_debug_frame(&mut frame_section).map_err(internal)?;
    set_lengths(&mut frame_section.0.bytes, &lengths).map_err(internal)?;

    let mut written: Vec<(&'static str, &Section)> = Vec::new();
    let gathered: std::result::Result<(), std::convert::Infallible> = sections.for_each(|id, section| {
        written.push((id.name(), section));
        Ok(())
    });
    let Ok(()) = gathered;
    written.push((gimli::SectionId::DebugFrame.name(), &frame_section.0));
    written.retain(|(_, section)| !section.bytes.slice().is_empty());
    for (name, section) in &written {
        object.add_debug_section(name, section.bytes.slice());
    }
    for (name, section) in &written {
        for Relocation { offset, size, target, addend, .. } in &section.relocations {
            let target = match target {
                RelocationTarget::Symbol(_) => None,
                RelocationTarget::Section(id) => Some(id.name()),
            };
            object.relocate_debug(name, (*offset as u64, *size), target, *addend)?;
        }
    }
    Ok(())
}

/// Address of code; there is one symbol, the text section.
fn code(offset: u32) -> Address {
    Address::Symbol { symbol: 0, addend: i64::from(offset) }
}

fn describe(env: Environment, functions: &[FunctionDebug], source: &SourceLines, text_len: u64) -> Dwarf {
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let file = env.parsed().file.replace('\0', "?");
    let line_program = line_program(encoding, &file, functions, source);
    let mut dwarf = Dwarf::new();
    let unit = dwarf.units.add(Unit::new(encoding, line_program));
    let unit = dwarf.units.get_mut(unit);
    let root = unit.root();
    let producer = concat!("wasm2exe ", env!("CARGO_PKG_VERSION"));
    let entry = unit.get_mut(root);
    entry.set(gimli::DW_AT_producer, AttributeValue::String(producer.as_bytes().to_vec()));
    entry.set(gimli::DW_AT_name, AttributeValue::String(file.into_bytes()));
    entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(code(0)));
    entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(text_len));
    for function in functions {
        let entry = unit.add(root, gimli::DW_TAG_subprogram);
        let entry = unit.get_mut(entry);
        entry.set(gimli::DW_AT_name, AttributeValue::String(function.name.clone().into_bytes()));
        entry.set(gimli::DW_AT_low_pc, AttributeValue::Address(code(function.start)));
        entry.set(gimli::DW_AT_high_pc, AttributeValue::Udata(u64::from(function.len)));
    }
    dwarf
}

fn line_program(encoding: Encoding, file: &str, functions: &[FunctionDebug], source: &SourceLines) -> LineProgram {
    let string = |bytes: &[u8]| {
        let printable: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        LineString::String(if printable.is_empty() { b".".to_vec() } else { printable })
    };
    let name = string(file.as_bytes());
    let mut program = LineProgram::new(encoding, LineEncoding::default(), string(b"."), None, name, None);
    let files: Vec<FileId> = source
        .files
        .iter()
        .map(|(directory, name)| {
            let directory = program.add_directory(string(directory));
            program.add_file(string(name), directory, None)
        })
        .collect();
    for function in functions {
        function_lines(&mut program, function, source, &files);
    }
    program
}

fn function_lines(program: &mut LineProgram, function: &FunctionDebug, source: &SourceLines, files: &[FileId]) {
    let mut last = None;
    for (at, wasm_offset) in &function.lines {
        let offset = function.wasm_offset.wrapping_add(*wasm_offset);
        let Some(line) = source.find(u64::from(offset)) else { continue };
        if last == Some(line) {
            continue;
        }
        if last.is_none() {
            program.begin_sequence(Some(code(function.start)));
        }
        // Before the first line is known, that line is the best guess: a breakpoint on the function stops there.
        program.row().address_offset = if last.is_none() { 0 } else { u64::from(*at) };
        program.row().file = files[line.file];
        program.row().line = line.line;
        program.row().column = line.column;
        program.generate_row();
        last = Some(line);
    }
    if last.is_some() {
        program.end_sequence(u64::from(function.len));
    }
}

/// The frames of functions, and the lengths of those functions.
fn frames(env: Environment, functions: Vec<FunctionDebug>) -> (FrameTable, Vec<u32>) {
    let mut table = FrameTable::default();
    let mut lengths = Vec::new();
    let Some(cie) = env.isa.create_systemv_cie() else { return (table, lengths) };
    let cie = table.add_cie(cie);
    for function in functions {
        if let Some(cranelift_codegen::isa::unwind::UnwindInfo::SystemV(info)) = function.unwind {
            table.add_fde(cie, info.to_fde(code(function.start)));
            lengths.push(function.len);
        }
    }
    (table, lengths)
}

/// Cranelift tells the lengths of functions before they are compacted. The entries of `.debug_frame`: length, 4 bytes; position of the
/// common entry, 4 bytes, all ones if it is one itself; address and length of the function, 8 bytes each.
fn set_lengths(section: &mut EndianVec<LittleEndian>, lengths: &[u32]) -> gimli::write::Result<()> {
    let word = |section: &EndianVec<LittleEndian>, at: usize| {
        Some(u32::from_le_bytes(section.slice().get(at..at + 4)?.try_into().ok()?))
    };
    let mut lengths = lengths.iter();
    let mut at = 0;
    while let (Some(len), Some(common)) = (word(section, at), word(section, at + 4)) {
        if common != u32::MAX
            && let Some(length) = lengths.next()
        {
            section.write_u64_at(at + 16, u64::from(*length))?;
        }
        at += 4 + len as usize;
    }
    Ok(())
}
