//! Copies chains of blocks to the ends of edges that lead to them.

use std::collections::HashMap;

use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, JumpTable, JumpTableData, Opcode, Value};

use super::ssa::Family;

/// Whether an instruction can be copied. A call could, with its stack map and handlers, but where code is copied for speed there
/// is none.
pub fn can_be_copied(function: &Function, inst: Inst) -> bool {
    let opcode = function.dfg.insts[inst].opcode();
    let ends_plainly = matches!(opcode, Opcode::Jump | Opcode::Brif | Opcode::BrTable);
    let is_plain = !opcode.is_call() && !opcode.is_terminator();
    let is_of_exceptions = matches!(opcode, Opcode::GetExceptionHandlerAddress | Opcode::SequencePoint);
    (ends_plainly || is_plain) && !is_of_exceptions
}

/// The parameters of a block and the results of its instructions.
pub fn definitions(function: &Function, block: Block) -> Vec<Value> {
    let mut values = function.dfg.block_params(block).to_vec();
    for inst in function.layout.block_insts(block) {
        values.extend_from_slice(function.dfg.inst_results(inst));
    }
    values
}

/// Blocks with their copies.
#[derive(Default)]
pub struct Copies {
    families: Vec<Family>,
    /// Where in `families` an original is.
    known: HashMap<Block, usize>,
}

impl Copies {
    /// Makes the edges from `predecessor` to the first block of a chain lead to a copy of the chain instead. In a chain each block
    /// has an edge to the next.
    ///
    /// Values that the chain defines and other blocks use then have several definitions: [`super::ssa::repair`].
    pub fn copy_chain(&mut self, function: &mut Function, predecessor: Block, chain: &[Block]) {
        let copies: Vec<Block> = chain.iter().map(|_| function.dfg.make_block()).collect();
        let mut last = predecessor;
        for copy in &copies {
            function.layout.insert_block_after(*copy, last);
            last = *copy;
        }
        let mut values = HashMap::new();
        for (original, copy) in chain.iter().zip(&copies) {
            self.copy_block(function, *original, *copy, &mut values);
        }
        for at in 1..chain.len() {
            redirect(function, copies[at - 1], chain[at], copies[at]);
        }
        redirect(function, predecessor, chain[0], copies[0]);
    }

    /// What was copied.
    pub fn into_families(self) -> Vec<Family> {
        self.families
    }

    fn copy_block(
        &mut self,
        function: &mut Function,
        original: Block,
        copy: Block,
        values: &mut HashMap<Value, Value>,
    ) {
        let parameters = function.dfg.block_params(original).to_vec();
        for parameter in parameters {
            let ty = function.dfg.value_type(parameter);
            values.insert(parameter, function.dfg.append_block_param(copy, ty));
        }
        let insts: Vec<Inst> = function.layout.block_insts(original).collect();
        for inst in insts {
            let new = copy_instruction(function, inst);
            function.dfg.map_inst_values(new, |value| values.get(&value).copied().unwrap_or(value));
            let results = function.dfg.inst_results(inst).iter().zip(function.dfg.inst_results(new));
            values.extend(results.map(|(old, new)| (*old, *new)));
            function.layout.append_inst(new, copy);
            function.set_srcloc(new, function.srcloc(inst));
        }
        if function.layout.is_cold(original) {
            function.layout.set_cold(copy);
        }
        let family = *self.known.entry(original).or_insert_with(|| {
            let members = vec![(original, definitions(function, original))];
            self.families.push(Family { members });
            self.families.len() - 1
        });
        self.families[family].members.push((copy, definitions(function, copy)));
    }
}

/// An equal instruction with results of its own, in no block yet.
fn copy_instruction(function: &mut Function, inst: Inst) -> Inst {
    let new = function.dfg.clone_inst(inst);
    if let InstructionData::BranchTable { table, .. } = function.dfg.insts[inst] {
        let copy = copy_table(function, table);
        if let InstructionData::BranchTable { table, .. } = &mut function.dfg.insts[new] {
            *table = copy;
        }
    }
    new
}

fn copy_table(function: &mut Function, table: JumpTable) -> JumpTable {
    let dfg = &mut function.dfg;
    let (tables, pool) = (&dfg.jump_tables, &mut dfg.value_lists);
    let default = tables[table].default_block().deep_clone(pool);
    let targets: Vec<_> = tables[table].as_slice().iter().map(|call| call.deep_clone(pool)).collect();
    function.create_jump_table(JumpTableData::new(default, &targets))
}

/// Makes the edges of a block to `from` lead to `to`.
fn redirect(function: &mut Function, block: Block, from: Block, to: Block) {
    if let Some(branch) = function.layout.last_inst(block) {
        function.rewrite_branch_destination(branch, from, to);
    }
}

#[cfg(test)]
mod tests;
