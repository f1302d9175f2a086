//! One line per instruction, each calling the function of its kind's file.

use cranelift_codegen::ir::{Opcode, types};
use wasmparser::{BinaryReaderError, Operator};

use super::state::Translator;
use super::{atomic, gc, numeric, simd, wide_arithmetic};

/// Translates one instruction.
///
/// # Errors
/// A malformed `br_table`; cannot happen after validation.
pub fn translate(t: &mut Translator, op: &Operator) -> Result<(), BinaryReaderError> {
    if structure(t, op) || !t.reachable {
        return Ok(());
    }
    match op {
        Operator::Call { function_index } => return t.call(*function_index, false),
        Operator::ReturnCall { function_index } => return t.call(*function_index, true),
        Operator::CallIndirect { type_index, table_index } => return t.call_indirect(*type_index, *table_index, false),
        Operator::ReturnCallIndirect { type_index, table_index } => {
            return t.call_indirect(*type_index, *table_index, true);
        }
        _ => {}
    }
    let _handled = plain(t, op)
        || numeric::translate(t, op)
        || simd::translate(t, op)
        || atomic::translate(t, op)
        || gc::translate(t, op)
        || wide_arithmetic::translate(t, op);
    debug_assert!(_handled, "accepted features and translation disagree on {op:?}");
    Ok(())
}

/// Instructions that matter in unreachable code too: they open and close frames.
fn structure(t: &mut Translator, op: &Operator) -> bool {
    match op {
        Operator::Block { blockty } => t.block(*blockty),
        Operator::Loop { blockty } => t.loop_(*blockty),
        Operator::If { blockty } => t.if_(*blockty),
        Operator::Else => t.else_(),
        Operator::TryTable { try_table } => t.try_table(try_table),
        Operator::Try { blockty } => t.try_(*blockty),
        Operator::Catch { .. } | Operator::CatchAll => t.catch(),
        Operator::End | Operator::Delegate { .. } => t.end(),
        _ => return false,
    }
    true
}

/// Control, parametric, variable, table, memory and reference instructions.
fn plain(t: &mut Translator, op: &Operator) -> bool {
    match op {
        Operator::Nop => {}
        Operator::Unreachable => t.unreachable(),
        Operator::Br { relative_depth } => t.br(*relative_depth),
        Operator::BrIf { relative_depth } => t.br_if(*relative_depth),
        Operator::BrTable { targets } => t.br_table(targets),
        Operator::Return => t.return_(),
        Operator::Throw { tag_index } => t.throw(*tag_index),
        Operator::ThrowRef => t.throw_ref(),
        Operator::Rethrow { relative_depth } => t.rethrow(*relative_depth),
        Operator::CallRef { type_index } => t.call_ref(*type_index, false),
        Operator::ReturnCallRef { type_index } => t.call_ref(*type_index, true),
        Operator::BrOnNull { relative_depth } => t.br_on_null(*relative_depth),
        Operator::BrOnNonNull { relative_depth } => t.br_on_non_null(*relative_depth),
        Operator::RefAsNonNull => t.ref_as_non_null(),
        Operator::Drop => drop(t.pop()),
        Operator::Select => t.select(None),
        Operator::TypedSelect { ty } => t.select(Some(*ty)),
        Operator::LocalGet { local_index } => t.local_get(*local_index),
        Operator::LocalSet { local_index } => t.local_set(*local_index),
        Operator::LocalTee { local_index } => t.local_tee(*local_index),
        Operator::GlobalGet { global_index } => t.global_get(*global_index),
        Operator::GlobalSet { global_index } => t.global_set(*global_index),
        Operator::TableGet { table } => t.table_get(*table),
        Operator::TableSet { table } => t.table_set(*table),
        Operator::TableSize { table } => t.table_size(*table),
        Operator::TableGrow { table } => t.table_grow(*table),
        Operator::TableFill { table } => t.table_fill(*table),
        Operator::TableCopy { dst_table, src_table } => t.table_copy(*dst_table, *src_table),
        Operator::TableInit { elem_index, table } => t.table_init(*elem_index, *table),
        Operator::ElemDrop { elem_index } => t.elem_drop(*elem_index),
        Operator::RefNull { hty } => t.ref_null(*hty),
        Operator::RefIsNull => t.ref_is_null(),
        Operator::RefFunc { function_index } => t.ref_func(*function_index),
        Operator::I32Load { memarg } => t.load(memarg, types::I32),
        Operator::I64Load { memarg } => t.load(memarg, types::I64),
        Operator::F32Load { memarg } => t.load(memarg, types::F32),
        Operator::F64Load { memarg } => t.load(memarg, types::F64),
        Operator::I32Load8S { memarg } => t.load_extend(memarg, Opcode::Sload8, types::I32),
        Operator::I32Load8U { memarg } => t.load_extend(memarg, Opcode::Uload8, types::I32),
        Operator::I32Load16S { memarg } => t.load_extend(memarg, Opcode::Sload16, types::I32),
        Operator::I32Load16U { memarg } => t.load_extend(memarg, Opcode::Uload16, types::I32),
        Operator::I64Load8S { memarg } => t.load_extend(memarg, Opcode::Sload8, types::I64),
        Operator::I64Load8U { memarg } => t.load_extend(memarg, Opcode::Uload8, types::I64),
        Operator::I64Load16S { memarg } => t.load_extend(memarg, Opcode::Sload16, types::I64),
        Operator::I64Load16U { memarg } => t.load_extend(memarg, Opcode::Uload16, types::I64),
        Operator::I64Load32S { memarg } => t.load_extend(memarg, Opcode::Sload32, types::I64),
        Operator::I64Load32U { memarg } => t.load_extend(memarg, Opcode::Uload32, types::I64),
        Operator::I32Store { memarg } | Operator::F32Store { memarg } => t.store(memarg, 4),
        Operator::I64Store { memarg } | Operator::F64Store { memarg } => t.store(memarg, 8),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => t.store_narrow(memarg, 1),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => t.store_narrow(memarg, 2),
        Operator::I64Store32 { memarg } => t.store_narrow(memarg, 4),
        Operator::MemorySize { mem } => t.memory_size(*mem),
        Operator::MemoryGrow { mem } => t.memory_grow(*mem),
        Operator::MemoryInit { data_index, mem } => t.memory_init(*data_index, *mem),
        Operator::DataDrop { data_index } => t.data_drop(*data_index),
        Operator::MemoryCopy { dst_mem, src_mem } => t.memory_copy(*dst_mem, *src_mem),
        Operator::MemoryFill { mem } => t.memory_fill(*mem),
        _ => return false,
    }
    true
}
