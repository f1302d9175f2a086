//! The pass `extensions`: an i32 that is loaded and then extended to index memory is loaded as an i64 with the upper half zero, which
//! is the same instruction. Cranelift would extend it by another one, and keep both.

use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};

/// Runs the pass.
pub fn run(function: &mut Function) {
    function.dfg.resolve_all_aliases();
    let extended = extended_loads(function);
    if extended.is_empty() {
        return;
    }
    let mut wide: HashMap<Value, Value> = HashMap::new();
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            if let Some((value, load)) = extended.get(&inst) {
                let loaded = *wide.entry(*value).or_insert_with(|| widen(&mut cursor, *load));
                let result = cursor.func.dfg.first_result(inst);
                // The extension goes, its users read the load's result.
                cursor.func.dfg.clear_results(inst);
                cursor.func.dfg.change_to_alias(result, loaded);
                cursor.remove_inst_and_step_back();
            }
        }
    }
}

/// The extensions of loaded values to 64 bits: each with the value, and the load.
fn extended_loads(function: &Function) -> HashMap<Inst, (Value, Inst)> {
    let mut extended = HashMap::new();
    for inst in function.layout.blocks().flat_map(|block| function.layout.block_insts(block)) {
        let InstructionData::Unary { opcode: Opcode::Uextend, arg } = function.dfg.insts[inst] else { continue };
        let to_i64 = function.dfg.value_type(function.dfg.first_result(inst)) == types::I64;
        if !to_i64 || function.dfg.value_type(arg) != types::I32 {
            continue;
        }
        let ValueDef::Result(load, _) = function.dfg.value_def(arg) else { continue };
        if matches!(function.dfg.insts[load], InstructionData::Load { opcode: Opcode::Load, .. }) {
            extended.insert(inst, (arg, load));
        }
    }
    extended
}

/// Puts a load of an i64 in front of that of an i32, which becomes the lower half of it.
fn widen(cursor: &mut FuncCursor, load: Inst) -> Value {
    let InstructionData::Load { flags, arg, offset, .. } = cursor.func.dfg.insts[load] else {
        unreachable!("a load was found there");
    };
    let position = cursor.position();
    cursor.goto_inst(load);
    cursor.use_srcloc(load);
    let flags = cursor.func.dfg.mem_flags[flags];
    let loaded = cursor.ins().uload32(flags, arg, offset);
    cursor.func.replace(load).ireduce(types::I32, loaded);
    cursor.set_position(position);
    loaded
}
