//! Parameters of loop headers: counters that a condition of the loop bounds, those that keep step with them, and values that are
//! replaced in each round by something whose range its instruction tells.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, BlockArg, DataFlowGraph, Function, InstructionData, Opcode, Value, ValueDef};
use rustc_hash::FxHashMap;

use super::{MAX_DEPTH, Ranges, edge_condition};
use crate::passes::address_form::constant;
use crate::passes::interval::Interval;

/// Most conditions between the end of a round and its start to look at.
const MAX_CONDITIONS: usize = 6;

/// How often to look at what parameters say about each other.
const MAX_REPLACEMENTS: usize = 8;

/// A parameter that gets another value in each round.
struct Replaced {
    param: Value,
    /// Before the first round.
    start: Interval,
    /// The next value, on each way back.
    next: Vec<Value>,
}

/// A parameter to which each round adds the same.
#[derive(Clone, Copy)]
struct Counter {
    param: Value,
    /// Before the first round.
    start: Interval,
    /// What is added modulo 2^bits, taken as signed, not zero.
    step: i64,
}

/// `x` compares so with `y`, or with zero.
#[derive(Clone, Copy)]
struct Comparison {
    condition: IntCC,
    x: Value,
    y: Option<Value>,
}

/// Where the parameters of a loop header lie, as far as known.
pub(super) fn params(ranges: &mut Ranges, function: &Function, header: Block) -> Vec<(Value, Interval)> {
    let dfg = &function.dfg;
    let backs: Vec<(Block, Vec<BlockArg>)> = back_edges(ranges, function, header);
    let conditions: Vec<_> = backs.iter().map(|(back, _)| conditions(ranges, function, header, *back)).collect();
    let mut known = Vec::new();
    let mut counters = Vec::new();
    let mut replaced = Vec::new();
    for (at, param) in dfg.block_params(header).iter().enumerate() {
        let Some(start) = ranges.incoming.remove(param) else { continue };
        let next: Option<Vec<Value>> = backs.iter().map(|(_, args)| args.get(at)?.as_value()).collect();
        let Some(next) = next else { continue };
        let mut steps = next.iter().map(|next| step(dfg, *param, *next));
        match steps.next().flatten() {
            Some(0) if steps.all(|other| other == Some(0)) => known.push((*param, start)),
            Some(step) if step != 0 && steps.all(|other| other == Some(step)) => {
                counters.push(Counter { param: *param, start, step });
            }
            _ => replaced.push(Replaced { param: *param, start, next }),
        }
    }
    known.extend(replacements(ranges, dfg, &replaced, &conditions));
    if let [conditions] = conditions.as_slice() {
        known.extend(bounded(ranges, function, header, conditions, &counters));
    }
    known.retain(|(_, interval)| !interval.is_all());
    known
}

/// Where the parameters lie that get other values in each round. What one says about another, which gets its value, is known the next
/// time.
fn replacements(
    ranges: &Ranges,
    dfg: &DataFlowGraph,
    replaced: &[Replaced],
    conditions: &[Vec<Comparison>],
) -> Vec<(Value, Interval)> {
    let mut known: FxHashMap<Value, Interval> = FxHashMap::default();
    for _ in 0..MAX_REPLACEMENTS {
        let mut changed = false;
        for Replaced { param, start, next } in replaced {
            let structure = Structure { ranges, dfg, param: *param, params: &known };
            let next = next.iter().zip(conditions).filter_map(|(next, conditions)| {
                let interval = structure.interval(*next, MAX_DEPTH)?;
                Some(restricted(ranges, dfg, *next, interval, conditions))
            });
            let all = next.fold(*start, Interval::join);
            changed |= !all.is_all() && known.insert(*param, all) != Some(all);
        }
        if !changed {
            break;
        }
    }
    known.into_iter().collect()
}

/// Every edge from the loop to its header: the block, and the arguments.
fn back_edges(ranges: &Ranges, function: &Function, header: Block) -> Vec<(Block, Vec<BlockArg>)> {
    let dfg = &function.dfg;
    let mut edges = Vec::new();
    for pred in ranges.cfg.pred_iter(header).filter(|pred| ranges.tree.block_dominates(header, pred.block)) {
        for call in dfg.insts[pred.inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            if call.block(&dfg.value_lists) == header {
                edges.push((pred.block, call.args(&dfg.value_lists).collect()));
            }
        }
    }
    edges
}

