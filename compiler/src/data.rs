//! A module's data: globals, memories, tables, segments, and the structures by which the runtime finds them.

use std::collections::HashSet;
use std::mem::offset_of;

use abi::layout::{
    ABI_VERSION, EXPORT_FUNCTION, EXPORT_GLOBAL, Export, FuncRef, FunctionRecord, Image, MEMORY_CHECKED, MEMORY_FIXED,
    MEMORY_MOVES, MEMORY_SHARED, Memory, Module, NO_ELEMENT, NO_TYPE, Processor, Program, StaticElement, TABLE_TRACED,
    Table, Threads,
};
use abi::symbols;
use wasmparser::ValType;

use crate::analyze::{TablePlan, initial_elements, type_id};
use crate::constant::{self, ConstValue};
use crate::error::Result;
use crate::exception;
use crate::hardening;
use crate::heap;
use crate::instance;
use crate::limits;
use crate::memory_plan::{Base, Bounds, byte_length, page_size_log2};
use crate::module::{Entity, SegmentMode};
use crate::object_file::{Address, DataPlace, Datum, ObjectFile};
use crate::program::Location;
use crate::scan::Use;
use crate::translate::{self, Environment, GLOBAL_SIZE, Step};

/// Images at least this long are moved into place rather than copied.
const MAPPABLE_IMAGE: u64 = 64 << 10;

/// A structure's bytes and the addresses in it.
pub struct Structure {
    bytes: Vec<u8>,
    addresses: Vec<(u64, Address)>,
}

impl Structure {
    /// So many zero bytes.
    pub fn new(size: usize) -> Self {
        Structure { bytes: vec![0; size], addresses: Vec::new() }
    }

