//! Computes values again where they are used, instead of once in a block that is about to be copied: what is copied then defines
//! less that others use. Cranelift would place such computations there as well.

use std::collections::{HashMap, HashSet};

use cranelift_codegen::ir::{Block, Function, Inst, Opcode, Value, ValueDef};

/// Most instructions that are added to a function.
const INSTRUCTIONS: usize = 20_000;
/// Most operands that wait for their own operands at a time.
const DEEPEST: usize = 200;

/// Makes uses of pure computations of some blocks, outside of these blocks, computations of their own, from what is not pure. What
/// `often` blocks or more use stays.
///
/// No value may be used through an alias. The blocks must be reachable.
pub fn sink(function: &mut Function, from: &HashSet<Block>, often: usize) {
    let blocks: Vec<Block> = function.layout.blocks().filter(|block| !from.contains(block)).collect();
    let mut sinking = Sinking { function, from, kept: HashSet::new(), copies: HashMap::new(), left: INSTRUCTIONS };
    sinking.keep(&blocks, often);
    for block in blocks {
        sinking.block(block);
    }
}

struct Sinking<'f> {
    function: &'f mut Function,
    from: &'f HashSet<Block>,
    /// What stays where it is, as many blocks use it.
    kept: HashSet<Value>,
    /// What the current block computes again.
    copies: HashMap<Value, Value>,
    left: usize,
}

impl Sinking<'_> {
    /// Finds what `often` blocks or more use.
    fn keep(&mut self, blocks: &[Block], often: usize) {
        let mut users: HashMap<Value, (usize, Block)> = HashMap::new();
        for block in blocks {
            for inst in self.function.layout.block_insts(*block) {
                for value in self.function.dfg.inst_values(inst) {
                    if self.computation(value).is_some() {
                        let (count, last) = users.entry(value).or_insert((1, *block));
                        if *last != *block {
                            (*count, *last) = (*count + 1, *block);
                        }
                    }
                }
            }
        }
        self.kept = users.into_iter().filter(|(_, (count, _))| *count >= often).map(|(value, _)| value).collect();
    }

    fn block(&mut self, block: Block) {
        self.copies.clear();
        let mut next = self.function.layout.first_inst(block);
        while let Some(inst) = next {
            let values: Vec<Value> =
                self.function.dfg.inst_values(inst).filter(|value| self.computation(*value).is_some()).collect();
            for value in values {
                self.copy(value, inst);
            }
            if !self.copies.is_empty() {
                let copies = &self.copies;
                self.function.dfg.map_inst_values(inst, |value| copies.get(&value).copied().unwrap_or(value));
            }
            next = self.function.layout.next_inst(inst);
        }
    }

    /// The pure instruction of one of the blocks whose result a value is.
    fn computation(&self, value: Value) -> Option<Inst> {
        let dfg = &self.function.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return None };
        let is_of_chain = self.function.layout.inst_block(inst).is_some_and(|block| self.from.contains(&block));
        let is_constant = dfg.insts[inst].opcode() == Opcode::Iconst;
        if self.kept.contains(&value) && !is_constant {
            return None;
        }
        (is_of_chain && is_pure(dfg.insts[inst].opcode()) && dfg.inst_results(inst).len() == 1).then_some(inst)
    }

    /// Computes a value before an instruction, operands first.
    fn copy(&mut self, value: Value, before: Inst) {
        let mut pending = vec![value];
        while let Some(value) = pending.last().copied() {
            let Some(inst) = self.computation(value).filter(|_| !self.copies.contains_key(&value)) else {
                pending.pop();
                continue;
            };
            let waiting = pending.len();
            let operands = self.function.dfg.inst_values(inst);
            pending.extend(
                operands.filter(|operand| self.computation(*operand).is_some() && !self.copies.contains_key(operand)),
            );
            if pending.len() > DEEPEST {
                return;
            }
            if pending.len() > waiting {
                continue;
            }
            pending.pop();
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            let copy = self.function.dfg.clone_inst(inst);
            let copies = &self.copies;
            self.function.dfg.map_inst_values(copy, |value| copies.get(&value).copied().unwrap_or(value));
            self.function.layout.insert_inst(copy, before);
            self.function.set_srcloc(copy, self.function.srcloc(inst));
            self.copies.insert(value, self.function.dfg.first_result(copy));
        }
    }
}

/// Whether the result depends on the operands alone, and nothing else happens.
fn is_pure(opcode: Opcode) -> bool {
    let touches = opcode.can_load() || opcode.can_store() || opcode.can_trap() || opcode.other_side_effects();
    !touches && !opcode.is_call() && !opcode.is_terminator()
}
