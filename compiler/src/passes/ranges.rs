//! Between which integers each value lies, as far as instructions, branches and loop counters say. The analysis follows a walk over
//! the dominator tree; what a branch says holds for the blocks that its edge dominates.

mod counters;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, DataFlowGraph, Function, Inst, InstructionData, Opcode, Value, ValueDef,
};
use rustc_hash::FxHashMap;

use super::address_form::constant;
use super::interval::Interval;

/// How far to look from a condition, or from the next value of a parameter.
const MAX_DEPTH: usize = 4;

/// What is known of values where the walk is.
pub(super) struct Ranges<'a> {
    cfg: &'a ControlFlowGraph,
    tree: &'a DominatorTree,
    known: SecondaryMap<Value, Option<Interval>>,
    /// What arguments of the edges seen so far say about parameters.
    incoming: FxHashMap<Value, Interval>,
    /// Blocks whose edges were seen.
    seen: SecondaryMap<Block, bool>,
    log: Vec<(Value, Option<Interval>)>,
}

impl<'a> Ranges<'a> {
    pub(super) fn new(cfg: &'a ControlFlowGraph, tree: &'a DominatorTree) -> Self {
        Ranges {
            cfg,
            tree,
            known: SecondaryMap::new(),
            incoming: FxHashMap::default(),
            seen: SecondaryMap::new(),
            log: Vec::new(),
        }
    }

    /// Where a value lies; `None` unless it is an integer of at most 64 bits.
    pub(super) fn get(&self, dfg: &DataFlowGraph, value: Value) -> Option<Interval> {
        let value = dfg.resolve_aliases(value);
        let ty = dfg.value_type(value);
        if !ty.is_int() || ty.bits() > 64 {
            return None;
        }
        // Constants are known before the walk comes to them.
        let constant = || constant(dfg, value).map(|constant| Interval::one(constant as u64, ty.bits()));
        Some(self.known[value].or_else(constant).unwrap_or(Interval::all(ty.bits())))
    }

    /// A position to come back to.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets what was learnt from branches since the mark.
    pub(super) fn forget(&mut self, mark: usize) {
        for (value, old) in self.log.drain(mark..).rev() {
            self.known[value] = old;
        }
    }

    /// The walk enters a block.
    pub(super) fn enter(&mut self, function: &Function, block: Block) {
        for (value, interval) in self.edge_conditions(function, block) {
            self.learn(&function.dfg, value, interval);
        }
        let preds = self.cfg.pred_iter(block).map(|pred| pred.block);
        let unseen: Vec<Block> = preds.filter(|pred| !self.seen[*pred] && self.tree.is_reachable(*pred)).collect();
        if unseen.iter().any(|pred| !self.tree.block_dominates(block, *pred)) {
            // Not the header of a loop that is entered there alone.
            return;
        }
        let is_entry = function.layout.entry_block() == Some(block);
        if !unseen.is_empty() {
            for (param, interval) in counters::params(self, function, block) {
                self.known[param] = Some(interval);
            }
        } else if !is_entry {
            for param in function.dfg.block_params(block) {
                self.known[*param] = self.incoming.remove(param);
            }
        }
    }

    /// The walk has come past an instruction that is no branch.
    pub(super) fn pass(&mut self, dfg: &DataFlowGraph, inst: Inst) {
        if let InstructionData::CondTrap { opcode, arg, .. } = dfg.insts[inst] {
            for (value, interval) in self.condition(dfg, arg, opcode == Opcode::Trapz, MAX_DEPTH) {
                self.learn(dfg, value, interval);
            }
        }
        if let [result] = *dfg.inst_results(inst)
            && let Some(interval) = self.result(dfg, inst, result)
            && !interval.is_all()
        {
            self.known[result] = Some(interval);
        }
    }

    /// The walk is at the branch that ends a block.
    pub(super) fn branch(&mut self, function: &Function, block: Block, inst: Inst) {
        self.seen[block] = true;
        let dfg = &function.dfg;
        let calls = dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
        for (at, call) in calls.iter().enumerate() {
            let mark = self.mark();
            if let InstructionData::Brif { arg, .. } = dfg.insts[inst] {
                for (value, interval) in self.condition(dfg, arg, at == 0, MAX_DEPTH) {
                    self.learn(dfg, value, interval);
                }
            }
            self.arguments(dfg, call);
            self.forget(mark);
        }
    }

