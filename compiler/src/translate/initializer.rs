//! The code that instantiates a module: whatever could not be resolved at compile time, in the specification's order.

use std::mem::offset_of;

use abi::layout::Memory;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, Signature, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use wasmparser::{ConstExpr, Operator};

use super::state::{Environment, Translator, trap_code};
use super::thunk::entry_block;
use crate::analyze::{TablePlan, code_of};
use crate::constant;
use crate::memory_plan::byte_length;
use crate::module::{ElementItems, Entity, SegmentMode};
use crate::program::{FunctionTarget, Location};
use crate::scan::Use;

/// Something that happens at instantiation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// An imported memory or table must have reached the size the import asks for.
    CheckSize(Entity),
    /// Compute the initial value of a global, by index in the module.
    InitGlobal(u32),
    /// Set all elements of a table, by index in the module, to its initial value.
    InitTable(u32),
    /// Compute an item of an element segment.
    InitElement {
        /// The segment.
        segment: usize,
        /// The item.
        item: usize,
    },
    /// Copy an element segment to this offset of a table.
    CopyElements {
        /// The segment.
        segment: usize,
        /// The table's index in the module.
        table: u32,
        /// First element.
        offset: u64,
    },
    /// Copy a data segment to this offset of a memory.
    CopyData {
        /// The segment.
        segment: usize,
        /// The memory's index in the module.
        memory: u32,
        /// First byte.
        offset: u64,
    },
    /// A segment is known not to fit.
    Trap(TrapKind),
    /// Call the start function.
    Start(u32),
    /// Call a part of the initialiser, see [`initializer_parts`].
    Part(u32),
}

/// Most steps in a function: the time that compiling it takes is quadratic in their number.
const PART: usize = 256;

/// The steps of each function that the initialiser consists of. The last one calls the others, which are numbered from 0 on, or is the
/// only one.
pub fn initializer_parts(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut parts: Vec<Vec<Step>> = steps.chunks(PART).map(<[Step]>::to_vec).collect();
    if parts.len() > 1 {
        parts.push((0..parts.len() as u32).map(Step::Part).collect());
    }
    parts
}

/// Where the code of a part is: its number comes after those of the module's functions.
pub fn initializer_part(env: &Environment, part: u32) -> Location {
    Location { module: env.module, index: env.parsed().functions.len() as u32 + part }
}

/// What is left to do when the environment's module is instantiated.
pub fn initializer_steps(env: &Environment) -> Vec<Step> {
    let mut steps: Vec<Step> =
        env.program.links[env.module].runtime_checks.iter().map(|entity| Step::CheckSize(*entity)).collect();
    steps.extend(dynamic_globals(env).chain(table_steps(env)));
    steps.extend((0..env.parsed().elements.len()).flat_map(|segment| item_steps(env, segment)));
    let segments = (0..env.parsed().elements.len())
        .filter_map(|segment| element_step(env, segment))
        .chain((0..env.parsed().data.len()).filter_map(|segment| data_step(env, segment)));
    for step in segments {
        steps.push(step);
        if matches!(step, Step::Trap(_)) {
            return steps;
        }
    }
    steps.extend(env.parsed().start.map(Step::Start));
    steps
}

/// Globals whose value is not known at compile time.
fn dynamic_globals(env: &Environment) -> impl Iterator<Item = Step> {
    let first = env.parsed().imported_globals.len();
    let values = env.facts.globals[env.module].iter().enumerate().skip(first);
    values.filter(|(_, value)| value.is_none()).map(|(index, _)| Step::InitGlobal(index as u32))
}

/// Tables whose elements are not stored and not null.
fn table_steps(env: &Environment) -> impl Iterator<Item = Step> {
    let tables = env.parsed().imported_tables.len()..env.parsed().tables.len();
    tables
        .filter(|index| {
            let location = Location { module: env.module, index: *index as u32 };
            let stored = !matches!(env.facts.tables.get(&location), Some(TablePlan::Dynamic { stored: false, .. }));
            !stored && env.parsed().table_init(*index as u32).is_some()
        })
        .map(|index| Step::InitTable(index as u32))
}

