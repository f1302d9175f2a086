//! The pass `forms`: operations in the form of which the code generator makes the best code.
//!
//! - `x - c` becomes `x + -c`: a sum can have another register for its result than for `x`. If it cannot, the register allocator wants one
//!   register for both, and where the difference is an argument of a call, that of the argument.
//! - `x * c` of 32 bits becomes sums and shifts of at most three instructions, which take less time together.
//! - `1 << x & c` is turned around where it is compared with zero: one instruction tests a bit of `c` then.
//! - `x & 255`, compared with a number, is a comparison of 8 bits.
//!
//! It follows Cranelift's optimiser and the passes, which all know one form of each.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value, ValueDef, types,
};

use super::address_form::constant;

/// How often values are used: not at all, once, or more often.
type Uses = SecondaryMap<Value, u8>;

/// Runs the pass. No value may be used through an alias.
pub fn run(function: &mut Function) {
    let uses = uses(function);
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            let InstructionData::Binary { opcode, args: [x, y] } = cursor.func.dfg.insts[inst] else {
                compare(&mut cursor, inst, &uses);
                continue;
            };
            let ty = cursor.func.dfg.value_type(x);
            if !matches!(ty, types::I32 | types::I64) {
                continue;
            }
            match (opcode, constant(&cursor.func.dfg, x), constant(&cursor.func.dfg, y)) {
                (Opcode::Isub, None, Some(number)) => add(&mut cursor, inst, x, number),
                (Opcode::Imul, None, Some(factor)) if ty == types::I32 => multiply(&mut cursor, inst, x, factor),
                (Opcode::Imul, Some(factor), None) if ty == types::I32 => multiply(&mut cursor, inst, y, factor),
                _ => {}
            }
        }
    }
}

fn uses(function: &Function) -> Uses {
    let mut uses = Uses::new();
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                uses[value] = uses[value].saturating_add(1);
            }
        }
    }
    uses
}

/// An integer constant before an instruction.
fn iconst(cursor: &mut FuncCursor<'_>, ty: Type, number: i64) -> Value {
    cursor.ins().iconst(ty, (number as u64 & u64::MAX >> (64 - ty.bits())) as i64)
}

/// `x - number`
fn add(cursor: &mut FuncCursor<'_>, inst: Inst, x: Value, number: i64) {
    let ty = cursor.func.dfg.value_type(x);
    let Some(Ok(opposite)) = number.checked_neg().map(i32::try_from) else { return };
    let opposite = iconst(cursor, ty, opposite.into());
    set(cursor, inst, Opcode::Iadd, [x, opposite]);
}

/// `x * factor`
fn multiply(cursor: &mut FuncCursor<'_>, inst: Inst, x: Value, factor: i64) {
    let odd = factor >> factor.trailing_zeros().min(63);
    let Ok(odd @ 3..) = u64::try_from(odd) else { return };
    let zeros = i64::from(factor.trailing_zeros());
    // One instruction adds a value up to eight times another.
    let is_short = matches!(odd, 3 | 5 | 9);
    if !is_short && zeros > 0 {
        return;
    }
    let shift = |cursor: &mut FuncCursor<'_>, value, by: u32| {
        let by = cursor.ins().iconst(types::I32, i64::from(by));
        cursor.ins().ishl(value, by)
    };
    if (odd - 1).is_power_of_two() {
        let shifted = shift(cursor, x, (odd - 1).trailing_zeros());
        if zeros == 0 {
            set(cursor, inst, Opcode::Iadd, [x, shifted]);
            return;
        }
        let sum = cursor.ins().iadd(x, shifted);
        let by = cursor.ins().iconst(types::I32, zeros);
        set(cursor, inst, Opcode::Ishl, [sum, by]);
    } else if (odd + 1).is_power_of_two() {
        let shifted = shift(cursor, x, (odd + 1).trailing_zeros());
        set(cursor, inst, Opcode::Isub, [shifted, x]);
    }
}

fn set(cursor: &mut FuncCursor<'_>, inst: Inst, opcode: Opcode, args: [Value; 2]) {
    cursor.func.dfg.insts[inst] = InstructionData::Binary { opcode, args };
}

/// A comparison, or a branch.
fn compare(cursor: &mut FuncCursor<'_>, inst: Inst, uses: &Uses) {
    let dfg = &mut cursor.func.dfg;
    match dfg.insts[inst] {
        InstructionData::IntCompare { opcode, cond, args: [x, y] } if uses[x] == 1 => match (cond, constant(dfg, y)) {
            (IntCC::Equal | IntCC::NotEqual, Some(0)) => test_bit(dfg, x, uses),
            (_, Some(number @ 0..256)) if cond.unsigned() == cond => {
                let Some(wide) = byte(dfg, x) else { return };
                let narrow = cursor.ins().ireduce(types::I8, wide);
                let number = iconst(cursor, types::I8, number);
                cursor.func.dfg.insts[inst] = InstructionData::IntCompare { opcode, cond, args: [narrow, number] };
            }
            _ => {}
        },
        InstructionData::Brif { arg, .. } if uses[arg] == 1 => test_bit(dfg, arg, uses),
        _ => {}
    }
}

/// What a value is the result of, if that has two operands.
fn binary(dfg: &DataFlowGraph, value: Value) -> Option<(Inst, Opcode, [Value; 2])> {
    let ValueDef::Result(inst, _) = dfg.value_def(value) else { return None };
    match dfg.insts[inst] {
        InstructionData::Binary { opcode, args } => Some((inst, opcode, args)),
        _ => None,
    }
}

/// Puts the constant first of `1 << x & c`.
fn test_bit(dfg: &mut DataFlowGraph, value: Value, uses: &Uses) {
    let Some((inst, Opcode::Band, [shifted, mask])) = binary(dfg, value) else { return };
    let Some((_, Opcode::Ishl, [one, _])) = binary(dfg, shifted) else { return };
    if uses[shifted] == 1 && constant(dfg, one) == Some(1) && constant(dfg, mask).is_some() {
        dfg.insts[inst] = InstructionData::Binary { opcode: Opcode::Band, args: [mask, shifted] };
    }
}

/// What a value is the lowest eight bits of.
fn byte(dfg: &DataFlowGraph, value: Value) -> Option<Value> {
    let (_, Opcode::Band, [x, y]) = binary(dfg, value)? else { return None };
    (constant(dfg, y) == Some(255) && dfg.value_type(x).bits() <= 64).then_some(x)
}