    fn arguments(&mut self, dfg: &DataFlowGraph, call: &BlockCall) {
        let params = dfg.block_params(call.block(&dfg.value_lists));
        for (param, arg) in params.iter().zip(call.args(&dfg.value_lists)) {
            let ty = dfg.value_type(*param);
            if !ty.is_int() || ty.bits() > 64 {
                continue;
            }
            let interval = match arg {
                BlockArg::Value(value) => self.get(dfg, value).unwrap_or(Interval::all(ty.bits())),
                _ => Interval::all(ty.bits()),
            };
            self.incoming.entry(*param).and_modify(|old| *old = old.join(interval)).or_insert(interval);
        }
    }

    fn learn(&mut self, dfg: &DataFlowGraph, value: Value, interval: Interval) {
        // An empty intersection is in code that is never reached.
        if let Some(old) = self.get(dfg, value)
            && let Some(new) = old.meet(interval)
            && new != old
        {
            let value = dfg.resolve_aliases(value);
            self.log.push((value, self.known[value]));
            self.known[value] = Some(new);
        }
    }

    /// What the only edge to a block says.
    fn edge_conditions(&self, function: &Function, block: Block) -> Vec<(Value, Interval)> {
        match edge_condition(self.cfg, function, block) {
            Some((_, condition, holds)) => self.condition(&function.dfg, condition, holds, MAX_DEPTH),
            None => Vec::new(),
        }
    }

    /// What it says about values that a condition is not zero, or is.
    fn condition(&self, dfg: &DataFlowGraph, value: Value, holds: bool, depth: usize) -> Vec<(Value, Interval)> {
        let value = dfg.resolve_aliases(value);
        let mut learnt = Vec::new();
        let Some(interval) = self.get(dfg, value) else { return learnt };
        let zero = Interval::one(0, interval.bits);
        let equality = if holds { IntCC::NotEqual } else { IntCC::Equal };
        learnt.extend(interval.restrict(equality, zero).map(|interval| (value, interval)));
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return learnt };
        match dfg.insts[inst] {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } if depth > 0 => {
                learnt.extend(self.condition(dfg, arg, holds, depth - 1));
            }
            InstructionData::IntCompare { cond, args: [x, y], .. } => {
                let condition = if holds { cond } else { cond.complement() };
                if depth > 0 && constant(dfg, y) == Some(0) && matches!(condition, IntCC::Equal | IntCC::NotEqual) {
                    learnt.extend(self.condition(dfg, x, condition == IntCC::NotEqual, depth - 1));
                }
                self.comparison(dfg, condition, x, y, &mut learnt);
                self.comparison(dfg, condition.swap_args(), y, x, &mut learnt);
            }
            InstructionData::Binary { opcode: Opcode::Band, args } if holds && depth > 0 => {
                // Both are not zero; of conditions, both hold.
                for arg in args {
                    learnt.extend(self.condition(dfg, arg, true, depth - 1));
                }
            }
            InstructionData::Binary { opcode: Opcode::Bor, args } if !holds && depth > 0 => {
                for arg in args {
                    learnt.extend(self.condition(dfg, arg, false, depth - 1));
                }
            }
            _ => {}
        }
        learnt
    }

    fn comparison(
        &self,
        dfg: &DataFlowGraph,
        condition: IntCC,
        x: Value,
        y: Value,
        learnt: &mut Vec<(Value, Interval)>,
    ) {
        let (Some(left), Some(right)) = (self.get(dfg, x), self.get(dfg, y)) else { return };
        let Some(interval) = left.restrict(condition, right) else { return };
        learnt.push((x, interval));
        if let ValueDef::Result(inst, _) = dfg.value_def(dfg.resolve_aliases(x)) {
            match dfg.insts[inst] {
                InstructionData::Binary { opcode: Opcode::Iadd, args: [term, other] } => {
                    if let Some(constant) = constant(dfg, other) {
                        learnt.push((term, interval.sub(Interval::one(constant as u64, interval.bits))));
                    }
                }
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                    learnt.push((arg, interval.resize(dfg.value_type(arg).bits())));
                }
                _ => {}
            }
        }
    }

    /// Where the only result of an instruction lies.
    fn result(&self, dfg: &DataFlowGraph, inst: Inst, result: Value) -> Option<Interval> {
        use Opcode::*;
        let ty = dfg.value_type(result);
        if !ty.is_int() || ty.bits() > 64 {
            return None;
        }
        let bits = ty.bits();
        let data = &dfg.insts[inst];
        let interval = match (data.opcode(), dfg.inst_args(inst)) {
            (Iconst, _) => Interval::one(constant(dfg, result)? as u64, bits),
            (Uload8, _) => Interval::all(8).resize(bits),
            (Uload16, _) => Interval::all(16).resize(bits),
            (Uload32, _) => Interval::all(32).resize(bits),
            (Fcmp, _) => Interval { low: 0, high: 1, bits },
            (Clz | Ctz | Popcnt, [x]) => {
                Interval { low: 0, high: dfg.value_type(*x).bits().into(), bits: 64 }.resize(bits)
            }
            (Uextend | Ireduce, [x]) => self.get(dfg, *x)?.resize(bits),
            (Sextend, [x]) => {
                let interval = self.get(dfg, *x)?;
                if interval.is_nonnegative() { interval.resize(bits) } else { Interval::all(bits) }
            }
            (Select, [_, x, y]) => self.get(dfg, *x)?.join(self.get(dfg, *y)?),
            (Icmp, [x, y]) => {
                let InstructionData::IntCompare { cond, .. } = data else { return None };
                match self.get(dfg, *x)?.compare(*cond, self.get(dfg, *y)?) {
                    Some(holds) => Interval::one(holds.into(), bits),
                    None => Interval { low: 0, high: 1, bits },
                }
            }
            (Ishl | Ushr | Sshr, [x, y]) => {
                let shift = (constant(dfg, *y)? as u32) & (bits - 1);
                match (data.opcode(), self.get(dfg, *x)?) {
                    (Ishl, x) => x.shl(shift),
                    (Sshr, x) if !x.is_nonnegative() => return None,
                    (_, x) => x.shr(shift),
                }
            }
            (opcode, [x, y]) => binary(opcode, self.get(dfg, *x)?, self.get(dfg, *y)?)?,
            _ => return None,
        };
        Some(interval)
    }
}