/// Whether something copies an element segment at run time.
pub fn copies_elements(env: &Environment, segment: usize) -> bool {
    matches!(element_step(env, segment), Some(Step::CopyElements { .. }))
        || env.facts.uses[env.module].contains(&Use::ElementInit(segment as u32))
}

/// Items of a segment that something copies and whose value is not known at compile time.
fn item_steps(env: &Environment, segment: usize) -> Vec<Step> {
    let element = &env.parsed().elements[segment];
    let ElementItems::Expressions(_) = element.items else { return Vec::new() };
    if !copies_elements(env, segment) {
        return Vec::new();
    }
    let values = constant::elements(env.program, &env.facts.globals, env.module, &element.items);
    let unknown = values.enumerate().filter(|(_, value)| value.is_none());
    unknown.map(|(item, _)| Step::InitElement { segment, item }).collect()
}

fn element_step(env: &Environment, segment: usize) -> Option<Step> {
    let element = &env.parsed().elements[segment];
    let SegmentMode::Active(table, offset) = &element.mode else { return None };
    let location = env.program.links[env.module].tables[*table as usize];
    let offset = constant::index(env.program, &env.facts.globals, env.module, offset);
    let fits = offset.saturating_add(element.items.len() as u64) <= env.program.table(location).initial;
    let resolved = match env.facts.tables.get(&location) {
        Some(TablePlan::Dynamic { stored, grows }) => {
            let foreign = location.module != env.module;
            if foreign && (*grows || fits) || !*stored {
                return Some(Step::CopyElements { segment, table: *table, offset });
            }
            fits
        }
        Some(TablePlan::Static { .. }) | None => fits,
    };
    (!resolved).then_some(Step::Trap(TrapKind::TableOutOfBounds))
}

fn data_step(env: &Environment, segment: usize) -> Option<Step> {
    let data = &env.parsed().data[segment];
    let SegmentMode::Active(memory, offset) = &data.mode else { return None };
    let location = env.program.links[env.module].memories[*memory as usize];
    let offset = constant::index(env.program, &env.facts.globals, env.module, offset);
    if location.module != env.module || writes_at_instantiation(env, location) {
        return Some(Step::CopyData { segment, memory: *memory, offset });
    }
    let end = offset.saturating_add(data.bytes.len() as u64);
    (end > initial_bytes(env, location)).then_some(Step::Trap(TrapKind::MemoryOutOfBounds))
}

/// Whether a memory's active segments are written each time the module is instantiated, rather than part of what the memory
/// is at start: threads that instantiate it share the memory.
pub fn writes_at_instantiation(env: &Environment, memory: Location) -> bool {
    env.facts.threads && env.program.memory(memory).shared
}

/// Initial size of a memory in bytes.
fn initial_bytes(env: &Environment, location: crate::program::Location) -> u64 {
    let ty = env.program.memory(location);
    byte_length(ty, ty.initial)
}

/// Builds `extern "C" fn()`; see [`abi::layout::Module::init`].
pub fn initializer(
    env: Environment<'_>,
    steps: &[Step],
    function: &mut Function,
    context: &mut FunctionBuilderContext,
) {
    function.signature = Signature::new(CallConv::SystemV);
    let mut translator = Translator::new(env, FunctionBuilder::new(function, context));
    entry_block(&mut translator);
    let mut ended = false;
    for step in steps {
        match *step {
            Step::CheckSize(entity) => translator.check_size(entity),
            Step::InitGlobal(index) => translator.init_global(index),
            Step::InitTable(index) => translator.init_table(index),
            Step::InitElement { segment, item } => translator.init_element(segment, item),
            Step::CopyElements { segment, table, offset } => translator.copy_elements(segment, table, offset),
            Step::CopyData { segment, memory, offset } => translator.copy_data(segment, memory, offset),
            Step::Trap(kind) => {
                translator.ins().trap(trap_code(kind));
                ended = true;
            }
            Step::Start(index) => translator.start_function(index),
            Step::Part(part) => translator.call_part(part),
        }
    }
    if !ended {
        translator.ins().return_(&[]);
    }
    translator.builder.finalize(env.isa.frontend_config());
}

