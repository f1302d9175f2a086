//! Indices in loops that are the sum of what stays the same and what does not. Where such a sum is known not to wrap, an access adds up
//! both itself, in 64 bits, and needs no instruction before it.
//!
//! That is known from ranges; or because the index starts at what stays the same, the counter being zero, and grows by steps that are
//! smaller than what is never mapped at the end of the index space: an access in every round would trap before the sum wraps.

use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{
    Block, BlockArg, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use cranelift_codegen::loop_analysis::LoopAnalysis;

use super::address_form::constant;
use super::interval::Interval;
use super::ranges::Ranges;

/// Most additions that an index consists of.
const MAX_ADDITIONS: usize = 4;

/// How far to look whether a value is computed from what does not change.
const MAX_DEPTH: usize = 3;

/// Most ways back to the start of a loop.
const MAX_BACKS: usize = 8;

/// Offset, with the size of the access, up to which two values of 32 bits can be added up in an address: the sum is within the
/// reservation of a memory whatever they are.
pub(super) const REACH: i64 = abi::layout::GUARDED_RESERVATION as i64 - (2 << 32);

/// Finds such indices.
pub(super) struct Pairs<'a> {
    cfg: &'a ControlFlowGraph,
    tree: &'a DominatorTree,
    loops: LoopAnalysis,
    headers: HashMap<Block, Header>,
}

/// What is known of a loop by its header.
#[derive(Default)]
struct Header {
    /// Blocks that branch back.
    backs: Vec<Block>,
    /// Parameters that are zero in the first round, and what each further one adds.
    counters: Vec<(Value, i64)>,
}

/// A sum of 32 bits.
struct Parts {
    /// What stays the same in the loop.
    invariants: Vec<Value>,
    constant: u32,
    /// What does not.
    variant: Value,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(function: &Function, cfg: &'a ControlFlowGraph, tree: &'a DominatorTree) -> Self {
        let mut loops = LoopAnalysis::new();
        loops.compute(function, cfg, tree);
        Pairs { cfg, tree, loops, headers: HashMap::new() }
    }

    /// The 32-bit `index` of an access as a sum of 64 bits, if that is cheaper in the loop around it. After the access, the index can
    /// grow by less than `room` before it wraps.
    pub(super) fn pair(
        &mut self,
        function: &mut Function,
        ranges: Option<&Ranges>,
        inst: Inst,
        index: Value,
        room: i64,
    ) -> Option<Value> {
        let block = function.layout.inst_block(inst)?;
        let header = self.loops.loop_header(self.loops.innermost_loop(block)?);
        let parts = self.parts(function, header, index)?;
        if !sums_up(function, ranges, &parts) && !self.grows(function, header, block, parts.variant, room) {
            return None;
        }
        let source = function.srcloc(inst);
        let mut cursor = FuncCursor::new(function).at_inst(inst).with_srcloc(source);
        let constant = (parts.constant != 0).then(|| cursor.ins().iconst(types::I32, i64::from(parts.constant)));
        let mut invariant = None;
        for term in parts.invariants.into_iter().chain(constant) {
            invariant = Some(invariant.map_or(term, |sum| cursor.ins().iadd(sum, term)));
        }
        let invariant = cursor.ins().uextend(types::I64, invariant?);
        let variant = cursor.ins().uextend(types::I64, parts.variant);
        Some(cursor.ins().iadd(invariant, variant))
    }

    /// Takes an index apart; `None` when not both parts are there.
    fn parts(&self, function: &Function, header: Block, index: Value) -> Option<Parts> {
        let dfg = &function.dfg;
        let mut parts = Parts { invariants: Vec::new(), constant: 0, variant: dfg.resolve_aliases(index) };
        for _ in 0..MAX_ADDITIONS {
            let ValueDef::Result(inst, _) = dfg.value_def(parts.variant) else { break };
            let InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } = dfg.insts[inst] else { break };
            let rest = if let Some(constant) = constant(dfg, y) {
                parts.constant = parts.constant.wrapping_add(constant as u32);
                x
            } else if self.is_invariant(function, header, y, MAX_DEPTH) {
                parts.invariants.push(y);
                x
            } else if self.is_invariant(function, header, x, MAX_DEPTH) {
                parts.invariants.push(x);
                y
            } else {
                break;
            };
            parts.variant = dfg.resolve_aliases(rest);
        }
        let varies = !self.is_invariant(function, header, parts.variant, MAX_DEPTH);
        // One instruction adds what is shifted by so little, in 32 bits; an address with it could lie outside the reservation.
        let is_index = matches!(scaled(function, parts.variant), (_, 2 | 4 | 8));
        (varies && !is_index && !parts.invariants.is_empty()).then_some(parts)
    }

    /// Whether a value, which is used in the loop, is the same in all rounds.
    fn is_invariant(&self, function: &Function, header: Block, value: Value, depth: usize) -> bool {
        let dfg = &function.dfg;
        let is_outside = |block: Option<Block>| {
            block.is_some_and(|block| block != header && self.tree.block_dominates(block, header))
        };
        match dfg.value_def(dfg.resolve_aliases(value)) {
            ValueDef::Param(block, _) => is_outside(Some(block)),
            ValueDef::Result(inst, _) if is_outside(function.layout.inst_block(inst)) => true,
            ValueDef::Result(inst, _) => {
                use Opcode::*;
                let opcode = dfg.insts[inst].opcode();
                let is_cheap = matches!(opcode, Iconst | Iadd | Isub | Imul | Ishl | Ushr | Sshr | Band | Bor | Bxor);
                let args = dfg.inst_args(inst);
                is_cheap && depth > 0 && args.iter().all(|arg| self.is_invariant(function, header, *arg, depth - 1))
            }
            ValueDef::Union(..) => false,
        }
    }

    /// Whether `variant` counts up from zero, so slowly that an access in `block` traps before the sum wraps.
    fn grows(&mut self, function: &Function, header: Block, block: Block, variant: Value, room: i64) -> bool {
        let (cfg, tree) = (self.cfg, self.tree);
        let known = self.headers.entry(header);
        let Header { backs, counters } = known.or_insert_with(|| Header::of(function, cfg, tree, header));
        let (value, factor) = scaled(function, variant);
        counters.iter().any(|(counter, step)| *counter == value && step.saturating_mul(factor) < room)
            && backs.iter().all(|back| tree.block_dominates(block, *back))
    }
}