/// What is added to `param` to make `next`.
fn step(dfg: &DataFlowGraph, param: Value, next: Value) -> Option<i64> {
    let next = dfg.resolve_aliases(next);
    if next == param {
        return Some(0);
    }
    let ValueDef::Result(inst, _) = dfg.value_def(next) else { return None };
    let InstructionData::Binary { opcode, args: [x, y] } = dfg.insts[inst] else { return None };
    if dfg.resolve_aliases(x) != param {
        return None;
    }
    match opcode {
        Opcode::Iadd => constant(dfg, y),
        Opcode::Isub => constant(dfg, y)?.checked_neg(),
        _ => None,
    }
}

/// What makes the next value of a parameter.
struct Structure<'a> {
    ranges: &'a Ranges<'a>,
    dfg: &'a DataFlowGraph,
    param: Value,
    /// Where other parameters of the loop lie.
    params: &'a FxHashMap<Value, Interval>,
}

impl Structure<'_> {
    /// Where a value lies by the instructions that make it; `None` for the parameter itself.
    fn interval(&self, value: Value, depth: usize) -> Option<Interval> {
        let dfg = self.dfg;
        let value = dfg.resolve_aliases(value);
        if value == self.param {
            return None;
        }
        let bits = dfg.value_type(value).bits();
        let all = Interval::all(bits);
        let ValueDef::Result(inst, _) = dfg.value_def(value) else {
            let known = self.params.get(&value).copied();
            return known.or_else(|| self.ranges.get(dfg, value)).or(Some(all));
        };
        let of = |value: Value| match dfg.value_type(value).bits() {
            bits if depth == 0 || bits > 64 => Some(Interval::all(bits.min(64))),
            _ => self.interval(value, depth - 1),
        };
        let of_changed = |value: Value| of(value).unwrap_or(Interval::all(dfg.value_type(value).bits().min(64)));
        Some(match (dfg.insts[inst].opcode(), dfg.inst_args(inst)) {
            (Opcode::Iconst, _) => Interval::one(constant(dfg, value)? as u64, bits),
            (Opcode::Uload8, _) => Interval::all(8).resize(bits),
            (Opcode::Uload16, _) => Interval::all(16).resize(bits),
            (Opcode::Uload32, _) => Interval::all(32).resize(bits),
            (Opcode::Icmp | Opcode::Fcmp, _) => Interval { low: 0, high: 1, bits },
            (Opcode::Uextend | Opcode::Ireduce, [x]) => of_changed(*x).resize(bits),
            (Opcode::Band, [x, y]) => match (constant(dfg, *x), constant(dfg, *y)) {
                (Some(mask), _) | (_, Some(mask)) => Interval::one(mask as u64, bits).and(all),
                _ => all,
            },
            (Opcode::Ushr, [_, y]) => all.shr((constant(dfg, *y).unwrap_or(0) as u32) & (bits - 1)),
            (Opcode::Select, [_, x, y]) => match (of(*x), of(*y)) {
                (Some(x), Some(y)) => x.join(y),
                (either, other) => return either.or(other),
            },
            _ => all,
        })
    }
}

/// Where the next value of a parameter lies when the conditions for a further round hold.
fn restricted(
    ranges: &Ranges,
    dfg: &DataFlowGraph,
    next: Value,
    interval: Interval,
    conditions: &[Comparison],
) -> Interval {
    let next = dfg.resolve_aliases(next);
    conditions.iter().filter(|comparison| dfg.resolve_aliases(comparison.x) == next).fold(
        interval,
        |interval, comparison| {
            let other = match comparison.y {
                Some(y) => ranges.get(dfg, y),
                None => Some(Interval::one(0, interval.bits)),
            };
            // If nothing is left, there is no further round.
            other.and_then(|other| interval.restrict(comparison.condition, other)).unwrap_or(interval)
        },
    )
}

