//! Shuffles on processors without a byte permutation (x86 before SSSE3), where Cranelift would call a function for each
//! operand. They are put together from the instructions there are; [`emit`] knows how.

mod emit;
mod insert;
mod lanes;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::traversals::Dfs;

use super::demand::{Bytes, Demand, constant_bytes, definition};
use crate::isa::permutes_bytes;
use emit::Emitter;
use insert::Uses;
use lanes::{Lanes, Shuffle};

/// Replaces every shuffle when the processor needs it, and what puts vectors together in a way that it has no instructions for.
pub(super) fn lower(function: &mut Function, isa: &dyn TargetIsa) {
    if permutes_bytes(isa) || !function.dfg.values().any(|value| function.dfg.value_type(value).is_vector()) {
        return;
    }
    // Users come before what they use, so that at each instruction all uses of its result are known.
    let blocks: Vec<_> = Dfs::new().post_order_iter(function).collect();
    let mut demand = Demand::default();
    let uses = Uses::count(function);
    for block in blocks {
        let insts: Vec<Inst> = function.layout.block_insts(block).collect();
        for inst in insts.into_iter().rev() {
            let replacement = match function.dfg.insts[inst].opcode() {
                Opcode::Shuffle => {
                    let wanted = demand.of(function.dfg.first_result(inst));
                    Some(replace(function, inst, wanted, &mut demand))
                }
                Opcode::Insertlane | Opcode::Splat => {
                    let wanted = demand.of(function.dfg.first_result(inst));
                    insert::replace(function, inst, wanted, &uses, &mut demand)
                }
                _ => None,
            };
            match replacement {
                Some(replacement) => {
                    let result = function.dfg.first_result(inst);
                    function.dfg.clear_results(inst);
                    function.dfg.change_to_alias(result, replacement);
                    function.layout.remove_inst(inst);
                }
                None => demand.add_uses(function, inst),
            }
        }
    }
}

/// A value that agrees with the shuffle in the `wanted` bytes.
fn replace(function: &mut Function, inst: Inst, wanted: Bytes, demand: &mut Demand) -> Value {
    let (shuffle, x, y) = normalize(function, inst, wanted);
    let fourths = fourths(function, inst, wanted);
    let through_others = fourths.is_some_and(|(operands, _)| operands.iter().any(|value| *value != x && *value != y));
    let mut emitter = Emitter { cursor: FuncCursor::new(function).at_inst(inst) };
    let simple = if through_others { None } else { emitter.simple(&shuffle, x, y) };
    match (simple, fourths) {
        (None, Some((operands, skip))) => {
            let result = emitter.pack_fourths(operands, skip);
            operands.into_iter().for_each(|operand| demand.add(function, operand, 0x1111 << skip));
            result
        }
        _ => {
            let result = simple.unwrap_or_else(|| emitter.complex(&shuffle, x, y));
            for lane in shuffle.lanes.into_iter().flatten() {
                demand.add(function, if lane < 16 { x } else { y }, 1 << (lane % 16));
            }
            result
        }
    }
}

/// The shuffle without what does not matter, and its operands: zero comes second, and what is not used is no operand.
fn normalize(function: &Function, inst: Inst, wanted: Bytes) -> (Shuffle, Value, Value) {
    let Some((mut x, mut y, mut lanes)) = operands(function, inst) else { unreachable!("{inst} is a shuffle") };
    if is_zero(function, x) {
        (x, y, lanes) = (y, x, lanes.map(|lane| lane ^ 16));
    }
    let wants = |byte: usize| wanted >> byte & 1 == 1;
    let uses = |operand: u8| (0..16).any(|byte| wants(byte) && lanes[byte] / 16 == operand);
    match (uses(0), uses(1)) {
        (_, false) => y = x,
        (false, true) => x = y,
        _ => {}
    }
    let same = x == y;
    let index = |lane: u8| if same { lane % 16 } else { lane };
    let lanes = std::array::from_fn(|byte| wants(byte).then(|| index(lanes[byte])));
    (Shuffle { lanes, same, zero: !same && is_zero(function, y) }, x, y)
}

/// When `inst` is a shuffle: its operands and lanes.
fn operands(function: &Function, inst: Inst) -> Option<(Value, Value, Lanes)> {
    let InstructionData::Shuffle { args, imm, .. } = function.dfg.insts[inst] else { return None };
    let lanes = function.dfg.immediates.get(imm)?.as_slice().try_into().ok()?;
    Some((function.dfg.resolve_aliases(args[0]), function.dfg.resolve_aliases(args[1]), lanes))
}

/// When the wanted bytes are every fourth byte of up to four values, as truncation from 32 to 8 bits is written: those values, and
/// how many bytes to skip. Compilers write it as a tree of shuffles.
fn fourths(function: &Function, inst: Inst, wanted: Bytes) -> Option<([Value; 4], u8)> {
    let (x, y, lanes) = operands(function, inst)?;
    let mut values = [None; 4];
    let mut skip = None;
    for byte in (0..16).filter(|byte| wanted >> byte & 1 == 1) {
        let (value, lane) = trace(function, x, y, lanes[byte]);
        let known = *values[byte / 4].get_or_insert(value);
        let first = *skip.get_or_insert(lane % 4);
        if known != value || lane != (byte % 4 * 4) as u8 + first {
            return None;
        }
    }
    let any = values.iter().flatten().next()?;
    Some((values.map(|value| value.unwrap_or(*any)), skip?))
}

/// Where a lane of a shuffle of `x` and `y` comes from, through further shuffles.
fn trace(function: &Function, x: Value, y: Value, lane: u8) -> (Value, u8) {
    let (mut value, mut lane) = (if lane < 16 { x } else { y }, lane % 16);
    while let Some(inst) = definition(function, value) {
        let Some((x, y, lanes)) = operands(function, inst) else { break };
        let next = lanes[usize::from(lane)];
        (value, lane) = (if next < 16 { x } else { y }, next % 16);
    }
    (value, lane)
}

fn is_zero(function: &Function, value: Value) -> bool {
    constant_bytes(function, value) == Some([0; 16])
}
