//! The objects as they are read: sections, and what they refer to in each other.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use object::elf::{self, FileHeader64, RelocationType};
use object::read::elf::{ElfFile, SectionHeader};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SymbolSection};

type File<'a> = ElfFile<'a, FileHeader64<LittleEndian>>;

/// Everything that is linked.
pub struct Input<'a> {
    /// The sections of all objects that can be part of an executable.
    pub sections: Vec<Section<'a>>,
    /// Where the executable starts.
    pub entry: Target<'a>,
}

/// A section of an object.
pub struct Section<'a> {
    /// Its name.
    pub name: &'a str,
    /// What becomes of it.
    pub kind: Kind,
    /// What its address is a multiple of.
    pub align: u64,
    /// Bytes in memory.
    pub size: u64,
    /// Bytes in the file: all of them, or none of [`Kind::Zero`].
    pub data: &'a [u8],
    /// What is filled in.
    pub relocations: Vec<Relocation<'a>>,
}

/// What sections are for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Constants without addresses.
    Constants,
    /// Constants to be found by name in the executable.
    Described,
    /// Machine code.
    Code,
    /// Constants with addresses, read-only once these are relocated.
    Relocated,
    /// Writable.
    Data,
    /// Page-aligned images of memories.
    Image,
    /// Writable, zero.
    Zero,
}

/// A place that depends on an address.
pub struct Relocation<'a> {
    /// Offset in the section.
    pub offset: u64,
    /// How the address is stored.
    pub r_type: RelocationType,
    /// Whose address.
    pub target: Target<'a>,
    /// Added to it.
    pub addend: i64,
}

/// What has an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Target<'a> {
    /// An offset in a section of [`Input::sections`].
    Place(usize, u64),
    /// The executable's first byte.
    Headers,
    /// The dynamic section.
    Dynamic,
    /// A symbol that no object defines.
    Undefined(&'a str),
}

/// An object with the numbers of its sections in [`Input::sections`].
struct Numbered<'a> {
    file: File<'a>,
    numbers: Vec<Option<usize>>,
}

impl<'a> Input<'a> {
    /// Reads objects.
    ///
    /// # Errors
    /// Malformed objects, symbols that are defined twice, sections for which there is no place.
    pub fn read(objects: &[&'a [u8]]) -> Result<Input<'a>> {
        let mut sections = Vec::new();
        let mut globals = HashMap::from([("__ehdr_start", Target::Headers), ("_DYNAMIC", Target::Dynamic)]);
        let mut files = Vec::new();
        for bytes in objects {
            let file = number(File::parse(*bytes)?, &mut sections)?;
            for symbol in file.file.symbols().filter(|symbol| symbol.is_global() && !symbol.is_undefined()) {
                let name = symbol.name()?;
                let Some(target) = file.place(&symbol) else { bail!("the symbol {name} is in no section") };
                if globals.insert(name, target).is_some() {
                    bail!("the symbol {name} is defined twice");
                }
            }
            files.push(file);
        }
        for file in &files {
            let targets = file.targets(&globals)?;
            for section in file.file.sections() {
                if let Some(number) = file.numbers[section.index().0] {
                    sections[number].relocations = relocations(&section, &targets)?;
                }
            }
        }
        let entry = *globals.get("_start").context("there is no _start")?;
        Ok(Input { sections, entry })
    }
}

/// Adds the sections of an object that can be part of an executable.
fn number<'a>(file: File<'a>, sections: &mut Vec<Section<'a>>) -> Result<Numbered<'a>> {
    let mut numbers = Vec::new();
    for section in file.sections() {
        let name = section.name()?;
        let Some(kind) = kind(name, section.elf_section_header())? else { continue };
        numbers.resize(numbers.len().max(section.index().0 + 1), None);
        numbers[section.index().0] = Some(sections.len());
        sections.push(Section {
            name,
            kind,
            align: section.align().max(1),
            size: section.size(),
            data: section.data()?,
            relocations: Vec::new(),
        });
    }
    let all = file.elf_section_table().len().max(numbers.len());
    numbers.resize(all, None);
    Ok(Numbered { file, numbers })
}

/// What becomes of a section; nothing of those that only linkers and debuggers read, and of unwind tables, which go with debug
/// information.
fn kind(name: &str, header: &elf::SectionHeader64<LittleEndian>) -> Result<Option<Kind>> {
    let flags = header.sh_flags(LittleEndian);
    if !flags.contains(elf::SHF_ALLOC) || name == ".eh_frame" {
        return Ok(None);
    }
    if flags.contains(elf::SHF_TLS) {
        bail!("the section {name} is for threads");
    }
    let is_zero = header.sh_type(LittleEndian) == elf::SHT_NOBITS;
    Ok(Some(match (flags.contains(elf::SHF_EXECINSTR), flags.contains(elf::SHF_WRITE)) {
        (true, true) => bail!("the section {name} is writable and executable"),
        (true, false) => Kind::Code,
        (false, false) if name.starts_with(".wasm2exe.") => Kind::Described,
        (false, false) => Kind::Constants,
        (false, true) if is_zero => Kind::Zero,
        (false, true) if name.starts_with(".data.rel.ro") => Kind::Relocated,
        (false, true) if name == abi::symbols::IMAGE_SECTION => Kind::Image,
        (false, true) => Kind::Data,
    }))
}

impl<'a> Numbered<'a> {
    /// What each symbol of the object stands for, by its number.
    fn targets(&self, globals: &HashMap<&'a str, Target<'a>>) -> Result<Vec<Option<Target<'a>>>> {
        let mut targets = vec![None; self.file.elf_symbol_table().len()];
        for symbol in self.file.symbols() {
            targets[symbol.index().0] = match symbol.is_undefined() {
                true => {
                    let name = symbol.name()?;
                    Some(globals.get(name).copied().unwrap_or(Target::Undefined(name)))
                }
                false => self.place(&symbol),
            };
        }
        Ok(targets)
    }

    /// Where a symbol is defined.
    fn place<'file>(&self, symbol: &impl ObjectSymbol<'file>) -> Option<Target<'a>> {
        let SymbolSection::Section(index) = symbol.section() else { return None };
        let number = self.numbers.get(index.0).copied().flatten()?;
        Some(Target::Place(number, symbol.address()))
    }
}

fn relocations<'a>(section: &impl ObjectSection<'a>, targets: &[Option<Target<'a>>]) -> Result<Vec<Relocation<'a>>> {
    let mut relocations = Vec::new();
    for (offset, relocation) in section.relocations() {
        let RelocationTarget::Symbol(symbol) = relocation.target() else { bail!("a relocation without symbol") };
        let RelocationFlags::Elf { r_type } = relocation.flags() else { bail!("a relocation of another format") };
        let target = targets.get(symbol.0).copied().flatten();
        let target = target.context("a relocation against what is not in the executable")?;
        relocations.push(Relocation { offset, r_type, target, addend: relocation.addend() });
    }
    Ok(relocations)
}