/// What a value is a multiple of, modulo 2^32, and the positive factor.
fn scaled(function: &Function, value: Value) -> (Value, i64) {
    let dfg = &function.dfg;
    let ValueDef::Result(inst, _) = dfg.value_def(value) else { return (value, 1) };
    let InstructionData::Binary { opcode, args: [x, y] } = dfg.insts[inst] else { return (value, 1) };
    let factor = match (opcode, constant(dfg, y)) {
        (Opcode::Ishl, Some(shift)) => 1 << (shift & 31),
        (Opcode::Imul, Some(factor)) if factor > 0 => factor,
        _ => return (value, 1),
    };
    (dfg.resolve_aliases(x), factor)
}

/// Whether ranges say that the sum does not wrap.
fn sums_up(function: &Function, ranges: Option<&Ranges>, parts: &Parts) -> bool {
    let Some(ranges) = ranges else { return false };
    let highest = |value: &Value| ranges.get(&function.dfg, *value).map_or(u64::MAX >> 8, |interval| interval.high);
    let terms = parts.invariants.iter().chain([&parts.variant]);
    terms.map(highest).sum::<u64>() + u64::from(parts.constant) <= Interval::all(32).high
}

impl Header {
    fn of(function: &Function, cfg: &ControlFlowGraph, tree: &DominatorTree, header: Block) -> Self {
        let dfg = &function.dfg;
        let mut found = Header::default();
        // The arguments of the edges, and whether each leads back.
        let mut edges: Vec<(bool, Vec<BlockArg>)> = Vec::new();
        for pred in cfg.pred_iter(header).filter(|pred| tree.is_reachable(pred.block)) {
            let is_back = tree.block_dominates(header, pred.block);
            if is_back {
                found.backs.push(pred.block);
            }
            for call in dfg.insts[pred.inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
                if call.block(&dfg.value_lists) == header {
                    edges.push((is_back, call.args(&dfg.value_lists).collect()));
                }
            }
            if edges.len() > MAX_BACKS {
                return found;
            }
        }
        for (at, param) in dfg.block_params(header).iter().enumerate() {
            let steps = edges.iter().map(|(is_back, args)| {
                let arg = args.get(at)?.as_value()?;
                if *is_back { step(function, *param, arg) } else { is_zero(function, cfg, arg, MAX_DEPTH).then_some(0) }
            });
            let Some(step) =
                edges.iter().position(|(is_back, _)| *is_back).and_then(|at| steps.clone().nth(at).flatten())
            else {
                continue;
            };
            let agrees = steps.zip(&edges).all(|(found, (is_back, _))| found == Some(if *is_back { step } else { 0 }));
            if agrees && step > 0 {
                found.counters.push((*param, step));
            }
        }
        found
    }
}

/// Whether a value is zero wherever it comes from.
fn is_zero(function: &Function, cfg: &ControlFlowGraph, value: Value, depth: usize) -> bool {
    let dfg = &function.dfg;
    if let Some(constant) = constant(dfg, value) {
        return constant == 0;
    }
    let ValueDef::Param(block, at) = dfg.value_def(dfg.resolve_aliases(value)) else { return false };
    let mut edges = cfg.pred_iter(block).flat_map(|pred| {
        let calls = dfg.insts[pred.inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        calls.iter().filter(|call| call.block(&dfg.value_lists) == block)
    });
    let (Some(edge), None) = (edges.next(), edges.next()) else { return false };
    let argument = edge.args(&dfg.value_lists).nth(at).and_then(|argument| argument.as_value());
    depth > 0 && argument.is_some_and(|argument| is_zero(function, cfg, argument, depth - 1))
}

/// What is added to `param` to make `next`.
fn step(function: &Function, param: Value, next: Value) -> Option<i64> {
    let dfg = &function.dfg;
    let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(next)) else { return None };
    let InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } = dfg.insts[inst] else { return None };
    if dfg.resolve_aliases(x) == param { constant(dfg, y) } else { None }
}
