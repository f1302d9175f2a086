//! Validates function bodies, in parallel, and notes what each one uses.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use wasmparser::{BinaryReaderError, FuncValidatorAllocations, FunctionBody, Operator};

use crate::error::{Error, Result};
use crate::module::{Body, Module};
use crate::parse;

/// Something a function body refers to, by index in its module.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Use {
    /// `call`
    Call(u32),
    /// `ref.func`
    RefFunc(u32),
    /// `call_indirect`: reads a table
    TableCall(u32),
    /// Reads elements or the size of a table otherwise.
    TableRead(u32),
    /// Changes elements of a table.
    TableWrite(u32),
    /// `table.grow`
    TableGrow(u32),
    /// `table.init` and its like for arrays
    ElementInit(u32),
    /// `elem.drop`
    ElementDrop(u32),
    /// `memory.init` and its like for arrays
    DataInit(u32),
    /// `data.drop`
    DataDrop(u32),
    /// `memory.grow`
    MemoryGrow(u32),
    /// `global.get`
    GlobalGet(u32),
    /// Structures and arrays.
    Objects,
    /// `throw`
    Exceptions,
    /// `throw_ref`, `rethrow`
    Rethrow,
    /// `call_ref`
    ReferenceCall,
    /// `try`
    Try,
}

/// What a function body uses, sorted, without repetition.
pub type Uses = Vec<Use>;

/// How many bodies a thread takes at a time.
const CHUNK: usize = 32;

/// Validates all bodies of a module on up to `threads` threads; the result has one entry per body.
///
/// # Errors
/// The first invalid function in file order.
pub fn scan(module: &Module, bytes: &[u8], threads: usize) -> Result<Vec<Uses>> {
    let first = module.imported_functions.len() as u32;
    let mut all = Vec::with_capacity(module.bodies.len());
    for (index, result) in (first..).zip(scan_bodies(&module.bodies, threads).into_iter().flatten()) {
        all.push(result.map_err(|error| in_function(parse::invalid(module.file, bytes, &error), module, index))?);
    }
    Ok(all)
}

/// What bodies use, of a chunk of them.
type ScannedChunk = Vec<std::result::Result<Uses, BinaryReaderError>>;

/// The calling thread takes part, so that a small module, or one for which no thread can be started, needs no other.
fn scan_bodies(bodies: &[Body], threads: usize) -> Vec<ScannedChunk> {
    let chunks: Vec<&[Body]> = bodies.chunks(CHUNK).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut allocations = FuncValidatorAllocations::default();
        let mut done: Vec<(usize, ScannedChunk)> = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(chunk) = chunks.get(index) else { return done };
            done.push((index, chunk.iter().map(|body| scan_body(&mut allocations, body)).collect()));
        }
    };
    let mut done = thread::scope(|scope| {
        let others = 1..threads.min(chunks.len());
        let others = others.map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok());
        let others: Vec<_> = others.collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, chunk)| chunk).collect()
}

/// Adds the function to an error's place.
pub fn in_function(mut error: Error, module: &Module, index: u32) -> Error {
    if let Error::Invalid { place, .. }
    | Error::Unsupported { place, .. }
    | Error::Limit { place, .. }
    | Error::Internal { place, .. } = &mut error
    {
        place.function = Some(index);
        place.name = module.function_names.get(&index).map(|name| name.to_string());
    }
    error
}

fn scan_body(allocations: &mut FuncValidatorAllocations, body: &Body) -> std::result::Result<Uses, BinaryReaderError> {
    let to_validate = body.to_validate.lock().ok().and_then(|mut slot| slot.take());
    if let Some(to_validate) = to_validate {
        let mut validator = to_validate.into_validator(std::mem::take(allocations));
        validator.validate(&body.body)?;
        *allocations = validator.into_allocations();
    }
    uses(&body.body)
}

fn uses(body: &FunctionBody) -> std::result::Result<Uses, BinaryReaderError> {
    let mut uses = Uses::new();
    for op in body.get_operators_reader()? {
        note(&mut uses, &op?);
    }
    uses.sort_unstable();
    uses.dedup();
    uses.shrink_to_fit();
    Ok(uses)
}

fn note(uses: &mut Uses, op: &Operator) {
    match *op {
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
            uses.push(Use::Call(function_index));
        }
        Operator::RefFunc { function_index } => uses.push(Use::RefFunc(function_index)),
        Operator::CallIndirect { table_index, .. } | Operator::ReturnCallIndirect { table_index, .. } => {
            uses.push(Use::TableCall(table_index));
        }
        Operator::TableGet { table } | Operator::TableSize { table } => uses.push(Use::TableRead(table)),
        Operator::TableSet { table } | Operator::TableFill { table } => uses.push(Use::TableWrite(table)),
        Operator::TableGrow { table } => uses.push(Use::TableGrow(table)),
        Operator::TableCopy { dst_table, src_table } => {
            uses.extend([Use::TableWrite(dst_table), Use::TableRead(src_table)]);
        }
        Operator::TableInit { elem_index, table } => {
            uses.extend([Use::TableWrite(table), Use::ElementInit(elem_index)]);
        }
        Operator::ElemDrop { elem_index } => uses.push(Use::ElementDrop(elem_index)),
        Operator::MemoryInit { data_index, .. } => uses.push(Use::DataInit(data_index)),
        Operator::DataDrop { data_index } => uses.push(Use::DataDrop(data_index)),
        Operator::MemoryGrow { mem } => uses.push(Use::MemoryGrow(mem)),
        Operator::GlobalGet { global_index } => uses.push(Use::GlobalGet(global_index)),
        _ => note_objects(uses, op),
    }
}

/// What instructions on objects, references and exceptions use.
fn note_objects(uses: &mut Uses, op: &Operator) {
    match *op {
        Operator::ArrayNewData { array_data_index, .. } | Operator::ArrayInitData { array_data_index, .. } => {
            uses.extend([Use::DataInit(array_data_index), Use::Objects]);
        }
        Operator::ArrayNewElem { array_elem_index, .. } | Operator::ArrayInitElem { array_elem_index, .. } => {
            uses.extend([Use::ElementInit(array_elem_index), Use::Objects]);
        }
        Operator::StructNew { .. }
        | Operator::StructNewDefault { .. }
        | Operator::StructGet { .. }
        | Operator::StructGetS { .. }
        | Operator::StructGetU { .. }
        | Operator::StructSet { .. }
        | Operator::ArrayNew { .. }
        | Operator::ArrayNewDefault { .. }
        | Operator::ArrayNewFixed { .. }
        | Operator::ArrayGet { .. }
        | Operator::ArrayGetS { .. }
        | Operator::ArrayGetU { .. }
        | Operator::ArraySet { .. }
        | Operator::ArrayLen
        | Operator::ArrayFill { .. }
        | Operator::ArrayCopy { .. }
        | Operator::RefTestNonNull { .. }
        | Operator::RefTestNullable { .. }
        | Operator::RefCastNonNull { .. }
        | Operator::RefCastNullable { .. }
        | Operator::BrOnCast { .. }
        | Operator::BrOnCastFail { .. } => uses.push(Use::Objects),
        Operator::CallRef { .. } | Operator::ReturnCallRef { .. } => uses.push(Use::ReferenceCall),
        Operator::Throw { .. } => uses.push(Use::Exceptions),
        Operator::ThrowRef | Operator::Rethrow { .. } => uses.push(Use::Rethrow),
        Operator::Try { .. } => uses.push(Use::Try),
        _ => {}
    }
}