/// Counters that a condition bounds on the way from a round to the next, and those that keep step with them.
fn bounded(
    ranges: &Ranges,
    function: &Function,
    header: Block,
    conditions: &[Comparison],
    counters: &[Counter],
) -> Vec<(Value, Interval)> {
    let mut known = Vec::new();
    let mut rounds: Option<u64> = None;
    for comparison in conditions {
        for counter in counters {
            let Some(interval) = bound(ranges, function, header, counter, *comparison) else { continue };
            known.push((counter.param, interval));
            let least = (interval.high - interval.low) / counter.step.unsigned_abs();
            rounds = Some(rounds.map_or(least, |rounds| rounds.min(least)));
        }
    }
    if let Some(rounds) = rounds {
        for Counter { param, start, step } in counters {
            let bits = start.bits;
            let distance =
                rounds.checked_mul(step.unsigned_abs()).filter(|distance| *distance <= Interval::all(bits).high);
            let Some(distance) = distance.map(|distance| Interval { low: 0, high: distance, bits }) else { continue };
            let reached = if *step > 0 { start.add(distance) } else { start.sub(distance) };
            known.push((*param, reached));
        }
    }
    meet_all(known)
}

/// One interval for each value.
fn meet_all(mut known: Vec<(Value, Interval)>) -> Vec<(Value, Interval)> {
    known.sort_by_key(|(value, _)| *value);
    known.dedup_by(|(value, interval), (kept, kept_interval)| {
        if value == kept {
            *kept_interval = kept_interval.meet(*interval).unwrap_or(*kept_interval);
        }
        value == kept
    });
    known
}

/// Comparisons that hold whenever a further round begins, each both ways.
fn conditions(ranges: &Ranges, function: &Function, header: Block, back: Block) -> Vec<Comparison> {
    let dfg = &function.dfg;
    let mut found = Vec::new();
    let mut add = |mut value: Value, mut holds: bool| {
        for _ in 0..MAX_DEPTH {
            value = dfg.resolve_aliases(value);
            let ValueDef::Result(inst, _) = dfg.value_def(value) else { break };
            match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => value = arg,
                InstructionData::IntCompare { cond, args: [x, y], .. } => {
                    let condition = if holds { cond } else { cond.complement() };
                    found.push(Comparison { condition, x, y: Some(y) });
                    found.push(Comparison { condition: condition.swap_args(), x: y, y: Some(x) });
                    if constant(dfg, y) != Some(0) || !matches!(condition, IntCC::Equal | IntCC::NotEqual) {
                        return;
                    }
                    (value, holds) = (x, condition == IntCC::NotEqual);
                }
                _ => break,
            }
        }
        // A counter that is branched on, which is not zero.
        if holds {
            found.push(Comparison { condition: IntCC::NotEqual, x: value, y: None });
        }
    };
    if let Some(branch) = function.layout.last_inst(back)
        && let InstructionData::Brif { arg, blocks, .. } = dfg.insts[branch]
    {
        let [is_then, is_else] = blocks.map(|call| call.block(&dfg.value_lists) == header);
        if is_then != is_else {
            add(arg, is_then);
        }
    }
    let mut block = back;
    for _ in 0..MAX_CONDITIONS {
        if block == header {
            break;
        }
        if let Some((_, condition, holds)) = edge_condition(ranges.cfg, function, block) {
            add(condition, holds);
        }
        let Some(parent) = ranges.tree.idom(block) else { break };
        block = parent;
    }
    found
}