impl Translator<'_, '_> {
    fn check_size(&mut self, entity: Entity) {
        let links = &self.env.program.links[self.env.module];
        let (size, wanted, kind) = match entity {
            Entity::Memory(index) => {
                let symbol = self.env.symbols.memories[&links.memories[index as usize]];
                let ty = &self.env.parsed().memories[index as usize];
                let wanted = byte_length(ty, ty.initial);
                (self.load_field(symbol, offset_of!(Memory, byte_length)), wanted, TrapKind::MemoryOutOfBounds)
            }
            Entity::Table(index) if self.env.facts.tables.contains_key(&links.tables[index as usize]) => {
                let table = links.tables[index as usize];
                (self.table_len(table), self.env.parsed().tables[index as usize].initial, TrapKind::TableOutOfBounds)
            }
            _ => return,
        };
        let wanted = self.ins().iconst(types::I64, wanted as i64);
        let small = self.ins().icmp(IntCC::UnsignedLessThan, size, wanted);
        self.trap_if(small, kind);
    }

    /// Evaluates a constant expression.
    fn expression(&mut self, expression: &ConstExpr) -> Value {
        for op in expression.get_operators_reader().into_iter().flatten() {
            if !matches!(op, Operator::End) {
                let _validated = super::operator::translate(self, &op);
            }
        }
        self.pop()
    }

    fn init_global(&mut self, index: u32) {
        let parsed = self.env.parsed();
        let value = self.expression(&parsed.global_inits[index as usize - parsed.imported_globals.len()]);
        self.push(value);
        self.global_set(index);
    }

    fn init_table(&mut self, index: u32) {
        let Some(expression) = self.env.parsed().table_init(index) else { return };
        let value = self.expression(expression);
        let location = Location { module: self.env.module, index };
        let start = self.ins().iconst(types::I64, 0);
        let len = self.table_len(location);
        self.fill_elements(location, start, value, len);
    }

    fn init_element(&mut self, segment: usize, item: usize) {
        let ElementItems::Expressions(expressions) = &self.env.parsed().elements[segment].items else { return };
        let value = self.expression(&expressions[item]);
        let value = self.widen_reference(value);
        let symbol = self.env.symbols.elements[&(self.env.module, segment)];
        let cell = self.instance_address(symbol, item as i64 * 8);
        let flags = self.structure_flags();
        self.ins().store(flags, value, cell, 0);
    }

    fn copy_elements(&mut self, segment: usize, table: u32, offset: u64) {
        let location = self.env.program.links[self.env.module].tables[table as usize];
        let count = self.env.parsed().elements[segment].items.len() as i64;
        let offset = self.ins().iconst(types::I64, offset as i64);
        let len = self.ins().iconst(types::I64, count);
        let destination = self.table_range(location, offset, len);
        let source = self.instance_address(self.env.symbols.elements[&(self.env.module, segment)], 0);
        let size = self.ins().iconst(types::I64, count * 8);
        self.move_bytes(destination, source, size);
    }

    fn copy_data(&mut self, segment: usize, memory: u32, offset: u64) {
        let offset = self.ins().iconst(types::I64, offset as i64);
        let len = self.env.parsed().data[segment].bytes.len();
        let len = self.ins().iconst(types::I64, len as i64);
        let destination = self.bulk_address(memory, offset, len);
        let source = self.symbol_address(self.env.symbols.data[&(self.env.module, segment)], 0);
        self.move_bytes(destination, source, len);
    }

    fn call_part(&mut self, part: u32) {
        let Location { module, index } = initializer_part(&self.env, part);
        let signature = self.builder.import_signature(Signature::new(CallConv::SystemV));
        let function = self.import_function(module as u32 + 1, index, signature);
        self.ins().call(function, &[]);
    }

    fn start_function(&mut self, index: u32) {
        match self.env.program.links[self.env.module].functions[index as usize] {
            FunctionTarget::Wasm(_) => {
                let function = self.function(code_of(self.env.program, self.env.module, index));
                self.ins().call(function, &[]);
            }
            FunctionTarget::Host(host) => drop(self.host_call(host, &[])),
        }
    }
}
