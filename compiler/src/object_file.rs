//! The relocatable object of one module: code as it is finished, then data. Calls inside the module are resolved here, so
//! that the linker has few relocations to process.

use std::collections::HashMap;

use abi::layout::{FUNCTION_HAS_FRAME, FunctionRecord, NO_FUNCTION};
use cranelift_codegen::binemit::Reloc;
use object::elf;
use object::write::{
    Object, Relocation as ObjectRelocation, SectionId, StandardSection, Symbol, SymbolId as ObjectSymbol, SymbolSection,
};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};

use crate::codegen::{Compiled, Job, Relocation, RelocationTarget};
use crate::data::Structure;
use crate::debug::FunctionDebug;
use crate::error::{Error, Place, Result};
use crate::exception::HandlerTable;
use crate::names;
use crate::program::Location;
use crate::stack_maps::StackMapTable;
use crate::symbols::{self, SymbolId};
use crate::target::Target;
use crate::translate::{Environment, initializer_part};

/// Code of a module must stay in reach of 32-bit displacements, with room for everything else.
const CODE_LIMIT: usize = 0x7000_0000;

/// Where data goes, by what may happen to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DataPlace {
    /// Read-only, no absolute addresses.
    ReadOnly,
    /// Read-only once relocated.
    Relocated,
    /// Writable.
    Writable,
    /// Writable, zero.
    Zero,
    /// Page-aligned memory images.
    Image,
    /// The policy.
    Policy,
    /// The list of system calls.
    SystemCalls,
    /// How the executable comes about.
    Record,
}

/// An address in data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// A guest function.
    Function(Location),
    /// A symbol.
    Symbol(SymbolId),
    /// A symbol plus a constant.
    SymbolOffset(SymbolId, u64),
    /// A symbol of the runtime, by its linker name.
    Named(&'static str),
    /// A module's descriptor.
    Module(usize),
    /// Code of this object at an offset.
    Code(u32),
    /// Data of this object.
    Data(Datum),
}

/// Data that was placed in this object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Datum {
    section: SectionId,
    offset: u64,
}

impl Datum {
    /// Data `offset` bytes further.
    pub fn at(self, offset: u64) -> Datum {
        Datum { offset: self.offset + offset, ..self }
    }
}

/// The object while it is built.
pub struct ObjectFile<'a> {
    env: Environment<'a>,
    object: Object<'static>,
    text: Vec<u8>,
    text_section: SectionId,
    image_section: Option<SectionId>,
    named_sections: HashMap<&'static str, SectionId>,
    debug_sections: HashMap<&'static str, SectionId>,
    functions: HashMap<u32, u32>,
    trampolines: HashMap<u32, u32>,
    initializer: Option<u32>,
    calls: Vec<Call>,
    symbols: HashMap<SymbolId, ObjectSymbol>,
    named: HashMap<String, ObjectSymbol>,
    /// Functions in address order.
    pub records: Vec<FunctionRecord>,
    /// Trap streams.
    pub traps: Vec<u8>,
    /// Where calls leave references on the stack.
    pub stack_maps: StackMapTable,
    /// Handlers of exceptions.
    pub handlers: HandlerTable,
    /// Names for backtraces.
    pub names: Vec<u8>,
    /// Contents of the module's part of an instance, where each thread has one.
    pub instance: Vec<(SymbolId, Structure)>,
    /// Functions that get debug information.
    pub debug: Vec<FunctionDebug>,
}

/// A call inside the module, resolved when all functions are placed.
struct Call {
    at: u32,
    callee: u32,
    addend: i64,
    kind: Reloc,
}