/// Where a counter lies in all rounds, when a comparison holds before each further round.
fn bound(
    ranges: &Ranges,
    function: &Function,
    header: Block,
    counter: &Counter,
    Comparison { condition, x, y }: Comparison,
) -> Option<Interval> {
    let dfg = &function.dfg;
    // The counter as it is compared: before or after the step.
    let is_stepped = match step(dfg, counter.param, x)? {
        0 => false,
        step if step == counter.step => true,
        _ => return None,
    };
    let Counter { start, step, .. } = *counter;
    let other = y.map_or(Some(Interval::one(0, start.bits)), |y| ranges.get(dfg, y))?;
    let is_invariant = y.is_none_or(|y| is_outside(ranges, function, header, y));
    if other.bits != start.bits {
        return None;
    }
    let distance = step.unsigned_abs();
    let limit = match condition {
        IntCC::NotEqual if is_invariant => return not_equal(start, step, is_stepped, other),
        IntCC::UnsignedLessThan | IntCC::UnsignedLessThanOrEqual if step > 0 => {
            Interval::all(start.bits).restrict(condition, other)?.high
        }
        IntCC::UnsignedGreaterThan | IntCC::UnsignedGreaterThanOrEqual if step < 0 => {
            Interval::all(start.bits).restrict(condition, other)?.low
        }
        // From here on nothing is negative, before the step at least.
        IntCC::SignedLessThan | IntCC::SignedLessThanOrEqual if step > 0 && start.is_nonnegative() => {
            let high = other.signed().1 - i128::from(condition == IntCC::SignedLessThan);
            return upwards(
                start,
                distance,
                is_stepped,
                u64::try_from(high).ok()?,
                Interval::all(start.bits).high >> 1,
            );
        }
        IntCC::SignedGreaterThan | IntCC::SignedGreaterThanOrEqual if step < 0 && start.is_nonnegative() => {
            let low = other.signed().0 + i128::from(condition == IntCC::SignedGreaterThan);
            let low = u64::try_from(low).ok()?;
            // A difference of two that are not negative does not wrap as signed.
            return if is_stepped {
                Some(Interval { low: low.min(start.low), ..start })
            } else {
                Some(Interval { low: low.checked_sub(distance)?.min(start.low), ..start })
            };
        }
        _ => return None,
    };
    if step > 0 {
        upwards(start, distance, is_stepped, limit, Interval::all(start.bits).high)
    } else {
        downwards(start, distance, is_stepped, limit)
    }
}

/// A counter goes up from `start` by `distance` as long as it is at most `limit`, before or after the step, and must never pass
/// `most`, from where it would wrap.
fn upwards(start: Interval, distance: u64, is_stepped: bool, limit: u64, most: u64) -> Option<Interval> {
    let high = if is_stepped { limit } else { limit.checked_add(distance)? };
    let high = high.max(start.high);
    // In the last round but one the counter is at most `high`, or `limit` when that is compared before the step.
    let greatest = if is_stepped { high.checked_add(distance)? } else { high };
    (greatest <= most).then_some(Interval { high, ..start })
}

/// The same downwards, as long as it is at least `limit`.
fn downwards(start: Interval, distance: u64, is_stepped: bool, limit: u64) -> Option<Interval> {
    let low = if is_stepped { limit } else { limit.checked_sub(distance)? };
    let low = low.min(start.low);
    let wraps = is_stepped && low < distance;
    (!wraps).then_some(Interval { low, ..start })
}

/// The same as long as it is not equal to something that stays the same, which it meets exactly.
fn not_equal(start: Interval, step: i64, is_stepped: bool, other: Interval) -> Option<Interval> {
    let distance = step.unsigned_abs();
    let meets = |gap: u64| {
        distance == 1 || start.single().is_some() && other.single().is_some() && gap.is_multiple_of(distance)
    };
    if step > 0 {
        let gap = other.low.checked_sub(start.high)?;
        let last = if is_stepped { other.high.checked_sub(distance)? } else { other.high };
        let begins_before = !is_stepped || gap >= distance;
        (begins_before && meets(gap)).then_some(Interval { high: last.max(start.high), ..start })
    } else {
        let gap = start.low.checked_sub(other.high)?;
        let last = if is_stepped { other.low.checked_add(distance)? } else { other.low };
        let begins_before = !is_stepped || gap >= distance;
        (begins_before && meets(gap)).then_some(Interval { low: last.min(start.low), ..start })
    }
}

/// Whether a value is the same in all rounds.
fn is_outside(ranges: &Ranges, function: &Function, header: Block, value: Value) -> bool {
    let block = match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
        ValueDef::Result(inst, _) if function.dfg.insts[inst].opcode() == Opcode::Iconst => return true,
        ValueDef::Result(inst, _) => function.layout.inst_block(inst),
        ValueDef::Param(block, _) => Some(block),
        ValueDef::Union(..) => None,
    };
    block.is_some_and(|block| block != header && ranges.tree.block_dominates(block, header))
}