fn binary(opcode: Opcode, x: Interval, y: Interval) -> Option<Interval> {
    if x.bits != y.bits {
        return None;
    }
    let nonnegative = x.is_nonnegative() && y.is_nonnegative();
    Some(match opcode {
        Opcode::Iadd => x.add(y),
        Opcode::Isub => x.sub(y),
        Opcode::Imul => x.mul(y),
        Opcode::Band => x.and(y),
        Opcode::Bor => x.or(y, false),
        Opcode::Bxor => x.or(y, true),
        Opcode::Udiv => x.div(y),
        Opcode::Urem => x.rem(y),
        Opcode::Sdiv if nonnegative => x.div(y),
        Opcode::Srem if nonnegative => x.rem(y),
        Opcode::Umin => Interval { low: x.low.min(y.low), high: x.high.min(y.high), bits: x.bits },
        Opcode::Umax => Interval { low: x.low.max(y.low), high: x.high.max(y.high), bits: x.bits },
        _ => return None,
    })
}

/// The block before a block that has only one edge to it, the condition that this branches on, and whether the edge is taken when
/// it holds.
fn edge_condition(cfg: &ControlFlowGraph, function: &Function, block: Block) -> Option<(Block, Value, bool)> {
    let mut preds = cfg.pred_iter(block);
    let (Some(pred), None) = (preds.next(), preds.next()) else { return None };
    let InstructionData::Brif { arg, blocks, .. } = function.dfg.insts[pred.inst] else { return None };
    let [is_then, is_else] = blocks.map(|call| call.block(&function.dfg.value_lists) == block);
    (is_then != is_else).then_some((pred.block, arg, is_then))
}
