//! Reads the line tables of the DWARF that a module carries in custom sections. Addresses there are offsets in the code
//! section.

use std::collections::HashMap;

use gimli::{EndianSlice, LittleEndian, Reader, SectionId};

use crate::module::Module;

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// Where an instruction comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceLine {
    /// Index into [`SourceLines::files`].
    pub file: usize,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1; 0 when unknown.
    pub column: u64,
}

/// Source lines by offset in the .wasm file.
#[derive(Default)]
pub struct SourceLines {
    /// Directory and name of each source file.
    pub files: Vec<(Vec<u8>, Vec<u8>)>,
    /// Ascending by offset; `None` ends a sequence.
    rows: Vec<(u64, Option<SourceLine>)>,
    file_numbers: HashMap<(Vec<u8>, Vec<u8>), usize>,
}

impl SourceLines {
    /// Reads a module's line tables; empty when it has none.
    ///
    /// # Errors
    /// Malformed DWARF, which is to be ignored with a warning.
    pub fn read(module: &Module) -> gimli::Result<SourceLines> {
        let section = |id: SectionId| -> gimli::Result<Slice<'_>> {
            let bytes = module.debug_sections.get(id.name()).copied().unwrap_or_default();
            Ok(EndianSlice::new(bytes, LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section)?;
        let mut lines = SourceLines::default();
        let mut units = dwarf.units();
        while let Some(header) = units.next()? {
            let unit = dwarf.unit(header)?;
            lines.read_unit(&dwarf, &unit, module.code_offset)?;
        }
        lines.rows.sort_by_key(|(offset, line)| (*offset, line.is_some()));
        Ok(lines)
    }

    /// The source line of the instruction at an offset in the file.
    pub fn find(&self, offset: u64) -> Option<SourceLine> {
        let next = self.rows.partition_point(|(start, _)| *start <= offset);
        self.rows.get(next.checked_sub(1)?)?.1
    }

    fn read_unit(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'_>>,
        unit: &gimli::Unit<Slice<'_>>,
        code_offset: u64,
    ) -> gimli::Result<()> {
        let Some(program) = unit.line_program.clone() else { return Ok(()) };
        let mut rows = program.rows();
        let mut sequence: Vec<(u64, Option<SourceLine>)> = Vec::new();
        while let Some((header, row)) = rows.next_row()? {
            let offset = code_offset.wrapping_add(row.address());
            if row.end_sequence() {
                sequence.push((offset, None));
                // A function that the linker dropped keeps its lines, at address 0.
                if sequence.first().is_some_and(|(first, _)| *first > code_offset) {
                    self.rows.append(&mut sequence);
                }
                sequence.clear();
                continue;
            }
            let file = match row.file(header) {
                Some(file) => self.file(dwarf, unit, header, file)?,
                None => continue,
            };
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => column.get(),
            };
            let line = row.line().map(|line| SourceLine { file, line: line.get(), column });
            sequence.push((offset, line));
        }
        Ok(())
    }

    fn file(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'_>>,
        unit: &gimli::Unit<Slice<'_>>,
        header: &gimli::LineProgramHeader<Slice<'_>>,
        file: &gimli::FileEntry<Slice<'_>>,
    ) -> gimli::Result<usize> {
        let mut directory =
            unit.comp_dir.map(|directory| directory.to_slice().map(|path| path.to_vec())).transpose()?;
        if let Some(value) = file.directory(header) {
            let path = dwarf.attr_string(unit, value)?.to_slice()?.to_vec();
            directory = Some(match directory {
                Some(base) if !path.starts_with(b"/") && file.directory_index() != 0 => {
                    [&base[..], b"/", &path].concat()
                }
                _ => path,
            });
        }
        let name = dwarf.attr_string(unit, file.path_name())?.to_slice()?.to_vec();
        let key = (directory.unwrap_or_default(), name);
        let next = self.files.len();
        let number = *self.file_numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.files.push(key);
        }
        Ok(number)
    }
}
