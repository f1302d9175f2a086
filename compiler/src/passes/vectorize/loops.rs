//! Finds the loops that can be considered: innermost ones that are a chain of blocks with few exits.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, BlockCall, Function, Inst, InstructionData, Value};
use rustc_hash::FxHashMap;

/// Most blocks of a loop.
const MAX_BLOCKS: usize = 8;
/// Most instructions of a loop.
const MAX_INSTS: usize = 256;

/// A loop whose blocks follow each other, with one way back, at its end, and exits anywhere.
#[derive(Clone)]
pub(super) struct Loop {
    /// Where it starts.
    pub(super) header: Block,
    /// Its instructions in order, without branches.
    pub(super) body: Vec<Inst>,
    /// What the header's parameters are in the next iteration.
    pub(super) next: Vec<Value>,
    /// What the parameters of its other blocks are.
    pub(super) forwarded: FxHashMap<Value, Value>,
    /// What decides at each exit whether the loop goes on.
    pub(super) exits: Vec<Exit>,
    /// Which exit a counter decides about.
    pub(super) counted: usize,
    /// Branches to the header from elsewhere.
    pub(super) entries: Vec<Inst>,
}

/// An exit of a loop.
#[derive(Clone, Copy)]
pub(super) struct Exit {
    /// Decides whether the loop goes on.
    pub(super) condition: Value,
    /// It goes on if the condition is this.
    pub(super) continues_if: bool,
}

/// All such loops of a function that have so many exits.
pub(super) fn find(function: &Function, exits: usize) -> Vec<Loop> {
    let mut predecessors: SecondaryMap<Block, u32> = SecondaryMap::new();
    let mut seen: SecondaryMap<Block, bool> = SecondaryMap::new();
    let mut headers = Vec::new();
    for block in function.layout.blocks() {
        seen[block] = true;
        for target in targets(function, block) {
            predecessors[target] += 1;
            if seen[target] {
                headers.push(target);
            }
        }
    }
    headers.sort_unstable();
    headers.dedup();
    let walk = |header| Walk { function, predecessors: &predecessors, header, exits }.chain();
    let mut loops: Vec<(Loop, Inst)> = headers.into_iter().filter_map(walk).collect();
    if loops.is_empty() {
        return Vec::new();
    }
    let by_header: FxHashMap<Block, usize> = loops.iter().enumerate().map(|(at, (it, _))| (it.header, at)).collect();
    for block in function.layout.blocks() {
        let Some(branch) = function.layout.last_inst(block) else { continue };
        for target in targets(function, block) {
            let Some((found, latch)) = by_header.get(&target).and_then(|at| loops.get_mut(*at)) else { continue };
            if *latch != branch && found.entries.last() != Some(&branch) {
                found.entries.push(branch);
            }
        }
    }
    loops.into_iter().map(|(found, _)| found).collect()
}

/// The blocks that a block branches to.
fn targets(function: &Function, block: Block) -> impl Iterator<Item = Block> + '_ {
    let dfg = &function.dfg;
    let branch = function.layout.last_inst(block);
    let calls =
        branch.map_or(&[][..], |inst| dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables));
    calls.iter().map(|call| call.block(&dfg.value_lists))
}

/// Follows a loop from its header.
struct Walk<'a> {
    function: &'a Function,
    predecessors: &'a SecondaryMap<Block, u32>,
    header: Block,
    exits: usize,
}

impl Walk<'_> {
    /// The loop and the branch at its end.
    fn chain(&self) -> Option<(Loop, Inst)> {
        let dfg = &self.function.dfg;
        let mut found = Loop {
            header: self.header,
            body: Vec::new(),
            next: Vec::new(),
            forwarded: FxHashMap::default(),
            exits: Vec::new(),
            counted: 0,
            entries: Vec::new(),
        };
        let mut block = self.header;
        for _ in 0..MAX_BLOCKS {
            let branch = self.function.layout.last_inst(block)?;
            let insts = self.function.layout.block_insts(block).filter(|inst| *inst != branch);
            found.body.extend(insts.take(MAX_INSTS + 1));
            if found.body.len() > MAX_INSTS {
                return None;
            }
            let call = match &dfg.insts[branch] {
                InstructionData::Jump { destination, .. } => destination,
                InstructionData::Brif { arg, blocks, .. } if found.exits.len() < self.exits => {
                    let further = self.exits - found.exits.len() - 1;
                    let stays = [0, 1].map(|at| self.stays(blocks[at], further));
                    if stays[0] == stays[1] {
                        return None;
                    }
                    found.exits.push(Exit { condition: *arg, continues_if: stays[0] });
                    &blocks[usize::from(!stays[0])]
                }
                _ => return None,
            };
            let target = call.block(&dfg.value_lists);
            let arguments = call.args(&dfg.value_lists).map(|argument| argument.as_value());
            let arguments = arguments.collect::<Option<Vec<Value>>>()?;
            if target == self.header {
                found.next = arguments;
                return (found.exits.len() == self.exits).then_some((found, branch));
            }
            if self.predecessors[target] != 1 {
                return None;
            }
            found.forwarded.extend(dfg.block_params(target).iter().copied().zip(arguments));
            block = target;
        }
        None
    }

    /// Whether a branch leads back to the header, past at most so many further exits.
    fn stays(&self, call: BlockCall, exits: usize) -> bool {
        let dfg = &self.function.dfg;
        let mut block = call.block(&dfg.value_lists);
        for _ in 0..MAX_BLOCKS {
            if block == self.header {
                return true;
            }
            if self.predecessors[block] != 1 {
                return false;
            }
            match self.function.layout.last_inst(block).map(|inst| &dfg.insts[inst]) {
                Some(InstructionData::Jump { destination, .. }) => block = destination.block(&dfg.value_lists),
                Some(InstructionData::Brif { blocks, .. }) if exits > 0 => {
                    return blocks.iter().any(|call| self.stays(*call, exits - 1));
                }
                _ => return false,
            }
        }
        false
    }
}
