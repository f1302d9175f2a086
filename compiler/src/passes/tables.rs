//! The pass `tables`: a branch through a table with few different targets in a row becomes comparisons, as native compilers make them
//! of such a switch: no table to load from, no jump that is hard to predict, and less code.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Value};

/// Most comparisons that take the place of a table.
const COMPARISONS: usize = 4;

/// Where a branch leads, with arguments.
#[derive(Clone, PartialEq, Debug)]
struct Target {
    block: Block,
    args: Vec<BlockArg>,
}

/// Indices that lead to one target.
#[derive(Clone, PartialEq, Debug)]
struct Run {
    first: i64,
    last: i64,
    target: Target,
}

/// Runs the pass.
pub fn run(function: &mut Function) {
    let blocks: Vec<Block> = function.layout.blocks().collect();
    for block in blocks {
        let Some(inst) = function.layout.last_inst(block) else { continue };
        if let Some((index, runs, default)) = branch(function, inst) {
            compare(function, inst, index, &runs, default);
        }
    }
}

/// The index, the indices that lead elsewhere than all others, and where those lead, if there are few enough.
fn branch(function: &Function, inst: Inst) -> Option<(Value, Vec<Run>, Target)> {
    let InstructionData::BranchTable { arg, table, .. } = function.dfg.insts[inst] else { return None };
    let table = &function.dfg.jump_tables[table];
    let pool = &function.dfg.value_lists;
    let target = |call: &BlockCall| Target { block: call.block(pool), args: call.args(pool).collect() };
    let same = |call: &BlockCall, target: &Target| {
        call.block(pool) == target.block && call.args(pool).eq(target.args.iter().copied())
    };
    let default = target(&table.default_block());
    let mut runs: Vec<Run> = Vec::new();
    for (index, call) in (0..).zip(table.as_slice()) {
        if same(call, &default) {
            continue;
        }
        let full = runs.len() == COMPARISONS;
        match runs.last_mut() {
            Some(run) if run.last == index - 1 && same(call, &run.target) => run.last = index,
            _ if full => return None,
            _ => runs.push(Run { first: index, last: index, target: target(call) }),
        }
    }
    Some((arg, runs, default))
}

/// Puts comparisons of the index in place of a branch through a table.
fn compare(function: &mut Function, inst: Inst, index: Value, runs: &[Run], default: Target) {
    let mut cursor = FuncCursor::new(function).at_inst(inst);
    cursor.use_srcloc(inst);
    let Some(last) = runs.last() else {
        cursor.ins().jump(default.block, &default.args);
        cursor.goto_inst(inst);
        cursor.remove_inst();
        return;
    };
    for run in runs {
        let distance =
            if run.first == 0 || run.first == run.last { index } else { cursor.ins().iadd_imm_s(index, -run.first) };
        let is_inside = if run.first == run.last {
            cursor.ins().icmp_imm_u(IntCC::Equal, index, run.first)
        } else {
            cursor.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, distance, run.last - run.first)
        };
        let Target { block, args } = &run.target;
        if run == last {
            cursor.ins().brif(is_inside, *block, args, default.block, &default.args);
        } else {
            let next = cursor.func.dfg.make_block();
            cursor.ins().brif(is_inside, *block, args, next, &[]);
            cursor.insert_block(next);
        }
    }
    cursor.goto_inst(inst);
    cursor.remove_inst();
}