impl<'a> ObjectFile<'a> {
    /// An empty object.
    pub fn new(env: Environment<'a>) -> Self {
        let architecture = match env.options.target {
            Target::X86_64Linux => Architecture::X86_64,
            Target::Aarch64Linux => Architecture::Aarch64,
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let text_section = object.section_id(StandardSection::Text);
        // Says that the code needs no executable stack.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        ObjectFile {
            env,
            object,
            text: Vec::new(),
            text_section,
            image_section: None,
            named_sections: HashMap::new(),
            debug_sections: HashMap::new(),
            functions: HashMap::new(),
            trampolines: HashMap::new(),
            initializer: None,
            calls: Vec::new(),
            symbols: HashMap::new(),
            named: HashMap::new(),
            records: Vec::new(),
            traps: Vec::new(),
            stack_maps: StackMapTable::default(),
            handlers: HandlerTable::default(),
            names: Vec::new(),
            instance: Vec::new(),
            debug: Vec::new(),
        }
    }

    /// Appends a function.
    ///
    /// # Errors
    /// [`Error::Limit`] when the code is too large to address.
    pub fn add_function(&mut self, job: &Job, mut compiled: Compiled) -> Result<()> {
        let start = self.text.len().next_multiple_of(compiled.alignment.max(16) as usize);
        if start + compiled.code.len() > CODE_LIMIT {
            return Err(Error::Limit {
                place: Place::file(self.env.parsed().file),
                message: "more than 1.75 GiB of machine code".into(),
            });
        }
        self.text.resize(start, 0xcc);
        self.text.extend_from_slice(&compiled.code);
        let start = start as u32;
        self.place(job, start, &compiled);
        for relocation in &compiled.relocations {
            self.relocate_code(start, relocation)?;
        }
        self.record(job, start, &compiled);
        self.stack_maps.append(start, std::mem::take(&mut compiled.stack_maps));
        if self.env.options.debug_info {
            self.record_debug(start, compiled);
        }
        Ok(())
    }

    fn place(&mut self, job: &Job, start: u32, compiled: &Compiled) {
        let size = compiled.code.len() as u64;
        match job {
            Job::Body(index, _) | Job::HostThunk(index) => {
                self.functions.insert(*index, start);
                let readable = self.env.parsed().function_names.get(index).map(|name| names::symbol(name));
                let readable = readable.filter(|name| !name.is_empty());
                let readable = readable.unwrap_or_else(|| format!("wasm function {index}"));
                self.define_code(readable.into_bytes(), SymbolScope::Compilation, start, size);
                let location = Location { module: self.env.module, index: *index };
                if self.env.program.modules.len() > 1 {
                    let name = symbols::function(location).into_bytes();
                    self.define_code(name, SymbolScope::Linkage, start, size);
                }
            }
            Job::Trampoline(index) => drop(self.trampolines.insert(*index, start)),
            Job::Initializer(part, _) => {
                self.functions.insert(initializer_part(&self.env, *part).index, start);
                self.initializer = Some(start);
            }
        }
    }

    fn define_code(&mut self, name: Vec<u8>, scope: SymbolScope, start: u32, size: u64) {
        self.object.add_symbol(Symbol {
            name,
            value: u64::from(start),
            size,
            kind: SymbolKind::Text,
            scope,
            weak: false,
            section: SymbolSection::Section(self.text_section),
            flags: SymbolFlags::None,
        });
    }

    fn record(&mut self, job: &Job, start: u32, compiled: &Compiled) {
        let (index, wasm_offset) = match job {
            Job::Body(index, body) => (*index, self.env.parsed().bodies[*body].body.range().start as u32),
            Job::HostThunk(index) => (*index, 0),
            Job::Trampoline(_) | Job::Initializer(..) => (NO_FUNCTION, 0),
        };
        let name = compiled.name.as_deref().unwrap_or_default();
        self.records.push(FunctionRecord {
            start,
            index,
            traps: if compiled.traps.is_empty() { u32::MAX } else { self.traps.len() as u32 },
            name: if compiled.name.is_some() { self.names.len() as u32 } else { u32::MAX },
            name_len: name.len() as u32,
            wasm_offset,
            flags: if self.env.options.target.has_frame(&compiled.code) { FUNCTION_HAS_FRAME } else { 0 },
        });
        self.traps.extend_from_slice(&compiled.traps);
        self.handlers.add(start, &compiled.handled_calls);
        self.names.extend_from_slice(name.as_bytes());
    }