    fn u32(&mut self, offset: usize, value: u32) {
        self.bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Sets a field.
    pub fn u64(&mut self, offset: usize, value: u64) {
        self.bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// Sets a pointer, null for none.
    pub fn address(&mut self, offset: usize, address: impl Into<Option<Address>>) {
        if let Some(address) = address.into() {
            self.addresses.push((offset as u64, address));
        }
    }

    /// Puts another structure at the end.
    pub fn append(&mut self, other: Structure) {
        let start = self.bytes.len() as u64;
        self.bytes.extend(other.bytes);
        self.addresses.extend(other.addresses.into_iter().map(|(offset, address)| (start + offset, address)));
    }

    /// Puts another structure at an offset.
    pub fn insert(&mut self, offset: u64, other: &Structure) {
        self.bytes[offset as usize..][..other.bytes.len()].copy_from_slice(&other.bytes);
        self.addresses.extend(other.addresses.iter().map(|(at, address)| (offset + at, *address)));
    }

    /// Its size in bytes.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether there is nothing but zeroes in it.
    pub fn is_zero(&self) -> bool {
        self.addresses.is_empty() && self.bytes.iter().all(|byte| *byte == 0)
    }

    /// Places it in an object.
    pub fn place(&self, object: &mut ObjectFile, place: DataPlace) -> Result<Datum> {
        let datum = object.add_data(place, &self.bytes, 16);
        for (offset, address) in &self.addresses {
            object.set_address(datum, *offset, *address)?;
        }
        Ok(datum)
    }

    /// Places it unless it is empty.
    pub fn place_some(&self, object: &mut ObjectFile, place: DataPlace) -> Result<Option<Address>> {
        if self.bytes.is_empty() { Ok(None) } else { Ok(Some(Address::Data(self.place(object, place)?))) }
    }
}

/// Emits all data of the environment's module; `steps` are those of its initialiser, `exports` what its export table lists.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile, steps: &[Step], exports: &[(String, Entity)]) -> Result<()> {
    globals(env, object)?;
    funcrefs(env, object)?;
    segments(env, object, steps)?;
    let memories = memories(env, object)?;
    let tables = tables(env, object)?;
    let exports_datum = export_table(env, object, exports)?;
    let is_main = env.module + 1 == env.program.modules.len();
    let heap = if is_main { heap::emit(env, object)? } else { None };
    module(env, object, &memories, &tables, (exports_datum, exports.len()))?;
    if is_main {
        displays(env, object);
        program(env, object, heap, exports_datum, exports)?;
    }
    Ok(())
}

fn globals(env: Environment, object: &mut ObjectFile) -> Result<()> {
    let imported = env.parsed().imported_globals.len();
    let values = &env.facts.globals[env.module][imported..];
    let mut cells = Structure::new(values.len() * GLOBAL_SIZE as usize);
    for (at, value) in values.iter().enumerate().filter_map(|(at, value)| Some((at, value.as_ref()?))) {
        let offset = at * GLOBAL_SIZE as usize;
        cells.bytes[offset..offset + 16].copy_from_slice(&value.bytes());
        // A global that nothing reads may refer to a function that was dropped.
        cells.address(offset, value.function().and_then(|function| reference(env, function)));
    }
    instance::place(env, object, env.symbols.globals[env.module], cells)?;
    Ok(())
}

fn funcrefs(env: Environment, object: &mut ObjectFile) -> Result<()> {
    for (location, symbol) in env.symbols.funcrefs.iter().filter(|(location, _)| location.module == env.module) {
        let mut funcref = Structure::new(size_of::<FuncRef>());
        funcref.address(offset_of!(FuncRef, code), Address::Function(*location));
        funcref.u64(offset_of!(FuncRef, type_id), u64::from(type_id(env.program, *location).0));
        let datum = funcref.place(object, DataPlace::Relocated)?;
        object.define(*symbol, datum, size_of::<FuncRef>() as u64);
    }
    Ok(())
}

/// Funcref of a function, as an address.
fn reference(env: Environment, location: Location) -> Option<Address> {
    env.symbols.funcrefs.get(&location).map(|symbol| Address::Symbol(*symbol))
}

/// Elements of a table or segment.
fn references(env: Environment, values: impl ExactSizeIterator<Item = ConstValue>) -> Structure {
    let mut elements = Structure::new(values.len() * 8);
    for (at, value) in values.enumerate() {
        elements.bytes[at * 8..at * 8 + 8].copy_from_slice(&value.bytes()[..8]);
        elements.address(at * 8, value.function().and_then(|function| reference(env, function)));
    }
    elements
}

/// Contents of the segments that something copies at run time, and the lengths of the passive ones.
fn segments(env: Environment, object: &mut ObjectFile, steps: &[Step]) -> Result<()> {
    let uses = &env.facts.uses[env.module];
    let parsed = env.parsed();
    let mut lengths = Structure::new((parsed.data.len() + parsed.elements.len()) * 8);
    let copied = steps.iter().filter_map(|step| match step {
        Step::CopyData { segment, .. } => Some(*segment),
        _ => None,
    });
    let copied: HashSet<usize> = copied.collect();
    for (index, data) in parsed.data.iter().enumerate() {
        if copied.contains(&index) || uses.contains(&Use::DataInit(index as u32)) {
            let datum = object.add_data(DataPlace::ReadOnly, data.bytes, 16);
            object.define(env.symbols.data[&(env.module, index)], datum, data.bytes.len() as u64);
        }
        if matches!(data.mode, SegmentMode::Passive) {
            lengths.u64(index * 8, data.bytes.len() as u64);
        }
    }
    for (index, element) in parsed.elements.iter().enumerate() {
        let Some(symbol) = env.symbols.elements.get(&(env.module, index)) else { continue };
        if translate::copies_elements(&env, index) {
            let values = constant::elements(env.program, &env.facts.globals, env.module, &element.items);
            let values: Vec<Option<ConstValue>> = values.collect();
            let computed = values.contains(&None);
            let items = references(env, values.into_iter().map(|value| value.unwrap_or(ConstValue::Null)));
            if computed {
                instance::place(env, object, *symbol, items)?;
            } else {
                let datum = items.place(object, DataPlace::Relocated)?;
                object.define(*symbol, datum, items.bytes.len() as u64);
            }
        }
        if matches!(element.mode, SegmentMode::Passive) {
            lengths.u64((parsed.data.len() + index) * 8, element.items.len() as u64);
        }
    }
    instance::place(env, object, env.symbols.segment_lengths[env.module], lengths)?;
    Ok(())
}

fn memories(env: Environment, object: &mut ObjectFile) -> Result<Vec<Address>> {
    let mut addresses = Vec::new();
    for (location, plan) in env.facts.memories.iter().filter(|(location, _)| location.module == env.module) {
        let ty = env.program.memory(*location);
        let min = byte_length(ty, ty.initial);
        let images = images(env, object, *location)?;
        let mut memory = Structure::new(size_of::<Memory>());
        memory.u64(offset_of!(Memory, byte_length), min);
        memory.u64(offset_of!(Memory, min_byte_length), min);
        memory.u64(offset_of!(Memory, max_byte_length), plan.max_byte_length(ty));
        memory.u32(offset_of!(Memory, page_size_log2), page_size_log2(ty));
        let shared = if ty.shared { MEMORY_SHARED } else { 0 };
        let place = match plan.base {
            Base::Fixed => MEMORY_FIXED,
            Base::Stable => 0,
            Base::Moving => MEMORY_MOVES,
        };
        let checked = if plan.bounds == Bounds::Compared { MEMORY_CHECKED } else { 0 };
        memory.u32(offset_of!(Memory, flags), place | checked | shared);
        memory.u64(offset_of!(Memory, reservation), plan.reservation(ty));
        memory.u64(offset_of!(Memory, image_count), (images.bytes.len() / size_of::<Image>()) as u64);
        memory.address(offset_of!(Memory, images), images.place_some(object, DataPlace::Relocated)?);
        addresses.push(instance::place(env, object, env.symbols.memories[location], memory)?);
    }
    Ok(addresses)
}

/// Active segments of a memory by address, with overlaps applied in order and small gaps filled.
fn images(env: Environment, object: &mut ObjectFile, location: Location) -> Result<Structure> {
    let page = env.options.target.max_page_size();
    let mut segments: Vec<(u64, usize, &[u8])> = Vec::new();
    if translate::writes_at_instantiation(&env, location) {
        return Ok(Structure::new(0));
    }
    for (index, data) in env.parsed().data.iter().enumerate() {
        let SegmentMode::Active(memory, offset) = &data.mode else { continue };
        let target = env.program.links[env.module].memories[*memory as usize];
        let offset = constant::index(env.program, &env.facts.globals, env.module, offset);
        let ty = env.program.memory(target);
        let end = offset.saturating_add(data.bytes.len() as u64);
        if target.module == env.module && end > byte_length(ty, ty.initial) {
            break;
        }
        if target == location && !data.bytes.is_empty() {
            segments.push((offset, index, data.bytes));
        }
    }
    segments.sort_by_key(|(offset, ..)| *offset);
    let mut images = Structure::new(0);
    let mut rest = segments.as_mut_slice();
    while let Some((start, _, _)) = rest.first() {
        let start = *start;
        let mut end = start;
        let mut count = 0;
        while let Some((offset, _, bytes)) = rest.get(count)
            && (count == 0 || *offset < end.saturating_add(page))
        {
            end = end.max(offset + bytes.len() as u64);
            count += 1;
        }
        let (group, others) = rest.split_at_mut(count);
        group.sort_by_key(|(_, index, _)| *index);
        images.append(image(env, object, start, end, group));
        rest = others;
    }
    Ok(images)
}

/// One image from segments in the order of their application.
fn image(env: Environment, object: &mut ObjectFile, start: u64, end: u64, group: &[(u64, usize, &[u8])]) -> Structure {
    let page = env.options.target.max_page_size();
    // Nothing has so large a memory, but the rounding would overflow. What is moved into one thread's memory is gone for others.
    let mappable = end - start >= MAPPABLE_IMAGE && end < u64::MAX - page && !env.facts.threads;
    let (start, end) = if mappable { (start / page * page, end.next_multiple_of(page)) } else { (start, end) };
    let mut bytes = vec![0; (end - start) as usize];
    for (offset, _, segment) in group {
        bytes[(offset - start) as usize..][..segment.len()].copy_from_slice(segment);
    }
    let (place, align) = if mappable { (DataPlace::Image, page) } else { (DataPlace::ReadOnly, 16) };
    let datum = object.add_data(place, &bytes, align);
    let mut image = Structure::new(size_of::<Image>());
    image.address(offset_of!(Image, source), Address::Data(datum));
    image.u64(offset_of!(Image, offset), start);
    image.u64(offset_of!(Image, len), end - start);
    image.u64(offset_of!(Image, mappable), u64::from(mappable));
    image
}

/// Emits the tables; gives those that the runtime must know.
fn tables(env: Environment, object: &mut ObjectFile) -> Result<Vec<Address>> {
    let mut addresses = Vec::new();
    for (location, plan) in env.facts.tables.iter().filter(|(location, _)| location.module == env.module) {
        match plan {
            TablePlan::Static { elements, .. } => static_table(env, object, *location, elements)?,
            TablePlan::Dynamic { stored, .. } => addresses.push(dynamic_table(env, object, *location, *stored)?),
        }
    }
    Ok(addresses)
}

fn static_table(
    env: Environment,
    object: &mut ObjectFile,
    location: Location,
    elements: &[Option<Location>],
) -> Result<()> {
    let size = size_of::<StaticElement>();
    let mut table = Structure::new((elements.len() + 1) * size);
    for (at, element) in elements.iter().enumerate() {
        let type_id = element.map_or(NO_TYPE, |function| type_id(env.program, function).0);
        table.u32(at * size + offset_of!(StaticElement, type_id), type_id);
    }
    table.u32(elements.len() * size + offset_of!(StaticElement, type_id), NO_ELEMENT);
    let datum = object.add_data(DataPlace::ReadOnly, &table.bytes, 16);
    for (at, function) in elements.iter().enumerate() {
        if let Some(function) = function {
            let offset = at * size + offset_of!(StaticElement, code);
            object.set_distance(datum, offset as u64, Address::Function(*function))?;
        }
    }
    object.define(env.symbols.tables[&location], datum, table.bytes.len() as u64);
    Ok(())
}

fn dynamic_table(env: Environment, object: &mut ObjectFile, location: Location, stored: bool) -> Result<Address> {
    let ty = env.program.table(location);
    let index_space = if ty.table64 { u64::MAX } else { u64::from(u32::MAX) };
    let mut table = Structure::new(size_of::<Table>());
    table.u64(offset_of!(Table, len), ty.initial);
    table.u64(offset_of!(Table, capacity), ty.initial);
    table.u64(offset_of!(Table, max), ty.maximum.unwrap_or(u64::MAX).min(index_space));
    let traced = env.is_traced(ValType::Ref(ty.element_type));
    table.u64(offset_of!(Table, flags), if traced { TABLE_TRACED } else { 0 });
    if stored {
        let elements = initial_elements(env.program, &env.facts.globals, location).unwrap_or_default();
        let elements = references(env, elements.into_iter());
        let address = instance::place(env, object, env.symbols.table_elements[&location], elements)?;
        table.address(offset_of!(Table, elements), address);
    }
    instance::place(env, object, env.symbols.tables[&location], table)
}

fn export_table(env: Environment, object: &mut ObjectFile, exports: &[(String, Entity)]) -> Result<Option<Datum>> {
    if exports.is_empty() {
        return Ok(None);
    }
    let mut table = Structure::new(0);
    for (name, entity) in exports {
        let name_datum = object.add_data(DataPlace::ReadOnly, name.as_bytes(), 1);
        let mut export = Structure::new(size_of::<Export>());
        export.address(offset_of!(Export, name), Address::Data(name_datum));
        export.u64(offset_of!(Export, name_len), name.len() as u64);
        let types = match entity {
            Entity::Global(index) => global_export(env, &mut export, *index),
            Entity::Function(index) => {
                let ty = env.parsed().function_type(*index);
                export.u32(offset_of!(Export, kind), EXPORT_FUNCTION);
                export.u32(offset_of!(Export, param_count), ty.params().len() as u32);
                export.u32(offset_of!(Export, result_count), ty.results().len() as u32);
                export.address(offset_of!(Export, target), object.trampoline(*index));
                ty.params().iter().chain(ty.results()).map(|ty| env.export_type(*ty)).collect()
            }
            Entity::Table(_) | Entity::Memory(_) | Entity::Tag(_) => continue,
        };
        let types = object.add_data(DataPlace::ReadOnly, &types, 1);
        export.address(offset_of!(Export, types), Address::Data(types));
        table.append(export);
    }
    table.place(object, DataPlace::Relocated).map(Some)
}

fn global_export(env: Environment, export: &mut Structure, index: u32) -> Vec<u8> {
    let location = env.program.links[env.module].globals[index as usize];
    export.u32(offset_of!(Export, kind), EXPORT_GLOBAL);
    export.u32(offset_of!(Export, result_count), 1);
    // The cell of a global is found by its offset from the definer's first cell: one relocation with an addend.
    let defined = location.index - env.program.modules[location.module].imported_globals.len() as u32;
    let symbol = env.symbols.globals[location.module];
    export.address(offset_of!(Export, target), Address::SymbolOffset(symbol, u64::from(defined * GLOBAL_SIZE)));
    vec![env.export_type(env.program.global(location).content_type)]
}

fn displays(env: Environment, object: &mut ObjectFile) {
    if env.program.types.any_has_subtypes() {
        let bytes: Vec<u8> = env.program.types.displays().iter().flat_map(|word| word.to_le_bytes()).collect();
        let datum = object.add_data(DataPlace::ReadOnly, &bytes, 4);
        object.define(env.symbols.displays, datum, bytes.len() as u64);
    }
}

fn pointers(addresses: &[Address]) -> Structure {
    let mut pointers = Structure::new(addresses.len() * 8);
    for (at, address) in addresses.iter().enumerate() {
        pointers.address(at * 8, *address);
    }
    pointers
}

fn function_records(records: &[FunctionRecord]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(records));
    for record in records {
        // The fields in order of declaration; all are u32, so there is no padding.
        let FunctionRecord { start, index, traps, name, name_len, wasm_offset, flags } = record;
        for field in [start, index, traps, name, name_len, wasm_offset, flags] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
    }
    bytes
}

