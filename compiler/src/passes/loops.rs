//! The pass `loops`: what the code generator makes of branches in loops. It follows Cranelift's optimiser.
//!
//! Cranelift places blocks in reverse postorder, in which the first successor of a branch comes after the second one. So a branch that
//! leaves a loop has the exit first: the rest of the loop then follows at once, and the exit behind it.
//!
//! At the end of a round, Cranelift compares a counter before its step, with a constant that it has adjusted. Both values are then
//! needed until the branch, in two registers, and a move between them takes place in a block of its own before the next round. The
//! stepped counter does as well.

use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef};

use super::address_form::constant;

/// Runs the pass. No value may be used through an alias, and all blocks must be reachable.
/// Says whether it changed the order of branches.
pub fn run(context: &mut Context) -> bool {
    context.compute_loop_analysis();
    let Context { func: function, domtree: tree, loop_analysis: loops, .. } = context;
    let mut inverted = false;
    if loops.loops().next().is_none() {
        return inverted;
    }
    for block in tree.cfg_rpo() {
        let Some(inside) = loops.innermost_loop(*block) else { continue };
        let Some(branch) = function.layout.last_inst(*block) else { continue };
        let InstructionData::Brif { blocks, .. } = function.dfg.insts[branch] else { continue };
        let [first, second] = blocks.map(|call| call.block(&function.dfg.value_lists));
        let [first_stays, second_stays] = [first, second].map(|target| loops.is_in_loop(target, inside));
        for (at, target) in [first, second].into_iter().enumerate() {
            if loops.is_loop_header(target).is_some() && tree.block_dominates(target, *block) {
                compare_stepped(function, branch, at, target);
            }
        }
        if first_stays && !second_stays && !tree.block_dominates(first, *block) {
            invert(function, branch);
            inverted = true;
        }
    }
    inverted
}

/// Lets a branch compare the next value of a counter, instead of the present one.
fn compare_stepped(function: &mut Function, branch: Inst, at: usize, header: Block) {
    let dfg = &function.dfg;
    let InstructionData::Brif { arg, blocks, .. } = dfg.insts[branch] else { return };
    let ValueDef::Result(comparison, _) = dfg.value_def(arg) else { return };
    let InstructionData::IntCompare { cond: cond @ (IntCC::Equal | IntCC::NotEqual), args: [counter, limit], .. } =
        dfg.insts[comparison]
    else {
        return;
    };
    let Some(limit) = constant(dfg, limit) else { return };
    if !dfg.block_params(header).contains(&counter) {
        return;
    }
    let arguments = blocks[at].args(&dfg.value_lists);
    let stepped = arguments
        .filter_map(|argument| argument.as_value())
        .find_map(|next| Some((next, step(function, next, counter)?)));
    let ty = dfg.value_type(counter);
    if let Some((next, step)) = stepped
        && ty.bits() <= 64
    {
        let mut cursor = FuncCursor::new(function).at_inst(branch);
        let unused = 64 - ty.bits();
        let limit = cursor.ins().iconst(ty, limit.wrapping_add(step) << unused >> unused);
        let condition = cursor.ins().icmp(cond, next, limit);
        set_condition(function, branch, condition);
    }
}

/// What is added to a counter for its next value.
fn step(function: &Function, next: Value, counter: Value) -> Option<i64> {
    let ValueDef::Result(inst, _) = function.dfg.value_def(next) else { return None };
    match function.dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } if x == counter => constant(&function.dfg, y),
        InstructionData::Binary { opcode: Opcode::Isub, args: [x, y] } if x == counter => {
            constant(&function.dfg, y).map(i64::wrapping_neg)
        }
        _ => None,
    }
}

/// Exchanges the targets of a branch, which is taken on the opposite condition then.
fn invert(function: &mut Function, branch: Inst) {
    let InstructionData::Brif { arg, .. } = function.dfg.insts[branch] else { return };
    let definition = match function.dfg.value_def(arg) {
        ValueDef::Result(inst, _) => Some(function.dfg.insts[inst]),
        _ => None,
    };
    let mut cursor = FuncCursor::new(function).at_inst(branch);
    let opposite = match definition {
        Some(InstructionData::IntCompare { cond, args: [x, y], .. }) => cursor.ins().icmp(cond.complement(), x, y),
        Some(InstructionData::FloatCompare { cond, args: [x, y], .. }) => cursor.ins().fcmp(cond.complement(), x, y),
        _ => cursor.ins().icmp_imm_u(IntCC::Equal, arg, 0),
    };
    set_condition(function, branch, opposite);
    if let InstructionData::Brif { blocks, .. } = &mut function.dfg.insts[branch] {
        blocks.swap(0, 1);
    }
}

fn set_condition(function: &mut Function, branch: Inst, condition: Value) {
    if let InstructionData::Brif { arg, .. } = &mut function.dfg.insts[branch] {
        *arg = condition;
    }
}
