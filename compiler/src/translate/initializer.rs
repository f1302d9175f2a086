//! The code that instantiates a module: whatever could not be resolved at compile time, in the specification's order.

use std::mem::offset_of;

use abi::layout::Memory;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, Signature, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::state::{Environment, Translator, trap_code};
use super::thunk::entry_block;
use crate::analyze::{TablePlan, code_of};
use crate::constant;
use crate::module::{Entity, SegmentMode};
use crate::program::FunctionTarget;

/// Something that happens at instantiation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// An imported memory or table must have reached the size the import asks for.
    CheckSize(Entity),
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
}

/// What is left to do when the environment's module is instantiated.
pub fn initializer_steps(env: &Environment) -> Vec<Step> {
    let mut steps: Vec<Step> =
        env.program.links[env.module].runtime_checks.iter().map(|entity| Step::CheckSize(*entity)).collect();
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

fn element_step(env: &Environment, segment: usize) -> Option<Step> {
    let element = &env.parsed().elements[segment];
    let SegmentMode::Active(table, offset) = &element.mode else { return None };
    let location = env.program.links[env.module].tables[*table as usize];
    let offset = constant::evaluate(env.program, &env.facts.globals, env.module, offset).index();
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
    let offset = constant::evaluate(env.program, &env.facts.globals, env.module, offset).index();
    if location.module != env.module {
        return Some(Step::CopyData { segment, memory: *memory, offset });
    }
    let end = offset.saturating_add(data.bytes.len() as u64);
    (end > initial_bytes(env, location)).then_some(Step::Trap(TrapKind::MemoryOutOfBounds))
}

/// Initial size of a memory in bytes.
fn initial_bytes(env: &Environment, location: crate::program::Location) -> u64 {
    let ty = env.program.memory(location);
    ty.initial.saturating_mul(1 << ty.page_size_log2.unwrap_or(16))
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
            Step::CopyElements { segment, table, offset } => translator.copy_elements(segment, table, offset),
            Step::CopyData { segment, memory, offset } => translator.copy_data(segment, memory, offset),
            Step::Trap(kind) => {
                translator.ins().trap(trap_code(kind));
                ended = true;
            }
            Step::Start(index) => translator.start_function(index),
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
                let wanted = ty.initial.saturating_mul(1 << ty.page_size_log2.unwrap_or(16));
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

    fn copy_elements(&mut self, segment: usize, table: u32, offset: u64) {
        let location = self.env.program.links[self.env.module].tables[table as usize];
        let count = self.env.parsed().elements[segment].items.len() as i64;
        let offset = self.ins().iconst(types::I64, offset as i64);
        let len = self.ins().iconst(types::I64, count);
        let destination = self.table_range(location, offset, len);
        let source = self.symbol_address(self.env.symbols.elements[&(self.env.module, segment)], 0);
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
