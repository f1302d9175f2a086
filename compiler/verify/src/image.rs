//! What the objects of a program say about it: code, functions, and the data that code refers to. Read from sections, symbols and
//! relocations by the layouts of `abi`; nothing is asked of the compiler.

use std::collections::HashMap;
use std::mem::offset_of;

use abi::exception::{CATCH_ALL, CallSite, NO_MORE};
use abi::heap::{HEAP_FIXED, Heap};
use abi::layout::{Export, FunctionRecord, Module, NO_FUNCTION, Program, Threads};
use abi::symbols;
use object::elf;
use object::read::elf::ElfFile64;
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionIndex, SymbolIndex};

use crate::Malformed;
use crate::items::{self, Item};

/// A byte of the program: which object, which of its sections, and where in that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Spot {
    /// Number of the object.
    pub unit: usize,
    /// The section.
    pub section: usize,
    /// Offset in the section.
    pub offset: u64,
}

/// What a relocation refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A byte of the program.
    Spot(Spot),
    /// A symbol that no object defines: the runtime's.
    Runtime(String),
}

/// A relocation: what the field stands for, with the addend; 4 less for code, whose fields are relative to their ends.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Whether the field is a 32-bit distance from itself, rather than a 64-bit address.
    pub relative: bool,
    /// What it refers to, the addend included where that is a spot.
    pub target: Target,
}

/// Who calls a function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Guest code.
    Guest,
    /// The runtime, with an array of so many values of 16 bytes.
    Trampoline(u64),
    /// The runtime, or another part of the initialiser, without arguments.
    Initializer,
}

/// A function of an object.
#[derive(Clone, Debug)]
pub struct Function {
    /// Offset in the code of the first instruction.
    pub start: u64,
    /// Offset behind its last byte, padding included.
    pub end: u64,
    /// Index in the module; `None` for code that is no wasm function.
    pub index: Option<u32>,
    /// Who calls it.
    pub role: Role,
    /// Kinds of traps by the offset in the code.
    pub traps: HashMap<u64, u8>,
}

/// One object.
pub struct Unit {
    /// The section with its code.
    pub text: usize,
    /// Its functions in address order.
    pub functions: Vec<Function>,
    /// Code offsets of handlers, by the return address of the call that they handle, with the distance of the stack pointer below
    /// the frame pointer.
    pub handlers: HashMap<u64, (u32, Vec<u64>)>,
    sections: HashMap<usize, Section>,
}

struct Section {
    bytes: Vec<u8>,
    size: u64,
    writable: bool,
    references: HashMap<u64, Reference>,
}

/// A program.
pub struct Image {
    /// Its objects.
    pub units: Vec<Unit>,
    /// What code refers to by symbols or in an instance.
    pub items: Vec<Item>,
    /// Items by where they begin.
    by_start: std::collections::BTreeMap<Spot, usize>,
    /// Whether each thread has an instance, and how large it is.
    pub instance_size: Option<u64>,
    /// Items of an instance by their offset there.
    pub in_instance: std::collections::BTreeMap<u64, usize>,
    /// The heap for objects is at the fixed place.
    pub fixed_heap: bool,
}

