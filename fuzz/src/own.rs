//! Modules whose results are not thrown away: every value that is computed flows into a result, a memory, a global, a branch or
//! the digest, a global that all others are folded into. Few calls trap. Fuel that is used up makes functions return early.

mod array;
mod body;
mod exception;
mod expression;
mod memory;
mod object;
mod plan;
mod scalar;
mod statement;
mod sums;
mod vector;

use crate::case::FUEL;
use crate::random::Random;
use crate::source;
use body::Body;
use plan::Plan;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, ExportKind, ExportSection,
    FunctionSection, GlobalSection, GlobalType, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
    TagKind, TagSection, TagType, TypeSection, ValType,
};

/// The module of a seed, with the proposals that the compiler accepts.
pub fn module(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let features = source::features(&mut random);
    let plan = Plan::new(&mut random, features);
    let mut module = Module::new();
    module.section(&types(&plan));
    let mut functions = FunctionSection::new();
    (0..plan.functions.len() as u32).for_each(|index| {
        functions.function(plan.function_type(index));
    });
    module.section(&functions);
    module.section(&table(&plan));
    module.section(&memories(&plan));
    if !plan.tags.is_empty() {
        module.section(&tags(&plan));
    }
    module.section(&globals(&plan, &mut random));
    module.section(&exports(&plan));
    module.section(&elements(&plan));
    let data = data(&plan, &mut random);
    module.section(&DataCountSection { count: data.len() });
    let mut code = CodeSection::new();
    for index in 0..plan.functions.len() {
        let random = Random::new(random.next());
        code.function(&Body::new(&plan, index, random).make());
    }
    module.section(&code);
    module.section(&data);
    module.finish()
}

fn types(plan: &Plan) -> TypeSection {
    let mut types = TypeSection::new();
    if !plan.objects.is_empty() {
        types.ty().rec(plan.objects.iter().map(object::encoded));
    }
    for signature in &plan.functions {
        types.ty().function(signature.params.iter().copied(), signature.results.iter().copied());
    }
    for tag in &plan.tags {
        types.ty().function(tag.iter().copied(), []);
    }
    for tag in &plan.tags {
        types.ty().function([], tag.iter().copied());
        let with_reference: Vec<ValType> = tag.iter().copied().chain([exception::EXNREF]).collect();
        types.ty().function([], with_reference);
    }
    types
}

fn tags(plan: &Plan) -> TagSection {
    let mut tags = TagSection::new();
    for tag in 0..plan.tags.len() {
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: plan.tag_type(tag) });
    }
    tags
}

fn table(plan: &Plan) -> TableSection {
    let minimum = plan.elements.len() as u64;
    let mut tables = TableSection::new();
    let ty = TableType {
        element_type: RefType::FUNCREF,
        minimum,
        maximum: Some(minimum + 8),
        table64: false,
        shared: false,
    };
    tables.table(ty);
    tables
}

fn memories(plan: &Plan) -> MemorySection {
    let mut memories = MemorySection::new();
    for memory in &plan.memories {
        memories.memory(MemoryType {
            minimum: memory.pages,
            maximum: Some(memory.pages + 2),
            memory64: memory.is_64,
            shared: false,
            page_size_log2: None,
        });
    }
    memories
}

fn globals(plan: &Plan, random: &mut Random) -> GlobalSection {
    let mut globals = GlobalSection::new();
    for (val_type, mutable) in &plan.globals {
        let init = match *val_type {
            ValType::I32 => ConstExpr::i32_const(random.integer() as i32),
            ValType::I64 => ConstExpr::i64_const(random.integer() as i64),
            ValType::F32 => ConstExpr::f32_const(f32::from_bits(random.f32()).into()),
            ValType::F64 => ConstExpr::f64_const(f64::from_bits(random.f64()).into()),
            _ => ConstExpr::v128_const(random.v128() as i128),
        };
        globals.global(GlobalType { val_type: *val_type, mutable: *mutable, shared: false }, &init);
    }
    globals
}

/// Leaves are left for inlining, all else is exported.
fn exports(plan: &Plan) -> ExportSection {
    let mut exports = ExportSection::new();
    for (index, signature) in plan.functions.iter().enumerate() {
        if !signature.is_leaf || index % 2 == 0 {
            exports.export(&format!("f{index}"), ExportKind::Func, index as u32);
        }
    }
    for index in 0..plan.memories.len() as u32 {
        exports.export(&format!("m{index}"), ExportKind::Memory, index);
    }
    exports.export(FUEL, ExportKind::Global, plan::FUEL);
    for index in 1..plan.globals.len() as u32 {
        exports.export(&format!("g{index}"), ExportKind::Global, index);
    }
    exports
}

/// One segment for each run of elements, and one that declares every function for ref.func.
fn elements(plan: &Plan) -> ElementSection {
    let mut elements = ElementSection::new();
    for (at, element) in plan.elements.iter().enumerate() {
        if let Some(function) = element {
            let offset = ConstExpr::i32_const(at as i32);
            elements.active(None, &offset, Elements::Functions([*function].as_slice().into()));
        }
    }
    let all: Vec<u32> = (0..plan.functions.len() as u32).collect();
    elements.declared(Elements::Functions(all.into()));
    elements
}

fn data(plan: &Plan, random: &mut Random) -> DataSection {
    let mut data = DataSection::new();
    let mut bytes = |len: usize| (0..len).map(|_| random.integer() as u8).collect::<Vec<_>>();
    for _ in 0..plan.passive_data {
        data.passive(bytes(32));
    }
    for (index, memory) in plan.memories.iter().enumerate() {
        for (start, len) in [(0, 4500), (memory.bytes() - 64, 64)] {
            let offset =
                if memory.is_64 { ConstExpr::i64_const(start as i64) } else { ConstExpr::i32_const(start as i32) };
            data.active(index as u32, &offset, bytes(len));
        }
    }
    data
}
