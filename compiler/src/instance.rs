//! The data of an instance in a program that starts threads: each thread has its own, so code finds it by a register rather than by
//! symbols. In all other programs there is one instance, and nothing here applies.

use std::collections::HashMap;
use std::mem::offset_of;
use std::ops::Range;

use abi::heap::Heap;
use abi::layout::{Memory, Module, Table};

use crate::analyze::{Facts, TablePlan};
use crate::constant;
use crate::data::Structure;
use crate::error::Result;
use crate::object_file::{Address, DataPlace, ObjectFile};
use crate::program::Program;
use crate::symbols::{SymbolId, Symbols};
use crate::translate::{Environment, GLOBAL_SIZE};

/// Alignment of everything in an instance.
const ALIGNMENT: u64 = 16;

/// Where each symbol's data lies in an instance.
#[derive(Default)]
pub struct Layout {
    offsets: HashMap<SymbolId, u64>,
    /// Of each module.
    parts: Vec<Range<u64>>,
}

impl Layout {
    /// Offset of a symbol's data from the start of the instance; `None` when all threads share it.
    pub fn offset(&self, symbol: SymbolId) -> Option<u64> {
        self.offsets.get(&symbol).copied()
    }

    /// Bytes of an instance.
    pub fn size(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.end)
    }
}

/// Lays out instances, if there are several.
pub fn layout(program: &Program, facts: &Facts, symbols: &Symbols) -> Layout {
    let mut layout = Layout::default();
    if !facts.threads {
        return layout;
    }
    let mut end = 0;
    for module in 0..program.modules.len() {
        let start = end;
        for (symbol, size) in contents(program, facts, symbols, module) {
            layout.offsets.insert(symbol, end);
            end = (end + size).next_multiple_of(ALIGNMENT);
        }
        layout.parts.push(start..end);
    }
    layout
}

/// What belongs to an instance of a module: symbols and their sizes.
fn contents(program: &Program, facts: &Facts, symbols: &Symbols, module: usize) -> Vec<(SymbolId, u64)> {
    let parsed = &program.modules[module];
    let globals = (parsed.globals.len() - parsed.imported_globals.len()) as u64 * u64::from(GLOBAL_SIZE);
    let lengths = (parsed.data.len() + parsed.elements.len()) as u64 * 8;
    let mut contents = vec![(symbols.globals[module], globals), (symbols.segment_lengths[module], lengths)];
    let memories = facts.memories.keys().filter(|memory| memory.module == module && !program.memory(**memory).shared);
    contents.extend(memories.map(|memory| (symbols.memories[memory], size_of::<Memory>() as u64)));
    for (table, plan) in facts.tables.iter().filter(|(table, _)| table.module == module) {
        if let TablePlan::Dynamic { stored, .. } = plan {
            contents.push((symbols.tables[table], size_of::<Table>() as u64));
            if *stored {
                contents.push((symbols.table_elements[table], program.table(*table).initial * 8));
            }
        }
    }
    if module + 1 == program.modules.len() && facts.heap.is_some() {
        contents.push((symbols.heap, size_of::<Heap>() as u64));
    }
    for (index, element) in parsed.elements.iter().enumerate() {
        // Items that the initialiser computes.
        let mut values = constant::elements(program, &facts.globals, module, &element.items);
        if let Some(symbol) = symbols.elements.get(&(module, index))
            && values.any(|value| value.is_none())
        {
            contents.push((*symbol, element.items.len() as u64 * 8));
        }
    }
    contents
}

/// Places data that an instance changes, and defines its symbol.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn place(env: Environment, object: &mut ObjectFile, symbol: SymbolId, data: Structure) -> Result<Address> {
    if env.symbols.instances.offset(symbol).is_some() {
        object.instance.push((symbol, data));
        return Ok(Address::Symbol(symbol));
    }
    let size = data.len();
    let datum =
        if data.is_zero() { object.add_zeroes(size, ALIGNMENT) } else { data.place(object, DataPlace::Writable)? };
    object.define(symbol, datum, size);
    Ok(Address::Data(datum))
}

/// Places a module's part of the initial contents of instances, and refers to it from the module.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile, module: &mut Structure) -> Result<()> {
    let Some(range) = env.symbols.instances.parts.get(env.module) else { return Ok(()) };
    let len = range.end - range.start;
    let contents = std::mem::take(&mut object.instance);
    let offset = |symbol: SymbolId| env.symbols.instances.offset(symbol).unwrap_or(range.start) - range.start;
    let mut part = Structure::new(len as usize);
    for (symbol, data) in &contents {
        part.insert(offset(*symbol), data);
    }
    let datum = part.place(object, DataPlace::Relocated)?;
    for (symbol, data) in &contents {
        object.define(*symbol, datum.at(offset(*symbol)), data.len());
    }
    module.address(offset_of!(Module, instance), Address::Data(datum));
    module.u64(offset_of!(Module, instance_len), len);
    module.u64(offset_of!(Module, instance_offset), range.start);
    Ok(())
}
