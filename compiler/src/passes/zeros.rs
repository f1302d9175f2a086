//! The pass `zeros`: zeros of 64 bits that are counted in halves, as programs for 32-bit machines do it, are counted at once.
//! `x.low != 0 ? ctz(x.low) : 32 + ctz(x.high)` is `ctz(x)`, and the same from the other end is `clz(x)`, also where `x` is zero.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};

use super::address_form::constant;

/// Half of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    Low,
    High,
}

/// Runs the pass.
pub fn run(function: &mut Function) {
    let mut cursor = FuncCursor::new(function);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            let Some((opcode, whole)) = count(&cursor.func.dfg, inst) else { continue };
            let wide = match opcode {
                Opcode::Ctz => cursor.ins().ctz(whole),
                _ => cursor.ins().clz(whole),
            };
            cursor.func.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Ireduce, arg: wide };
        }
    }
}

/// What a value is the result of.
fn definition(dfg: &DataFlowGraph, value: Value) -> Option<InstructionData> {
    match dfg.value_def(dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, 0) => Some(dfg.insts[inst]),
        _ => None,
    }
}

/// Which instruction counts all zeros that `inst` counts in halves, and of which value.
fn count(dfg: &DataFlowGraph, inst: Inst) -> Option<(Opcode, Value)> {
    let InstructionData::Ternary { opcode: Opcode::Select, args: [condition, chosen, other] } = dfg.insts[inst] else {
        return None;
    };
    let (tested, first, second) = match definition(dfg, condition)? {
        InstructionData::IntCompare { opcode: Opcode::Icmp, cond, args: [x, y] } if constant(dfg, y) == Some(0) => {
            match cond {
                IntCC::NotEqual => (x, chosen, other),
                IntCC::Equal => (x, other, chosen),
                _ => return None,
            }
        }
        _ => (condition, chosen, other),
    };
    let InstructionData::Unary { opcode: opcode @ (Opcode::Ctz | Opcode::Clz), arg } = definition(dfg, first)? else {
        return None;
    };
    let InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } = definition(dfg, second)? else { return None };
    let further = match (constant(dfg, x), constant(dfg, y)) {
        (_, Some(32)) => x,
        (Some(32), _) => y,
        _ => return None,
    };
    let InstructionData::Unary { opcode: same, arg: rest } = definition(dfg, further)? else { return None };
    let (near, whole) = half(dfg, arg)?;
    let (far, of) = half(dfg, rest)?;
    let ends = match opcode {
        Opcode::Ctz => (Half::Low, Half::High),
        _ => (Half::High, Half::Low),
    };
    let is_same = |x: Value, y: Value| dfg.resolve_aliases(x) == dfg.resolve_aliases(y);
    let tests =
        is_same(tested, arg) || half(dfg, tested).is_some_and(|(half, value)| half == near && is_same(value, whole));
    (same == opcode && (near, far) == ends && is_same(whole, of) && tests).then_some((opcode, whole))
}

/// Which half of which 64 bits a value of 32 bits is.
fn half(dfg: &DataFlowGraph, value: Value) -> Option<(Half, Value)> {
    let InstructionData::Unary { opcode: Opcode::Ireduce, arg } = definition(dfg, value)? else { return None };
    if dfg.value_type(value) != types::I32 || dfg.value_type(arg) != types::I64 {
        return None;
    }
    match definition(dfg, arg) {
        Some(InstructionData::Binary { opcode: Opcode::Ushr, args: [whole, by] }) if constant(dfg, by) == Some(32) => {
            Some((Half::High, whole))
        }
        _ => Some((Half::Low, arg)),
    }
}