impl Image {
    /// Reads the objects of a program.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(objects: &[&[u8]]) -> Result<Image, Malformed> {
        let files = objects.iter().map(|bytes| {
            ElfFile64::<object::Endianness>::parse(*bytes).map_err(|error| Malformed(format!("not an object: {error}")))
        });
        let files = files.collect::<Result<Vec<_>, _>>()?;
        if files.iter().any(|file| file.architecture() != object::Architecture::X86_64) {
            return Err(Malformed("the code is not for x86-64".into()));
        }
        let defined = definitions(&files)?;
        let units = files.iter().enumerate().map(|(at, file)| unit(at, file, &defined));
        let mut image = Image {
            units: units.collect::<Result<_, _>>()?,
            items: Vec::new(),
            by_start: Default::default(),
            instance_size: None,
            in_instance: Default::default(),
            fixed_heap: false,
        };
        let program = defined.get(symbols::PROGRAM).ok_or_else(|| Malformed("no program".into()))?.0;
        image.read_modules(program)?;
        image.read_heap(program)?;
        items::read(&mut image, &defined)?;
        // Items without contents begin where others do.
        let mut items: Vec<usize> = (0..image.items.len()).collect();
        items.sort_by_key(|at| image.items[*at].size);
        image.by_start = items.into_iter().map(|at| (image.items[at].start, at)).collect();
        Ok(image)
    }

    /// The item that a byte belongs to, or begins behind; and the distance from its start.
    pub fn item_at(&self, spot: Spot) -> Option<(usize, i64)> {
        let start = Spot { offset: 0, ..spot };
        let (at, item) = self.by_start.range(start..=spot).next_back()?;
        Some((*item, (spot.offset - at.offset) as i64))
    }

    fn section(&self, spot: Spot) -> Option<&Section> {
        self.units.get(spot.unit)?.sections.get(&spot.section)
    }

    /// Bytes of data or code; `None` when they are not in the file.
    pub fn bytes(&self, spot: Spot, len: u64) -> Option<&[u8]> {
        self.section(spot)?.bytes.get(spot.offset as usize..)?.get(..len as usize)
    }

    /// Whether the running program can write to a section.
    pub fn is_writable(&self, spot: Spot) -> bool {
        self.section(spot).is_none_or(|section| section.writable)
    }

    /// What lies behind a relocated field.
    pub fn reference(&self, spot: Spot) -> Option<&Reference> {
        self.section(spot)?.references.get(&spot.offset)
    }

    /// A 64-bit number; zero in sections without contents.
    pub fn u64(&self, spot: Spot) -> Result<u64, Malformed> {
        let section = self.section(spot).ok_or_else(|| Malformed("no such section".into()))?;
        if section.bytes.is_empty() && spot.offset + 8 <= section.size {
            return Ok(0);
        }
        let bytes = self.bytes(spot, 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u64::from_le_bytes).ok_or_else(|| Malformed("data ends early".into()))
    }

    /// A 32-bit number.
    pub fn u32(&self, spot: Spot) -> Result<u32, Malformed> {
        let bytes = self.bytes(spot, 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_le_bytes).ok_or_else(|| Malformed("data ends early".into()))
    }

    /// What a pointer points to in the objects; `None` for null and for the runtime's.
    pub fn pointer(&self, spot: Spot) -> Option<Spot> {
        match self.reference(spot)? {
            Reference { relative: false, target: Target::Spot(target) } => Some(*target),
            _ => None,
        }
    }

    /// The function that begins at a byte.
    pub fn function_at(&self, spot: Spot) -> Option<&Function> {
        let unit = self.units.get(spot.unit).filter(|unit| unit.text == spot.section)?;
        let at = unit.functions.binary_search_by_key(&spot.offset, |function| function.start).ok()?;
        Some(&unit.functions[at])
    }

    fn read_modules(&mut self, program: Spot) -> Result<(), Malformed> {
        let count = self.u64(field(program, offset_of!(Program, module_count)))?;
        let list = self.pointer(field(program, offset_of!(Program, modules)));
        let list = list.ok_or_else(|| Malformed("no modules".into()))?;
        for at in 0..count {
            let module = self.pointer(list.at(at * 8)).ok_or_else(|| Malformed("a module is missing".into()))?;
            let functions = self.functions(module)?;
            let handlers = self.handlers(module)?;
            let unit = &mut self.units[module.unit];
            unit.functions = functions;
            unit.handlers = handlers;
        }
        let threads = self.pointer(field(program, offset_of!(Program, threads)));
        self.instance_size = match threads {
            Some(threads) => Some(self.u64(field(threads, offset_of!(Threads, instance_size)))?),
            None => None,
        };
        Ok(())
    }

    fn functions(&self, module: Spot) -> Result<Vec<Function>, Malformed> {
        let Some(records) = self.pointer(field(module, offset_of!(Module, functions))) else { return Ok(Vec::new()) };
        let count = self.u64(field(module, offset_of!(Module, function_count)))?;
        let text_len = self.u64(field(module, offset_of!(Module, text_len)))?;
        let mut functions = Vec::new();
        for at in 0..count {
            let record = records.at(at * size_of::<FunctionRecord>() as u64);
            let index = self.u32(field(record, offset_of!(FunctionRecord, index)))?;
            let start = u64::from(self.u32(field(record, offset_of!(FunctionRecord, start)))?);
            let index = (index != NO_FUNCTION).then_some(index);
            let role = if index.is_some() { Role::Guest } else { Role::Initializer };
            let traps = self.traps(module, record, start)?;
            functions.push(Function { start, end: text_len, index, role, traps });
        }
        for at in 1..functions.len() {
            functions[at - 1].end = functions[at].start;
        }
        if functions.iter().any(|function| function.start >= function.end) {
            return Err(Malformed("functions are not in order".into()));
        }
        let exports = self.pointer(field(module, offset_of!(Module, exports)));
        let count = self.u64(field(module, offset_of!(Module, export_count)))?;
        for at in 0..exports.map_or(0, |_| count) {
            let Some(export) = exports.map(|exports| exports.at(at * size_of::<Export>() as u64)) else { continue };
            let Some(code) = self.pointer(field(export, offset_of!(Export, target))) else { continue };
            let params = self.u32(field(export, offset_of!(Export, param_count)))?;
            let results = self.u32(field(export, offset_of!(Export, result_count)))?;
            if let Ok(at) = functions.binary_search_by_key(&code.offset, |function| function.start)
                && code.section == self.units[module.unit].text
                && functions[at].index.is_none()
            {
                functions[at].role = Role::Trampoline(u64::from(params.max(results)));
            }
        }
        Ok(functions)
    }

    fn traps(&self, module: Spot, record: Spot, start: u64) -> Result<HashMap<u64, u8>, Malformed> {
        let offset = self.u32(field(record, offset_of!(FunctionRecord, traps)))?;
        let stream = self.pointer(field(module, offset_of!(Module, traps)));
        let (Some(stream), true) = (stream, offset != u32::MAX) else { return Ok(HashMap::new()) };
        let len = self.u64(field(module, offset_of!(Module, traps_len)))?;
        let bytes = len.checked_sub(u64::from(offset)).and_then(|len| self.bytes(stream.at(u64::from(offset)), len));
        let sites = abi::trap::sites(bytes.ok_or_else(|| Malformed("trap sites end early".into()))?);
        let sites = sites.filter(|site| site.kind != abi::trap::CALL_SITE);
        Ok(sites.map(|site| (start + u64::from(site.pc), site.kind)).collect())
    }

    fn handlers(&self, module: Spot) -> Result<HashMap<u64, (u32, Vec<u64>)>, Malformed> {
        let mut handlers = HashMap::new();
        let sites = self.pointer(field(module, offset_of!(Module, call_sites)));
        let lists = self.pointer(field(module, offset_of!(Module, handler_lists)));
        let (Some(sites), Some(lists)) = (sites, lists) else { return Ok(handlers) };
        for at in 0..self.u64(field(module, offset_of!(Module, call_site_count)))? {
            let site = sites.at(at * size_of::<CallSite>() as u64);
            let return_offset = self.u32(field(site, offset_of!(CallSite, return_offset)))?;
            let mut list = lists.at(4 * u64::from(self.u32(field(site, offset_of!(CallSite, list)))?));
            let frame_size = self.u32(list)?;
            let mut targets = Vec::new();
            list = list.at(4);
            loop {
                let header = self.u32(list)?;
                if header == NO_MORE {
                    break;
                }
                targets.push(u64::from(self.u32(list.at(4))?));
                if header == CATCH_ALL {
                    break;
                }
                list = list.at(8);
            }
            handlers.insert(u64::from(return_offset), (frame_size, targets));
        }
        Ok(handlers)
    }

    fn read_heap(&mut self, program: Spot) -> Result<(), Malformed> {
        if let Some(heap) = self.pointer(field(program, offset_of!(Program, heap))) {
            self.fixed_heap = self.u64(field(heap, offset_of!(Heap, flags)))? & HEAP_FIXED != 0;
        }
        Ok(())
    }
}

