//! The heap's data: its structure, how the objects of each type look, and which references outside it the collector follows.

use std::mem::offset_of;

use abi::heap::{
    HEAP_FIXED, HEAP_STRESS, Heap, OBJECT_ARRAY, OBJECT_EXCEPTION, OBJECT_NONE, OBJECT_STRUCT, ObjectType, RootRange,
};
use abi::layout::Module;
use wasmparser::{CompositeInnerType, StorageType, ValType};

use crate::analyze::HeapPlan;
use crate::data::Structure;
use crate::error::Result;
use crate::instance;
use crate::module::ElementItems;
use crate::object_file::{Address, DataPlace, ObjectFile};
use crate::program::Program;
use crate::translate::{Environment, GLOBAL_SIZE, copies_elements};
use crate::types::Layout;

/// Emits the heap, in the object of the main module, and gives its address.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn emit(env: Environment, object: &mut ObjectFile) -> Result<Option<Address>> {
    let Some(plan) = env.facts.heap else { return Ok(None) };
    let (types, references) = object_types(env.program);
    let count = types.len() / size_of::<ObjectType>();
    let types = object.add_data(DataPlace::ReadOnly, &types, 8);
    let references = object.add_data(DataPlace::ReadOnly, &references, 4);
    let mut heap = Structure::new(size_of::<Heap>());
    heap.u64(offset_of!(Heap, max_bytes), env.options.max_heap);
    let fixed = if plan == HeapPlan::Fixed { HEAP_FIXED } else { 0 };
    let stress = if env.options.heap_stress { HEAP_STRESS } else { 0 };
    heap.u64(offset_of!(Heap, flags), fixed | stress);
    heap.address(offset_of!(Heap, types), Address::Data(types));
    heap.u64(offset_of!(Heap, type_count), count as u64);
    heap.address(offset_of!(Heap, reference_offsets), Address::Data(references));
    instance::place(env, object, env.symbols.heap, heap).map(Some)
}

/// The [`ObjectType`]s of all types and tags by number, and the offsets of their references.
fn object_types(program: &Program) -> (Vec<u8>, Vec<u8>) {
    let mut types = Vec::new();
    let mut references: Vec<u32> = Vec::new();
    let mut push = |kind: u32, size: u32, offsets: &[u32], is_array_of_references: bool| {
        let count = if is_array_of_references { 1 } else { offsets.len() as u32 };
        // The fields in order of declaration.
        for field in [kind, size, references.len() as u32, count] {
            types.extend_from_slice(&field.to_le_bytes());
        }
        references.extend_from_slice(offsets);
    };
    for ty in program.types.all() {
        match &ty.composite {
            CompositeInnerType::Struct(composite) => {
                let fields = composite.fields.iter().map(|field| field.element_type);
                push(OBJECT_STRUCT, ty.layout.size, &traced(program, &ty.layout, fields), false);
            }
            CompositeInnerType::Array(composite) => {
                let element = composite.0.element_type;
                push(OBJECT_ARRAY, program.types.size(element), &[], program.types.is_traced(element));
            }
            _ => push(OBJECT_NONE, 0, &[], false),
        }
    }
    for (module, tag) in program.tags() {
        let values = module.tag_type(tag).function().params();
        let layout = program.types.exception_layout(values);
        let fields = values.iter().map(|ty| StorageType::Val(*ty));
        push(OBJECT_EXCEPTION, layout.size, &traced(program, &layout, fields), false);
    }
    (types, references.iter().flat_map(|offset| offset.to_le_bytes()).collect())
}

/// Offsets of the references among some fields.
fn traced(program: &Program, layout: &Layout, fields: impl Iterator<Item = StorageType>) -> Vec<u32> {
    let fields = layout.offsets.iter().zip(fields);
    fields.filter(|(_, ty)| program.types.is_traced(*ty)).map(|(offset, _)| *offset).collect()
}

/// Emits the list of a module's references outside the heap.
///
/// # Errors
/// [`crate::Error::Internal`] only.
pub fn roots(env: Environment, object: &mut ObjectFile, module: &mut Structure) -> Result<()> {
    if env.facts.heap.is_none() {
        return Ok(());
    }
    let mut ranges = Structure::new(0);
    let mut count = 0;
    for (start, len, stride) in global_roots(env).chain(element_roots(env)) {
        let mut range = Structure::new(size_of::<RootRange>());
        range.address(offset_of!(RootRange, start), start);
        range.u64(offset_of!(RootRange, count), len);
        range.u64(offset_of!(RootRange, stride), stride);
        ranges.append(range);
        count += 1;
    }
    module.address(offset_of!(Module, roots), ranges.place_some(object, DataPlace::Relocated)?);
    module.u64(offset_of!(Module, root_count), count);
    Ok(())
}

/// Cells of globals that may refer to objects: their address, number and distance.
fn global_roots(env: Environment<'_>) -> impl Iterator<Item = (Address, u64, u64)> + '_ {
    let defined = env.parsed().globals.iter().skip(env.parsed().imported_globals.len());
    let traced = defined.enumerate().filter(move |(_, ty)| env.is_traced(ty.content_type));
    traced.map(move |(at, _)| {
        let cell = Address::SymbolOffset(env.symbols.globals[env.module], at as u64 * u64::from(GLOBAL_SIZE));
        (cell, 1, u64::from(GLOBAL_SIZE))
    })
}

/// Items of element segments that may refer to objects.
fn element_roots(env: Environment<'_>) -> impl Iterator<Item = (Address, u64, u64)> + '_ {
    env.parsed().elements.iter().enumerate().filter_map(move |(index, element)| {
        let ElementItems::Expressions(items) = &element.items else { return None };
        let computed = items
            .iter()
            .any(|item| crate::constant::evaluate(env.program, &env.facts.globals, env.module, item).is_none());
        let copied = copies_elements(&env, index);
        let symbol = *env.symbols.elements.get(&(env.module, index))?;
        (computed && copied && env.is_traced(ValType::Ref(element.ty))).then_some((
            Address::Symbol(symbol),
            items.len() as u64,
            8,
        ))
    })
}
