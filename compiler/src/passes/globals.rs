//! The pass `globals`: the address of a global's cell, or of what else lies at a symbol, is made anew for each access. It then needs no
//! register from the first access to the last, over all calls between them, and no place on the stack. `compact/direct.rs` makes
//! it a part of the access, which is then relative to the instruction pointer.
//!
//! It follows Cranelift's optimiser, which would make one of equal addresses again.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::immediates::{Imm64, Offset32};
use cranelift_codegen::ir::{
    Function, GlobalValue, GlobalValueData, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use rustc_hash::FxHashMap;

/// With more accesses of a place than this, its address in a register takes fewer bytes.
const ACCESSES: usize = 6;

/// An access of what lies at a symbol.
struct Access {
    inst: Inst,
    symbol: GlobalValue,
    /// From the symbol.
    offset: Offset32,
}

/// Runs the pass. No value may be used through an alias.
pub fn run(function: &mut Function) {
    if !is_followed(function) {
        return;
    }
    let accesses = accesses(function);
    let mut counts: FxHashMap<GlobalValue, usize> = FxHashMap::default();
    for access in &accesses {
        *counts.entry(access.symbol).or_default() += 1;
    }
    let mut places: FxHashMap<(GlobalValue, i32), GlobalValue> = FxHashMap::default();
    for Access { inst, symbol, offset } in accesses {
        if counts[&symbol] > ACCESSES {
            continue;
        }
        let distance = i32::from(offset);
        let place = *places.entry((symbol, distance)).or_insert_with(|| place(function, symbol, distance));
        let mut cursor = FuncCursor::new(function).at_inst(inst);
        cursor.set_srcloc(cursor.func.srcloc(inst));
        let address = cursor.ins().symbol_value(types::I64, place);
        access(cursor.func, inst, address);
    }
}

/// Whether addresses become a part of accesses: what registers have in the finished code is not followed where the collector or handlers
/// of exceptions look at it.
fn is_followed(function: &Function) -> bool {
    let dfg = &function.dfg;
    let is_seen = |inst: Inst| {
        let is_handled = matches!(dfg.insts[inst].opcode(), Opcode::TryCall | Opcode::TryCallIndirect);
        is_handled || dfg.user_stack_map_entries(inst).is_some()
    };
    !function.layout.blocks().flat_map(|block| function.layout.block_insts(block)).any(is_seen)
}

/// A symbol plus a constant.
fn place(function: &mut Function, symbol: GlobalValue, distance: i32) -> GlobalValue {
    let mut data = function.global_values[symbol].clone();
    if let GlobalValueData::Symbol { offset, .. } = &mut data {
        *offset = Imm64::new(offset.bits() + i64::from(distance));
    }
    if distance == 0 { symbol } else { function.create_global_value(data) }
}

/// Lets an instruction access an address.
fn access(function: &mut Function, inst: Inst, address: Value) {
    match &mut function.dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (*arg, *offset) = (address, 0.into()),
        InstructionData::Store { args, offset, .. } => (args[1], *offset) = (address, 0.into()),
        _ => unreachable!("an access"),
    }
}

/// Loads and stores of integers of 32 and 64 bits.
fn accesses(function: &Function) -> Vec<Access> {
    let dfg = &function.dfg;
    let access = |inst: Inst| {
        let (ty, address, offset) = match dfg.insts[inst] {
            InstructionData::Load { opcode: Opcode::Load, arg, offset, .. } => {
                (dfg.value_type(dfg.first_result(inst)), arg, offset)
            }
            InstructionData::Store { opcode: Opcode::Store, args: [value, address], offset, .. } => {
                (dfg.value_type(value), address, offset)
            }
            _ => return None,
        };
        let symbol = symbol(function, address)?;
        matches!(ty, types::I32 | types::I64).then_some(Access { inst, symbol, offset })
    };
    function.layout.blocks().flat_map(|block| function.layout.block_insts(block)).filter_map(access).collect()
}

/// The symbol whose address a value is.
fn symbol(function: &Function, address: Value) -> Option<GlobalValue> {
    let ValueDef::Result(definition, _) = function.dfg.value_def(address) else { return None };
    match function.dfg.insts[definition] {
        InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, global_value } => {
            let is_near = matches!(
                function.global_values[global_value],
                GlobalValueData::Symbol { colocated: true, tls: false, .. }
            );
            is_near.then_some(global_value)
        }
        _ => None,
    }
}
