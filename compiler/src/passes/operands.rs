//! The pass `operands`: which operand comes first, where either may. The x86-64 instructions for most arithmetic put the result where
//! their first operand was. So the first one should be the one that is not needed any more: then it need not be copied before. If
//! neither is, the one that a loop began its round with: then the result is where the next round looks for it.
//!
//! It follows Cranelift's optimiser, which gives values their final uses.

use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, DataFlowGraph, Function, Inst, InstructionData, Opcode, Value, ValueDef, types};
use cranelift_codegen::loop_analysis::LoopAnalysis;
use rustc_hash::FxHashMap;

/// How many instructions back from a result the value of the round before may be.
const MAX_DISTANCE: usize = 4;

/// Where a value is used.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Uses {
    #[default]
    None,
    /// In one block, by this instruction last.
    Until(Block, Inst),
    /// In several.
    Blocks,
}

/// Runs the pass; `vectors` says whether instructions with vectors and floating-point numbers are such as well. No value may be used
/// through an alias, and all blocks must be reachable.
pub fn run(context: &mut Context, vectors: bool) {
    let mut candidates = candidates(&context.func);
    let dfg = &context.func.dfg;
    candidates.retain(|inst| vectors || dfg.value_type(dfg.first_result(*inst)).is_int());
    if candidates.is_empty() {
        return;
    }
    context.compute_loop_analysis();
    let Context { func: function, domtree: tree, loop_analysis: loops, .. } = context;
    let mut carried = FxHashMap::default();
    let mut uses: SecondaryMap<Value, Uses> = SecondaryMap::with_capacity(function.dfg.num_values());
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                uses[value] = match uses[value] {
                    Uses::None => Uses::Until(block, inst),
                    Uses::Until(same, _) if same == block => Uses::Until(block, inst),
                    Uses::Until(..) | Uses::Blocks => Uses::Blocks,
                };
            }
        }
        if let Some(branch) = function.layout.last_inst(block) {
            note_carried(function, branch, &mut carried, |header| {
                loops.is_loop_header(header).is_some() && tree.block_dominates(header, block)
            });
        }
    }
    let order = Order { function, loops, uses: &uses, carried: &carried };
    let exchanged: Vec<Inst> = candidates.into_iter().filter(|inst| order.is_wrong(*inst)).collect();
    for inst in exchanged {
        if let InstructionData::Binary { args, .. } = &mut function.dfg.insts[inst] {
            args.swap(0, 1);
        }
    }
}

/// The instructions that may have their operands exchanged.
fn candidates(function: &Function) -> Vec<Inst> {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| operands(&function.dfg, *inst).is_some()).collect()
}

/// The operands of an instruction that may have them exchanged, and whose result is where the first one was.
fn operands(dfg: &DataFlowGraph, inst: Inst) -> Option<[Value; 2]> {
    let InstructionData::Binary { opcode, args } = dfg.insts[inst] else { return None };
    let ty = dfg.value_type(args[0]);
    let is_vector = ty.is_vector();
    let may = match opcode {
        // That of 128 bits takes several instructions. An addition can have its result anywhere.
        Opcode::Imul | Opcode::Band | Opcode::Bor | Opcode::Bxor => is_vector || ty != types::I128,
        Opcode::Fadd | Opcode::Fmul => true,
        Opcode::Iadd
        | Opcode::UaddSat
        | Opcode::SaddSat
        | Opcode::AvgRound
        | Opcode::Umin
        | Opcode::Umax
        | Opcode::Smin
        | Opcode::Smax => is_vector,
        _ => false,
    };
    (may && args[0] != args[1]).then_some(args)
}

/// Takes note of the values with which a branch begins another round of a loop, and of the parameters that they become.
fn note_carried(
    function: &Function,
    branch: Inst,
    carried: &mut FxHashMap<Value, Value>,
    is_back: impl Fn(Block) -> bool,
) {
    let dfg = &function.dfg;
    for call in dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
        let header = call.block(&dfg.value_lists);
        if is_back(header) {
            let parameters = dfg.block_params(header).iter().copied();
            let pairs = call.args(&dfg.value_lists).zip(parameters);
            carried.extend(pairs.filter_map(|(argument, parameter)| Some((argument.as_value()?, parameter))));
        }
    }
}

/// What decides about the order of operands.
struct Order<'a> {
    function: &'a Function,
    loops: &'a LoopAnalysis,
    uses: &'a SecondaryMap<Value, Uses>,
    carried: &'a FxHashMap<Value, Value>,
}

impl Order<'_> {
    /// Whether the second operand should come first.
    fn is_wrong(&self, inst: Inst) -> bool {
        let dfg = &self.function.dfg;
        let Some([first, second]) = operands(dfg, inst) else { return false };
        if !self.ends_at(second, inst) || self.is_operand_in_memory(second) {
            return false;
        }
        if !self.ends_at(first, inst) {
            return true;
        }
        let Some(parameter) = self.carried.get(&dfg.first_result(inst)) else { return false };
        !self.is_made_of(first, *parameter, MAX_DISTANCE) && self.is_made_of(second, *parameter, MAX_DISTANCE)
    }

    /// Whether nothing uses a value after an instruction. It may do so where this says that it does not.
    fn ends_at(&self, value: Value, inst: Inst) -> bool {
        let Uses::Until(block, last) = self.uses[value] else { return false };
        last == inst
            && self
                .definition(value)
                .is_some_and(|own| own == block || self.loops.innermost_loop(own) == self.loops.innermost_loop(block))
    }

    /// The block in which a value comes to be.
    fn definition(&self, value: Value) -> Option<Block> {
        match self.function.dfg.value_def(value) {
            ValueDef::Param(block, _) => Some(block),
            ValueDef::Result(inst, _) => self.function.layout.inst_block(inst),
            ValueDef::Union(..) => None,
        }
    }

    /// Whether the code generator may take a value from memory, or from the instruction, where it is the second operand.
    fn is_operand_in_memory(&self, value: Value) -> bool {
        let ValueDef::Result(inst, _) = self.function.dfg.value_def(value) else { return false };
        let opcode = self.function.dfg.insts[inst].opcode();
        let is_vector = self.function.dfg.value_type(value).is_vector();
        // A vector would have to be aligned.
        opcode.can_load() && !is_vector
            || matches!(opcode, Opcode::Iconst | Opcode::F32const | Opcode::F64const | Opcode::Vconst)
    }

    /// Whether a value is a parameter, or what was computed in its place.
    fn is_made_of(&self, value: Value, parameter: Value, distance: usize) -> bool {
        let dfg = &self.function.dfg;
        if value == parameter {
            return true;
        }
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return false };
        let InstructionData::Binary { args: [first, _], opcode } = dfg.insts[inst] else { return false };
        let both = operands(dfg, inst);
        let replaced = match both {
            Some(both) => both.to_vec(),
            None if matches!(opcode, Opcode::Fsub | Opcode::Fdiv | Opcode::Isub) => vec![first],
            None => return false,
        };
        distance > 0 && replaced.into_iter().any(|operand| self.is_made_of(operand, parameter, distance - 1))
    }
}