fn module(
    env: Environment,
    object: &mut ObjectFile,
    memories: &[Address],
    tables: &[Address],
    (exports, export_count): (Option<Datum>, usize),
) -> Result<()> {
    let mut module = Structure::new(size_of::<Module>());
    let name = env.parsed().name.as_bytes();
    let (records, traps, names) = object_tables(object);
    let stack_maps = std::mem::take(&mut object.stack_maps);
    let count = records.len() / size_of::<FunctionRecord>();
    let (handled, (call_sites, lists)) = (object.handlers.len(), object.handlers.bytes());
    let mut bytes = |pointer: usize, length: usize, bytes: &[u8], count: usize| {
        if !bytes.is_empty() {
            let datum = object.add_data(DataPlace::ReadOnly, bytes, 4);
            module.address(pointer, Address::Data(datum));
            module.u64(length, count as u64);
        }
    };
    bytes(offset_of!(Module, name), offset_of!(Module, name_len), name, name.len());
    bytes(offset_of!(Module, functions), offset_of!(Module, function_count), &records, count);
    bytes(offset_of!(Module, traps), offset_of!(Module, traps_len), &traps, traps.len());
    bytes(offset_of!(Module, names), offset_of!(Module, names_len), &names, names.len());
    let (addresses, slots) = (stack_maps.addresses(), stack_maps.slots());
    bytes(offset_of!(Module, stack_maps), offset_of!(Module, stack_map_count), &addresses, stack_maps.len());
    bytes(offset_of!(Module, stack_map_slots), offset_of!(Module, stack_map_slots_len), slots, slots.len());
    bytes(offset_of!(Module, call_sites), offset_of!(Module, call_site_count), &call_sites, handled);
    bytes(offset_of!(Module, handler_lists), offset_of!(Module, handler_lists_len), &lists, lists.len() / 4);
    let (text, text_len) = object.text();
    module.address(offset_of!(Module, text), text);
    module.u64(offset_of!(Module, text_len), text_len);
    module.address(offset_of!(Module, memories), pointers(memories).place_some(object, DataPlace::Relocated)?);
    module.u64(offset_of!(Module, memory_count), memories.len() as u64);
    module.address(offset_of!(Module, tables), pointers(tables).place_some(object, DataPlace::Relocated)?);
    module.u64(offset_of!(Module, table_count), tables.len() as u64);
    module.address(offset_of!(Module, init), object.initializer());
    module.address(offset_of!(Module, exports), exports.map(Address::Data));
    module.u64(offset_of!(Module, export_count), export_count as u64);
    heap::roots(env, object, &mut module)?;
    instance::emit(env, object, &mut module)?;
    let datum = module.place(object, DataPlace::Relocated)?;
    object.define_named(&crate::symbols::module(env.module), datum, size_of::<Module>() as u64);
    Ok(())
}

