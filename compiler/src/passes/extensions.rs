//! The pass `extensions`: an index of 32 bits is extended to an address. Where the value comes from a narrow load, or is the parameter of
//! a block, the extension is an instruction of its own. So such values are made in 64 bits from the start: a load extends for
//! nothing, and so does most arithmetic of 32 bits, whose results are then what parameters get.
//!
//! It follows Cranelift's optimiser, which would not see that a load is the same as another one of another width.

use std::collections::BTreeSet;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::function::FunctionStencil;
use cranelift_codegen::ir::{
    Block, BlockArg, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::address_form::constant;

/// How a value of 32 bits becomes one of 64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// It is loaded: the load can extend.
    Load,
    /// It is the parameter of a block: its arguments decide.
    Parameter(Block),
    /// It is one of two values.
    Select([Value; 2]),
    /// The instruction that makes it leaves zeros above it.
    Extended,
    /// It is constant.
    Constant,
    /// By an instruction of its own.
    Extra,
}

/// Runs the pass. No value may be used through an alias, and all blocks must be reachable.
pub fn run(function: &mut Function, tree: &DominatorTree) {
    let extensions = extensions(function);
    if extensions.is_empty() {
        return;
    }
    let order: Vec<Block> = tree.cfg_rpo().copied().collect();
    let chosen = Choice::new(function, &order).choose(&extensions);
    if chosen.is_empty() {
        return;
    }
    let mut widening = Widening { function, wide: FxHashMap::default(), parameters: FxHashSet::default() };
    widening.parameters(&order, &chosen);
    widening.results(&order, &chosen);
    widening.arguments(&order);
    widening.remove(&extensions);
    resolve_aliases(function, &order);
}

/// Replaces aliases by what they stand for. Cranelift does so for all instructions there ever were, of which its optimiser has left
/// many behind.
fn resolve_aliases(function: &mut Function, order: &[Block]) {
    let FunctionStencil { dfg, layout, .. } = &mut **function;
    for block in order {
        for inst in layout.block_insts(*block) {
            if dfg.inst_values(inst).any(|value| dfg.resolve_aliases(value) != value) {
                let resolved: Vec<Value> = dfg.inst_values(inst).map(|value| dfg.resolve_aliases(value)).collect();
                dfg.overwrite_inst_values(inst, resolved.into_iter());
            }
        }
    }
}

/// The instructions that extend 32 bits to 64, and what they extend.
fn extensions(function: &Function) -> Vec<(Inst, Value)> {
    let dfg = &function.dfg;
    let extended = |inst: Inst| match dfg.insts[inst] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg }
            if dfg.value_type(arg) == types::I32 && dfg.value_type(dfg.first_result(inst)) == types::I64 =>
        {
            Some((inst, arg))
        }
        _ => None,
    };
    function.layout.blocks().flat_map(|block| function.layout.block_insts(block)).filter_map(extended).collect()
}

fn kind(dfg: &DataFlowGraph, value: Value) -> Kind {
    let inst = match dfg.value_def(value) {
        ValueDef::Param(block, _) => return Kind::Parameter(block),
        ValueDef::Result(inst, _) => inst,
        ValueDef::Union(..) => return Kind::Extra,
    };
    match dfg.insts[inst] {
        InstructionData::Load { opcode: Opcode::Load | Opcode::Uload8 | Opcode::Uload16, .. } => Kind::Load,
        InstructionData::UnaryImm { opcode: Opcode::Iconst, .. } => Kind::Constant,
        InstructionData::Ternary { opcode: Opcode::Select, args: [_, x, y] } => Kind::Select([x, y]),
        // What Cranelift knows to need no extension.
        InstructionData::Binary {
            opcode:
                Opcode::Iadd
                | Opcode::Isub
                | Opcode::Imul
                | Opcode::Band
                | Opcode::Bor
                | Opcode::Bxor
                | Opcode::Ishl
                | Opcode::Ushr,
            ..
        } => Kind::Extended,
        _ => Kind::Extra,
    }
}

/// Finds the values that are better made in 64 bits.
struct Choice<'f> {
    dfg: &'f DataFlowGraph,
    /// The position of each block in reverse postorder.
    position: SecondaryMap<Block, u32>,
    /// For each parameter of 32 bits: the blocks that branch to it, with the argument.
    incoming: FxHashMap<Value, Vec<(Block, Value)>>,
    /// Parameters that get what is no value, such as an exception.
    fixed: FxHashSet<Value>,
    /// What may be chosen, with the candidates that depend on it.
    candidates: FxHashMap<Value, Vec<Value>>,
}

impl<'f> Choice<'f> {
    fn new(function: &'f Function, order: &[Block]) -> Self {
        let mut choice = Choice {
            dfg: &function.dfg,
            position: SecondaryMap::new(),
            incoming: FxHashMap::default(),
            fixed: FxHashSet::default(),
            candidates: FxHashMap::default(),
        };
        for (at, block) in order.iter().enumerate() {
            choice.position[*block] = at as u32;
            if let Some(branch) = function.layout.last_inst(*block) {
                choice.add_arguments(*block, branch);
            }
        }
        choice
    }

