//! Indices that are a value and a constant, the sum of which does not wrap by the range of the value.

use cranelift_codegen::ir::{DataFlowGraph, InstructionData, Opcode, Value, ValueDef};

use crate::passes::address_form::constant;
use crate::passes::interval::Interval;
use crate::passes::ranges::Ranges;

/// How many constants are looked for in an index.
const MAX_DEPTH: usize = 4;

/// A 32-bit value and what is to be added to it in 64 bits, if `index` is that.
pub(super) fn exact(dfg: &DataFlowGraph, ranges: &Ranges, index: Value) -> Option<(Value, i64)> {
    let (mut rest, mut total) = (dfg.resolve_aliases(index), 0);
    for _ in 0..MAX_DEPTH {
        let Some((value, constant)) = addend(dfg, ranges, rest) else { break };
        rest = dfg.resolve_aliases(value);
        total += constant;
    }
    (total != 0).then_some((rest, total))
}

/// The same for one addition.
fn addend(dfg: &DataFlowGraph, ranges: &Ranges, sum: Value) -> Option<(Value, i64)> {
    let ValueDef::Result(inst, _) = dfg.value_def(sum) else { return None };
    let InstructionData::Binary { opcode, args: [x, y] } = dfg.insts[inst] else { return None };
    let Interval { low, high, .. } = ranges.get(dfg, x)?;
    // Each is one of two numbers, a positive one and a negative one.
    let added = match opcode {
        Opcode::Iadd => constant(dfg, y)? as u32,
        Opcode::Isub => (constant(dfg, y)? as u32).wrapping_neg(),
        _ => return None,
    };
    let subtracted = added.wrapping_neg();
    if high + u64::from(added) <= Interval::all(32).high {
        Some((x, added.into()))
    } else if low >= subtracted.into() {
        Some((x, -i64::from(subtracted)))
    } else {
        None
    }
}