impl Spot {
    /// The byte so far behind this one.
    pub fn at(self, distance: u64) -> Spot {
        Spot { offset: self.offset.wrapping_add(distance), ..self }
    }
}

/// A field of a structure.
pub fn field(structure: Spot, offset: usize) -> Spot {
    structure.at(offset as u64)
}

/// Where each global symbol is defined, and its size.
pub type Definitions = HashMap<String, (Spot, u64)>;

fn definitions(files: &[ElfFile64<'_>]) -> Result<Definitions, Malformed> {
    let mut defined = HashMap::new();
    for (unit, file) in files.iter().enumerate() {
        for symbol in file.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
            let name = symbol.name().map_err(|error| Malformed(error.to_string()))?;
            let Some(SectionIndex(section)) = symbol.section_index() else { continue };
            let spot = Spot { unit, section, offset: symbol.address() };
            if defined.insert(name.to_string(), (spot, symbol.size())).is_some() {
                return Err(Malformed(format!("{name} is defined twice")));
            }
        }
    }
    Ok(defined)
}

fn unit(at: usize, file: &ElfFile64<'_>, defined: &Definitions) -> Result<Unit, Malformed> {
    let mut sections = HashMap::new();
    let mut text = None;
    for section in file.sections() {
        let name = section.name().unwrap_or_default();
        if name.starts_with(".debug") || name == ".eh_frame" {
            continue;
        }
        let flags = match section.flags() {
            object::SectionFlags::Elf { sh_flags, .. } => sh_flags.0,
            _ => 0,
        };
        if flags & elf::SHF_ALLOC.0 == 0 {
            continue;
        }
        if flags & elf::SHF_EXECINSTR.0 != 0 && text.replace(section.index().0).is_some() {
            return Err(Malformed("code in more than one section".into()));
        }
        let mut references = HashMap::new();
        for (offset, relocation) in section.relocations() {
            references.insert(offset, reference(at, file, &relocation, defined)?);
        }
        let bytes = section.data().map_err(|error| Malformed(error.to_string()))?.to_vec();
        // What must be relocated is written at start, and read-only from then on.
        let writable = flags & elf::SHF_WRITE.0 != 0 && !name.starts_with(".data.rel.ro");
        sections.insert(section.index().0, Section { bytes, size: section.size(), writable, references });
    }
    let text = text.ok_or_else(|| Malformed("an object without code".into()))?;
    Ok(Unit { text, functions: Vec::new(), handlers: HashMap::new(), sections })
}