    fn add_arguments(&mut self, from: Block, branch: Inst) {
        let dfg = self.dfg;
        for call in dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let parameters = dfg.block_params(call.block(&dfg.value_lists));
            for (parameter, argument) in parameters.iter().zip(call.args(&dfg.value_lists)) {
                match argument {
                    BlockArg::Value(argument) if dfg.value_type(*parameter) == types::I32 => {
                        self.incoming.entry(*parameter).or_default().push((from, argument));
                    }
                    BlockArg::Value(_) => {}
                    _ => drop(self.fixed.insert(*parameter)),
                }
            }
        }
    }

    /// Values that are extended, or come to those that are, and for which that costs nothing more.
    fn choose(mut self, extensions: &[(Inst, Value)]) -> FxHashSet<Value> {
        self.reach(extensions);
        let mut pending: Vec<Value> = self.candidates.keys().copied().collect();
        while let Some(value) = pending.pop() {
            if self.candidates.contains_key(&value) && !self.pays(value) {
                pending.extend(self.candidates.remove(&value).into_iter().flatten());
            }
        }
        // What is left, as far as it still comes to an extension.
        let mut chosen = FxHashSet::default();
        let mut pending: Vec<Value> = extensions.iter().map(|(_, value)| *value).collect();
        while let Some(value) = pending.pop() {
            if self.candidates.contains_key(&value) && chosen.insert(value) {
                pending.extend(self.operands(value));
            }
        }
        chosen
    }

    /// Collects the candidates: what is extended, and what it comes from.
    fn reach(&mut self, extensions: &[(Inst, Value)]) {
        let mut pending: Vec<Value> = extensions.iter().map(|(_, value)| *value).collect();
        while let Some(value) = pending.pop() {
            let is_candidate = match kind(self.dfg, value) {
                Kind::Load | Kind::Select(_) => true,
                Kind::Parameter(..) => self.incoming.contains_key(&value) && !self.fixed.contains(&value),
                Kind::Extended | Kind::Constant | Kind::Extra => false,
            };
            if is_candidate && !self.candidates.contains_key(&value) {
                self.candidates.insert(value, Vec::new());
                pending.extend(self.operands(value));
            }
        }
        let candidates: Vec<Value> = self.candidates.keys().copied().collect();
        for candidate in candidates {
            for operand in self.operands(candidate) {
                if let Some(dependents) = self.candidates.get_mut(&operand) {
                    dependents.push(candidate);
                }
            }
        }
    }

    /// What a candidate may be.
    fn operands(&self, value: Value) -> Vec<Value> {
        match kind(self.dfg, value) {
            Kind::Select(operands) => operands.to_vec(),
            Kind::Parameter(..) => self.incoming[&value].iter().map(|(_, argument)| *argument).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a candidate takes no more instructions in 64 bits than its extension.
    fn pays(&self, value: Value) -> bool {
        match kind(self.dfg, value) {
            Kind::Select(operands) => operands.into_iter().all(|operand| self.is_free(operand)),
            Kind::Parameter(block) => {
                let incoming = &self.incoming[&value];
                let costs = |(from, argument): &&(Block, Value)| {
                    !self.is_free(*argument) && self.position[*from] >= self.position[block]
                };
                incoming.iter().any(|(_, argument)| self.is_free(*argument))
                    && !incoming.iter().any(|edge| costs(&edge))
            }
            _ => true,
        }
    }

    fn is_free(&self, value: Value) -> bool {
        match kind(self.dfg, value) {
            Kind::Extended | Kind::Constant => true,
            Kind::Extra => false,
            Kind::Load | Kind::Select(_) | Kind::Parameter(..) => self.candidates.contains_key(&value),
        }
    }
}

/// Makes the chosen values in 64 bits.
struct Widening<'f> {
    function: &'f mut Function,
    /// What the chosen ones are in 64 bits.
    wide: FxHashMap<Value, Value>,
    /// The new parameters.
    parameters: FxHashSet<Value>,
}