    fn record_debug(&mut self, start: u32, compiled: Compiled) {
        let Some(record) = self.records.last() else { return };
        let name = compiled.name.unwrap_or_else(|| match record.index {
            NO_FUNCTION => "<start-up>".to_string(),
            index => format!("<wasm function {index}>"),
        });
        self.debug.push(FunctionDebug {
            start,
            len: compiled.code.len() as u32,
            name,
            wasm_offset: record.wasm_offset,
            lines: compiled.lines,
            unwind: compiled.unwind,
        });
    }

    fn relocate_code(&mut self, start: u32, relocation: &Relocation) -> Result<()> {
        let at = start + relocation.offset;
        let address = match relocation.target {
            RelocationTarget::Function(location) => {
                if location.module == self.env.module {
                    let Relocation { addend, kind, .. } = *relocation;
                    self.calls.push(Call { at, callee: location.index, addend, kind });
                    return Ok(());
                }
                Address::Function(location)
            }
            RelocationTarget::Symbol(symbol) => Address::Symbol(symbol),
            RelocationTarget::Own(offset) => Address::Code(start + offset),
        };
        let (symbol, addend) = self.resolve(address);
        let r_type = self.relocation_type(relocation.kind)?;
        self.add_relocation(self.text_section, u64::from(at), symbol, addend + relocation.addend, r_type)
    }

    fn relocation_type(&self, kind: Reloc) -> Result<elf::RelocationType> {
        relocation_type(kind).ok_or_else(|| Error::Internal {
            place: Place::file(self.env.parsed().file),
            message: format!("unexpected relocation {kind:?}"),
        })
    }

    fn add_relocation(
        &mut self,
        section: SectionId,
        offset: u64,
        symbol: ObjectSymbol,
        addend: i64,
        r_type: elf::RelocationType,
    ) -> Result<()> {
        let flags = RelocationFlags::Elf { r_type };
        self.object
            .add_relocation(section, ObjectRelocation { offset, symbol, addend, flags })
            .map_err(|error| Error::Internal { place: Place::file(self.env.parsed().file), message: error.to_string() })
    }

    /// Code offset of an own function.
    pub fn function_offset(&self, index: u32) -> Option<u32> {
        self.functions.get(&index).copied()
    }

    /// Code of the export trampoline of the function at `index`.
    pub fn trampoline(&self, index: u32) -> Option<Address> {
        self.trampolines.get(&index).map(|start| Address::Code(*start))
    }

    /// Code of the initialiser, if there is one.
    pub fn initializer(&self) -> Option<Address> {
        self.initializer.map(Address::Code)
    }

    /// First byte of the machine code.
    pub fn text(&self) -> (Address, u64) {
        (Address::Code(0), self.text.len() as u64)
    }

    fn section(&mut self, place: DataPlace) -> SectionId {
        match place {
            DataPlace::ReadOnly => self.object.section_id(StandardSection::ReadOnlyData),
            DataPlace::Relocated => self.object.section_id(StandardSection::ReadOnlyDataWithRel),
            DataPlace::Writable => self.object.section_id(StandardSection::Data),
            DataPlace::Zero => self.object.section_id(StandardSection::UninitializedData),
            DataPlace::Image => *self.image_section.get_or_insert_with(|| {
                let name = abi::symbols::IMAGE_SECTION.as_bytes().to_vec();
                self.object.add_section(Vec::new(), name, SectionKind::Data)
            }),
            DataPlace::Policy => self.named_section(abi::symbols::POLICY_SECTION),
            DataPlace::Record => self.named_section(abi::symbols::RECORD_SECTION),
            DataPlace::SystemCalls => self.named_section(abi::symbols::SYSTEM_CALLS_SECTION),
        }
    }

    /// A read-only section of its own.
    fn named_section(&mut self, name: &'static str) -> SectionId {
        let add = || self.object.add_section(Vec::new(), name.as_bytes().to_vec(), SectionKind::ReadOnlyData);
        *self.named_sections.entry(name).or_insert_with(add)
    }