fn reference(
    unit: usize,
    file: &ElfFile64<'_>,
    relocation: &object::Relocation,
    defined: &Definitions,
) -> Result<Reference, Malformed> {
    let RelocationFlags::Elf { r_type } = relocation.flags() else {
        return Err(Malformed("a relocation of another format".into()));
    };
    let relative = match r_type {
        elf::R_X86_64_64 => false,
        elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => true,
        other => return Err(Malformed(format!("relocation type {}", other.0))),
    };
    let RelocationTarget::Symbol(SymbolIndex(index)) = relocation.target() else {
        return Err(Malformed("a relocation without a symbol".into()));
    };
    let symbol = file.symbol_by_index(SymbolIndex(index)).map_err(|error| Malformed(error.to_string()))?;
    let addend = relocation.addend();
    let moved = |spot: Spot| Target::Spot(Spot { offset: spot.offset.wrapping_add_signed(addend), ..spot });
    let target = match symbol.section_index() {
        Some(SectionIndex(section)) => moved(Spot { unit, section, offset: symbol.address() }),
        None => {
            let name = symbol.name().map_err(|error| Malformed(error.to_string()))?;
            match defined.get(name) {
                Some((spot, _)) => moved(*spot),
                None if relative && addend != -4 => return Err(Malformed(format!("a place inside {name}"))),
                None => Target::Runtime(name.to_string()),
            }
        }
    };
    Ok(Reference { relative, target })
}
