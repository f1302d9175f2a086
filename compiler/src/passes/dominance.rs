//! The walk over the dominator tree on which the passes `addresses` and `ranges` learn, and change instructions by what they know.

use cranelift_codegen::Context;
use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Function};

use super::Pass;
use super::addresses::Addresses;
use super::pairs::Pairs;
use super::ranges::Ranges;
use super::simplify::simplify;
use crate::isa;
use crate::translate::Environment;

enum Step {
    Enter(Block),
    /// With how much was known before.
    Leave(usize, usize),
}

/// Walks through a function.
pub(super) fn run(context: &mut Context, env: Environment) {
    let mut addresses = if env.options.runs(Pass::Addresses) { Addresses::new(env) } else { None };
    if addresses.is_none() && !env.options.runs(Pass::Ranges) {
        return;
    }
    context.flowgraph();
    let Context { func: function, cfg, domtree: tree, .. } = context;
    if env.options.runs(Pass::Pairs) && isa::extends_results(env.isa) {
        addresses.iter_mut().for_each(|addresses| addresses.pairs = Some(Pairs::new(function, cfg, tree)));
    }
    let mut ranges = env.options.runs(Pass::Ranges).then(|| Ranges::new(cfg, tree));
    let children = children(tree);
    let mut work: Vec<Step> = function.layout.entry_block().map(Step::Enter).into_iter().collect();
    while let Some(step) = work.pop() {
        match step {
            Step::Leave(addresses_mark, ranges_mark) => {
                addresses.iter_mut().for_each(|addresses| addresses.forget(addresses_mark));
                ranges.iter_mut().for_each(|ranges| ranges.forget(ranges_mark));
            }
            Step::Enter(block) => {
                let mark = addresses.as_ref().map_or(0, Addresses::mark);
                work.push(Step::Leave(mark, ranges.as_ref().map_or(0, Ranges::mark)));
                work.extend(children[block].iter().map(|child| Step::Enter(*child)));
                visit(function, &mut addresses, &mut ranges, block);
            }
        }
    }
}

/// The children of each block in the dominator tree, the last in reverse postorder first.
fn children(tree: &DominatorTree) -> SecondaryMap<Block, Vec<Block>> {
    let mut children: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
    for block in tree.cfg_postorder() {
        if let Some(parent) = tree.idom(*block) {
            children[parent].push(*block);
        }
    }
    children
}

fn visit(function: &mut Function, addresses: &mut Option<Addresses>, ranges: &mut Option<Ranges>, block: Block) {
    if let Some(ranges) = ranges {
        ranges.enter(function, block);
    }
    let mut next = function.layout.first_inst(block);
    while let Some(inst) = next {
        next = function.layout.next_inst(inst);
        if let Some(ranges) = ranges
            && simplify(function, ranges, inst)
        {
            continue;
        }
        if let Some(addresses) = addresses {
            addresses.visit(function, ranges.as_ref(), inst);
        }
        if let Some(ranges) = ranges {
            if function.dfg.insts[inst].opcode().is_branch() {
                ranges.branch(function, block, inst);
            } else {
                ranges.pass(&function.dfg, inst);
            }
        }
    }
}
