//! Instructions that ranges show to do nothing: masks, extensions of what was reduced, checks.

use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, ValueDef, types};

use super::address_form::constant;
use super::interval::Interval;
use super::ranges::Ranges;

/// Removes an instruction, or replaces it by a cheaper one; whether it is gone.
pub(super) fn simplify(function: &mut Function, ranges: &Ranges, inst: Inst) -> bool {
    let dfg = &function.dfg;
    match dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Band, args: [x, y] } => match (constant(dfg, x), constant(dfg, y)) {
            (_, Some(mask)) if keeps(ranges.get(dfg, x), mask) => replace(function, inst, x),
            (Some(mask), _) if keeps(ranges.get(dfg, y), mask) => replace(function, inst, y),
            _ => false,
        },
        InstructionData::Unary { opcode: Opcode::Uextend, arg } => match reduced(function, ranges, inst, arg) {
            Some(whole) => replace(function, inst, whole),
            None => false,
        },
        InstructionData::Unary { opcode: Opcode::Sextend, arg } => {
            if ranges.get(dfg, arg).is_some_and(Interval::is_nonnegative) && dfg.value_type(arg) == types::I32 {
                function.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Uextend, arg };
            }
            false
        }
        InstructionData::CondTrap { opcode, arg, .. } => {
            let interval = ranges.get(dfg, arg);
            let is_false = interval.is_some_and(|interval| interval.high == 0);
            let is_true = interval.is_some_and(|interval| interval.low > 0);
            let never = if opcode == Opcode::Trapnz { is_false } else { is_true };
            if never {
                function.layout.remove_inst(inst);
            }
            never
        }
        _ => false,
    }
}

/// Whether a mask leaves all integers of an interval as they are.
fn keeps(interval: Option<Interval>, mask: i64) -> bool {
    let Some(Interval { high, bits, .. }) = interval else { return false };
    let used = u64::MAX.checked_shr(high.leading_zeros()).unwrap_or(0);
    used & !(mask as u64 & Interval::all(bits).high) == 0
}

/// What was reduced to `arg`, if that lost nothing and `inst` extends it to what it was.
fn reduced(function: &Function, ranges: &Ranges, inst: Inst, arg: Value) -> Option<Value> {
    let dfg = &function.dfg;
    let ValueDef::Result(definition, _) = dfg.value_def(dfg.resolve_aliases(arg)) else { return None };
    let InstructionData::Unary { opcode: Opcode::Ireduce, arg: whole } = dfg.insts[definition] else { return None };
    let fits = ranges.get(dfg, whole)?.high <= Interval::all(dfg.value_type(arg).bits()).high;
    (fits && dfg.value_type(whole) == dfg.value_type(dfg.first_result(inst))).then_some(whole)
}

/// Puts a value in place of the result of an instruction.
fn replace(function: &mut Function, inst: Inst, value: Value) -> bool {
    let result = function.dfg.first_result(inst);
    function.dfg.clear_results(inst);
    function.dfg.change_to_alias(result, value);
    function.layout.remove_inst(inst);
    true
}