fn object_tables(object: &mut ObjectFile) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    (function_records(&object.records), std::mem::take(&mut object.traps), std::mem::take(&mut object.names))
}

/// What the code needs of the processor, if anything.
fn processor(env: Environment, object: &mut ObjectFile) -> Result<Option<Address>> {
    let features = crate::isa::required_features(env.isa);
    if features == 0 {
        return Ok(None);
    }
    let mut processor = Structure::new(size_of::<Processor>());
    processor.address(offset_of!(Processor, check), Address::Named(symbols::CHECK_PROCESSOR));
    processor.u64(offset_of!(Processor, features), features);
    let datum = processor.place(object, DataPlace::Relocated)?;
    object.define_named(symbols::PROCESSOR, datum, size_of::<Processor>() as u64);
    Ok(Some(Address::Data(datum)))
}

fn program(
    env: Environment,
    object: &mut ObjectFile,
    heap: Option<Address>,
    exports: Option<Datum>,
    listed: &[(String, Entity)],
) -> Result<()> {
    let position = |entry: &Option<(String, u32)>| {
        let (name, _) = entry.as_ref()?;
        let at = listed.iter().position(|(listed, _)| listed == name)?;
        Some(Address::Data(exports?.at((at * size_of::<Export>()) as u64)))
    };
    let entries = &env.facts.entries;
    let modules: Vec<Address> = (0..env.program.modules.len()).map(Address::Module).collect();
    let policy = &env.options.policy;
    let invoke = matches!(env.options.entry, crate::options::Entry::Invoke(_));
    let run = entries
        .entry
        .as_ref()
        .map(|_| Address::Named(if invoke { symbols::run::INVOKE } else { symbols::run::COMMAND }));

    let mut program = Structure::new(size_of::<Program>());
    program.u32(offset_of!(Program, abi_version), ABI_VERSION);
    program.address(offset_of!(Program, modules), pointers(&modules).place_some(object, DataPlace::Relocated)?);
    program.u64(offset_of!(Program, module_count), modules.len() as u64);
    program.address(offset_of!(Program, run), run);
    program.address(offset_of!(Program, entry), position(&entries.entry));
    program.address(offset_of!(Program, initialize), position(&entries.initialize));
    program.u64(offset_of!(Program, stack_size), env.options.stack_size.next_multiple_of(64 << 10));
    if !policy.is_empty() {
        let datum = object.add_data(DataPlace::Policy, policy, 1);
        program.address(offset_of!(Program, policy), Address::Data(datum));
        program.u64(offset_of!(Program, policy_len), policy.len() as u64);
    }
    program.address(offset_of!(Program, processor), processor(env, object)?);
    if abi::policy::needs_start(policy) && !env.facts.host_functions.is_empty() {
        program.address(offset_of!(Program, wasi_start), Address::Named(symbols::WASI_START));
    }
    program.address(offset_of!(Program, heap), heap);
    program.address(offset_of!(Program, heap_start), heap.map(|_| Address::Named(symbols::HEAP_START)));
    exception::emit_tags(env, object, &mut program)?;
    if env.facts.threads {
        let mut threads = Structure::new(size_of::<Threads>());
        threads.u64(offset_of!(Threads, instance_size), env.symbols.instances.size());
        threads.address(offset_of!(Threads, entry), position(&entries.thread_start));
        let functions = heap.map(|_| (symbols::HEAP_START_IN_THREAD, symbols::HEAP_RELEASE)).unzip();
        threads.address(offset_of!(Threads, heap_start), functions.0.map(Address::Named));
        threads.address(offset_of!(Threads, heap_release), functions.1.map(Address::Named));
        let datum = threads.place(object, DataPlace::Relocated)?;
        program.address(offset_of!(Program, threads), Address::Data(datum));
    }
    if !env.options.record.is_empty() {
        let datum = object.add_data(DataPlace::Record, &env.options.record, 1);
        program.address(offset_of!(Program, record), Address::Data(datum));
    }
    limits::emit(env, object, &mut program)?;
    program.address(offset_of!(Program, hardening), hardening::emit(env, object)?);
    let datum = program.place(object, DataPlace::Relocated)?;
    object.define_named(symbols::PROGRAM, datum, size_of::<Program>() as u64);
    Ok(())
}