    /// Places bytes.
    pub fn add_data(&mut self, place: DataPlace, bytes: &[u8], align: u64) -> Datum {
        let section = self.section(place);
        let offset = self.object.append_section_data(section, bytes, align);
        Datum { section, offset }
    }

    /// Places zeroes that take no room in the file.
    pub fn add_zeroes(&mut self, len: u64, align: u64) -> Datum {
        let section = self.section(DataPlace::Zero);
        let offset = self.object.append_section_bss(section, len, align);
        Datum { section, offset }
    }

    /// Stores an absolute address at `offset` of placed data.
    pub fn set_address(&mut self, datum: Datum, offset: u64, address: Address) -> Result<()> {
        let r_type = match self.env.options.target {
            Target::X86_64Linux => elf::R_X86_64_64,
            Target::Aarch64Linux => elf::R_AARCH64_ABS64,
        };
        let (symbol, addend) = self.resolve(address);
        self.add_relocation(datum.section, datum.offset + offset, symbol, addend, r_type)
    }

    /// Stores at `offset` of placed data the 32-bit distance of an address from the data's start.
    pub fn set_distance(&mut self, datum: Datum, offset: u64, address: Address) -> Result<()> {
        let r_type = match self.env.options.target {
            Target::X86_64Linux => elf::R_X86_64_PC32,
            Target::Aarch64Linux => elf::R_AARCH64_PREL32,
        };
        let (symbol, addend) = self.resolve(address);
        self.add_relocation(datum.section, datum.offset + offset, symbol, addend + offset as i64, r_type)
    }

    /// Makes placed data what a symbol stands for.
    pub fn define(&mut self, symbol: SymbolId, datum: Datum, size: u64) {
        let name = self.env.symbols.name(symbol).to_string();
        let id = self.named_symbol(name);
        self.symbols.insert(symbol, id);
        self.define_data(id, datum, size);
    }

    /// Defines a symbol by its linker name.
    pub fn define_named(&mut self, name: &str, datum: Datum, size: u64) {
        let id = self.named_symbol(name.to_string());
        self.define_data(id, datum, size);
    }

    fn define_data(&mut self, id: ObjectSymbol, datum: Datum, size: u64) {
        let symbol = self.object.symbol_mut(id);
        symbol.section = SymbolSection::Section(datum.section);
        symbol.value = datum.offset;
        symbol.size = size;
        symbol.kind = SymbolKind::Data;
        symbol.scope = SymbolScope::Linkage;
    }

    fn resolve(&mut self, address: Address) -> (ObjectSymbol, i64) {
        match address {
            Address::Function(location) => {
                let own = (location.module == self.env.module).then(|| self.function_offset(location.index)).flatten();
                match own {
                    Some(offset) => self.resolve(Address::Code(offset)),
                    None => (self.named_symbol(symbols::function(location)), 0),
                }
            }
            Address::Symbol(symbol) => (self.symbol(symbol), 0),
            Address::SymbolOffset(symbol, offset) => (self.symbol(symbol), offset as i64),
            Address::Named(name) => (self.named_symbol(name.to_string()), 0),
            Address::Module(module) => (self.named_symbol(symbols::module(module)), 0),
            Address::Code(offset) => (self.object.section_symbol(self.text_section), i64::from(offset)),
            Address::Data(datum) => (self.object.section_symbol(datum.section), datum.offset as i64),
        }
    }

    fn symbol(&mut self, symbol: SymbolId) -> ObjectSymbol {
        if let Some(id) = self.symbols.get(&symbol) {
            return *id;
        }
        let id = self.named_symbol(self.env.symbols.name(symbol).to_string());
        self.symbols.insert(symbol, id);
        id
    }

