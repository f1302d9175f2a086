//! Declares every symbol of the program before any body is translated, so that bodies can be translated in parallel and
//! refer to symbols by number.

use std::collections::BTreeMap;

use abi::symbols::builtin;

use crate::analyze::{Facts, TablePlan};
use crate::instance::{self, Layout};
use crate::module::SegmentMode;
use crate::program::{Location, Program};

/// A symbol's number in [`Symbols`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SymbolId(pub u32);

/// Every symbol but the functions', whose names follow from their location ([`function`]).
#[derive(Default)]
pub struct Symbols {
    names: Vec<String>,
    /// Cells of the globals that a module defines, 16 bytes each, in order; by module.
    pub globals: Vec<SymbolId>,
    /// Lengths of passive segments, 8 bytes each, data segments first, then element segments; by module.
    pub segment_lengths: Vec<SymbolId>,
    /// [`abi::layout::Memory`].
    pub memories: BTreeMap<Location, SymbolId>,
    /// [`abi::layout::Table`], or the elements themselves of a static table.
    pub tables: BTreeMap<Location, SymbolId>,
    /// Stored elements of dynamic tables.
    pub table_elements: BTreeMap<Location, SymbolId>,
    /// [`abi::layout::FuncRef`] of escaping functions.
    pub funcrefs: BTreeMap<Location, SymbolId>,
    /// Contents of element segments that instructions or the initialiser copy.
    pub elements: BTreeMap<(usize, usize), SymbolId>,
    /// Contents of data segments that instructions or the initialiser copy.
    pub data: BTreeMap<(usize, usize), SymbolId>,
    /// Displays of types, see [`crate::types::Types::displays`].
    pub displays: SymbolId,
    /// [`abi::heap::Heap`].
    pub heap: SymbolId,
    /// Which of these each thread has for itself, and where.
    pub instances: Layout,
    /// Host functions.
    pub host_functions: BTreeMap<&'static str, SymbolId>,
    /// Functions of [`abi::symbols::builtin`].
    pub builtins: BTreeMap<&'static str, SymbolId>,
}

impl Symbols {
    /// The linker's name of a symbol.
    pub fn name(&self, symbol: SymbolId) -> &str {
        &self.names[symbol.0 as usize]
    }

    fn declare(&mut self, name: String) -> SymbolId {
        self.names.push(name);
        SymbolId(self.names.len() as u32 - 1)
    }
}

/// The linker's name of a function that another module refers to.
pub fn function(location: Location) -> String {
    format!("w2e_m{}_f{}", location.module, location.index)
}

/// The linker's name of a module's [`abi::layout::Module`].
pub fn module(module: usize) -> String {
    format!("w2e_m{module}")
}

/// Declares all symbols.
pub fn declare(program: &Program, facts: &Facts) -> Symbols {
    let mut symbols = Symbols::default();
    symbols.displays = symbols.declare("w2e_type_displays".to_string());
    symbols.heap = symbols.declare("w2e_heap".to_string());
    for module in 0..program.modules.len() {
        let globals = symbols.declare(format!("w2e_m{module}_globals"));
        symbols.globals.push(globals);
        let lengths = symbols.declare(format!("w2e_m{module}_segment_lengths"));
        symbols.segment_lengths.push(lengths);
        declare_segments(&mut symbols, program, module);
    }
    for location in facts.memories.keys() {
        let id = symbols.declare(format!("w2e_m{}_memory{}", location.module, location.index));
        symbols.memories.insert(*location, id);
    }
    for (location, plan) in &facts.tables {
        let id = symbols.declare(format!("w2e_m{}_table{}", location.module, location.index));
        symbols.tables.insert(*location, id);
        if let TablePlan::Dynamic { stored: true, .. } = plan {
            let id = symbols.declare(format!("w2e_m{}_table{}_elements", location.module, location.index));
            symbols.table_elements.insert(*location, id);
        }
    }
    for location in &facts.escaping {
        let id = symbols.declare(format!("w2e_m{}_funcref{}", location.module, location.index));
        symbols.funcrefs.insert(*location, id);
    }
    for host in facts.host_functions.values() {
        if !symbols.host_functions.contains_key(host.symbol) {
            let id = symbols.declare(host.symbol.to_string());
            symbols.host_functions.insert(host.symbol, id);
        }
    }
    for name in [
        builtin::MEMORY_GROW,
        builtin::SHARED_MEMORY_GROW,
        builtin::TABLE_GROW,
        builtin::TABLE_FILL,
        builtin::HEAP_ALLOCATE,
        builtin::HEAP_REMEMBER,
        builtin::ATOMIC_WAIT32,
        builtin::ATOMIC_WAIT64,
        builtin::ATOMIC_NOTIFY,
        builtin::THROW,
        builtin::MEMMOVE,
        builtin::MEMSET,
    ] {
        let id = symbols.declare(name.to_string());
        symbols.builtins.insert(name, id);
    }
    symbols.instances = instance::layout(program, facts, &symbols);
    symbols
}

fn declare_segments(symbols: &mut Symbols, program: &Program, module: usize) {
    let parsed = &program.modules[module];
    for (index, segment) in parsed.elements.iter().enumerate() {
        if !matches!(segment.mode, SegmentMode::Declared) {
            let id = symbols.declare(format!("w2e_m{module}_elements{index}"));
            symbols.elements.insert((module, index), id);
        }
    }
    for index in 0..parsed.data.len() {
        let id = symbols.declare(format!("w2e_m{module}_data{index}"));
        symbols.data.insert((module, index), id);
    }
}