impl Widening<'_> {
    fn parameters(&mut self, order: &[Block], chosen: &FxHashSet<Value>) {
        for block in order {
            let parameters = self.function.dfg.block_params(*block).to_vec();
            for old in parameters.into_iter().filter(|parameter| chosen.contains(parameter)) {
                let new = self.function.dfg.replace_block_param(old, types::I64);
                let mut cursor = FuncCursor::new(self.function).at_first_insertion_point(*block);
                let reduced = cursor.ins().ireduce(types::I32, new);
                self.function.dfg.change_to_alias(old, reduced);
                self.wide.insert(old, new);
                self.parameters.insert(new);
            }
        }
    }

    /// Loads and selections. In this order operands come before those that use them, unless they are parameters.
    fn results(&mut self, order: &[Block], chosen: &FxHashSet<Value>) {
        for block in order {
            let mut next = self.function.layout.first_inst(*block);
            while let Some(inst) = next {
                next = self.function.layout.next_inst(inst);
                if let Some(old) = self.function.dfg.inst_results(inst).first().copied()
                    && chosen.contains(&old)
                {
                    self.result(inst, old);
                }
            }
        }
    }

    fn result(&mut self, inst: Inst, old: Value) {
        if let InstructionData::Ternary { args: [_, x, y], .. } = self.function.dfg.insts[inst] {
            let [x, y] = [x, y].map(|operand| self.extended(operand, inst));
            if let InstructionData::Ternary { args, .. } = &mut self.function.dfg.insts[inst] {
                (args[1], args[2]) = (x, y);
            }
        }
        if let InstructionData::Load { opcode: opcode @ Opcode::Load, .. } = &mut self.function.dfg.insts[inst] {
            *opcode = Opcode::Uload32;
        }
        let new = self.function.dfg.replace_result(old, types::I64);
        let source = self.function.srcloc(inst);
        let reduced =
            FuncCursor::new(self.function).after_inst(inst).with_srcloc(source).ins().ireduce(types::I32, new);
        self.function.dfg.change_to_alias(old, reduced);
        self.wide.insert(old, new);
    }

    /// Replaces the extensions of what is now wide.
    fn remove(&mut self, extensions: &[(Inst, Value)]) {
        for (inst, value) in extensions {
            if let Some(wide) = self.wide.get(value) {
                let result = self.function.dfg.first_result(*inst);
                self.function.dfg.clear_results(*inst);
                self.function.dfg.change_to_alias(result, *wide);
                self.function.layout.remove_inst(*inst);
            }
        }
    }

    /// Gives the new parameters their arguments.
    fn arguments(&mut self, order: &[Block]) {
        for block in order {
            let Some(branch) = self.function.layout.last_inst(*block) else { continue };
            let narrow = self.narrow_arguments(branch).into_iter();
            let known: FxHashMap<Value, Value> = narrow.map(|narrow| (narrow, self.extended(narrow, branch))).collect();
            if known.is_empty() {
                continue;
            }
            let dfg = &mut self.function.dfg;
            let calls = dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
            for call in calls {
                let mut parameters =
                    dfg.blocks[call.block(&dfg.value_lists)].params(&dfg.value_lists).to_vec().into_iter();
                call.update_args(&mut dfg.value_lists, |argument| match (parameters.next(), argument) {
                    (Some(parameter), BlockArg::Value(value)) if self.parameters.contains(&parameter) => {
                        BlockArg::Value(known[&value])
                    }
                    _ => argument,
                });
            }
        }
    }

    /// The arguments of a branch for new parameters.
    fn narrow_arguments(&self, branch: Inst) -> BTreeSet<Value> {
        let dfg = &self.function.dfg;
        let mut found = BTreeSet::new();
        for call in dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let parameters = dfg.block_params(call.block(&dfg.value_lists));
            for (parameter, argument) in parameters.iter().zip(call.args(&dfg.value_lists)) {
                if self.parameters.contains(parameter)
                    && let BlockArg::Value(value) = argument
                {
                    found.insert(value);
                }
            }
        }
        found
    }

    /// A value of 32 bits in 64, for an instruction.
    fn extended(&mut self, value: Value, before: Inst) -> Value {
        if let Some(wide) = self.wide.get(&value) {
            return *wide;
        }
        let source = self.function.srcloc(before);
        let constant = constant(&self.function.dfg, value);
        if let Some(constant) = constant {
            let mut cursor = FuncCursor::new(self.function).at_inst(before).with_srcloc(source);
            return cursor.ins().iconst(types::I64, i64::from(constant as u32));
        }
        if kind(&self.function.dfg, value) == Kind::Extended {
            return FuncCursor::new(self.function).at_inst(before).with_srcloc(source).ins().uextend(types::I64, value);
        }
        self.extended_where_defined(value)
    }

    /// Extends a value once for all, so that one register has it.
    fn extended_where_defined(&mut self, value: Value) -> Value {
        let (original, mut cursor) = match self.function.dfg.value_def(value) {
            ValueDef::Param(block, _) => {
                let original = self.function.dfg.replace_block_param(value, types::I32);
                (original, FuncCursor::new(self.function).at_first_insertion_point(block))
            }
            ValueDef::Result(inst, _) => {
                let original = self.function.dfg.replace_result(value, types::I32);
                let source = self.function.srcloc(inst);
                (original, FuncCursor::new(self.function).after_inst(inst).with_srcloc(source))
            }
            ValueDef::Union(..) => unreachable!("unions are gone after Cranelift's optimiser"),
        };
        let wide = cursor.ins().uextend(types::I64, original);
        let reduced = cursor.ins().ireduce(types::I32, wide);
        self.function.dfg.change_to_alias(value, reduced);
        self.wide.insert(value, wide);
        wide
    }
}