    fn named_symbol(&mut self, name: String) -> ObjectSymbol {
        if let Some(id) = self.named.get(&name) {
            return *id;
        }
        let id = self.object.add_symbol(Symbol {
            name: name.clone().into_bytes(),
            value: 0,
            size: 0,
            kind: SymbolKind::Unknown,
            scope: SymbolScope::Unknown,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.named.insert(name, id);
        id
    }

    /// Adds a debug section. Its relocations may refer to others that are added before [`ObjectFile::relocate_debug`].
    pub fn add_debug_section(&mut self, name: &'static str, bytes: &[u8]) {
        let section = self.object.add_section(Vec::new(), name.as_bytes().to_vec(), SectionKind::Debug);
        self.object.append_section_data(section, bytes, 1);
        self.debug_sections.insert(name, section);
    }

    /// Relocates `size` bytes of a debug section against another one, or against the code when there is none.
    pub fn relocate_debug(
        &mut self,
        section: &'static str,
        (offset, size): (u64, u8),
        target: Option<&'static str>,
        addend: i64,
    ) -> Result<()> {
        let r_type = match (self.env.options.target, size) {
            (Target::X86_64Linux, 4) => elf::R_X86_64_32,
            (Target::X86_64Linux, _) => elf::R_X86_64_64,
            (Target::Aarch64Linux, 4) => elf::R_AARCH64_ABS32,
            (Target::Aarch64Linux, _) => elf::R_AARCH64_ABS64,
        };
        let target = target.map_or(Some(self.text_section), |target| self.debug_sections.get(target).copied());
        if let (Some(section), Some(target)) = (self.debug_sections.get(section).copied(), target) {
            let symbol = self.object.section_symbol(target);
            self.add_relocation(section, offset, symbol, addend, r_type)?;
        }
        Ok(())
    }

    /// Resolves the calls and writes the object.
    ///
    /// # Errors
    /// [`Error::Internal`] for a call to a function that was not compiled.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        for call in std::mem::take(&mut self.calls) {
            self.resolve_call(&call)?;
        }
        self.object.set_section_data(self.text_section, std::mem::take(&mut self.text), 64);
        let file = self.env.parsed().file;
        let internal =
            |error: object::write::Error| Error::Internal { place: Place::file(file), message: error.to_string() };
        self.object.write().map_err(internal)
    }

    /// Fills in a 32-bit displacement; leaves other encodings to the linker.
    fn resolve_call(&mut self, call: &Call) -> Result<()> {
        let callee = self.function_offset(call.callee).ok_or_else(|| Error::Internal {
            place: Place::file(self.env.parsed().file),
            message: format!("function {} was not compiled", call.callee),
        })?;
        if matches!(call.kind, Reloc::X86CallPCRel4 | Reloc::X86PCRel4) {
            let distance = i64::from(callee) - i64::from(call.at) + call.addend;
            self.text[call.at as usize..][..4].copy_from_slice(&(distance as i32).to_le_bytes());
            return Ok(());
        }
        let (symbol, offset) = self.resolve(Address::Code(callee));
        let r_type = self.relocation_type(call.kind)?;
        self.add_relocation(self.text_section, u64::from(call.at), symbol, offset + call.addend, r_type)
    }
}

fn relocation_type(kind: Reloc) -> Option<elf::RelocationType> {
    Some(match kind {
        Reloc::Abs8 => elf::R_X86_64_64,
        Reloc::X86PCRel4 => elf::R_X86_64_PC32,
        Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => elf::R_X86_64_PLT32,
        Reloc::X86GOTPCRel4 => elf::R_X86_64_GOTPCREL,
        Reloc::Arm64Call => elf::R_AARCH64_CALL26,
        Reloc::Aarch64AdrPrelPgHi21 => elf::R_AARCH64_ADR_PREL_PG_HI21,
        Reloc::Aarch64AddAbsLo12Nc => elf::R_AARCH64_ADD_ABS_LO12_NC,
        Reloc::Aarch64AdrGotPage21 => elf::R_AARCH64_ADR_GOT_PAGE,
        Reloc::Aarch64Ld64GotLo12Nc => elf::R_AARCH64_LD64_GOT_LO12_NC,
        _ => return None,
    })
}
