//! The pass `dispatch`: an interpreter's loop fetches an instruction and branches on it through a table, and every handler
//! goes back to that one branch. With a copy of the fetch and the branch at the end of each handler, the processor predicts each
//! handler's successor on its own.

use std::collections::HashSet;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, InstructionData, Opcode};
use cranelift_codegen::loop_analysis::{Loop, LoopAnalysis};

use super::copy::{Copies, can_be_copied, definitions};
use super::{sink, ssa};

/// Fewest handlers that are worth it.
const HANDLERS: usize = 5;
/// From how many blocks that use a value on it is computed by the fetch, rather than by each of them.
const OFTEN: usize = 8;
/// Most instructions that are copied at a time.
const CHAIN_INSTRUCTIONS: usize = 40;
/// Most blocks that are copied at a time.
const CHAIN_BLOCKS: usize = 6;
/// Most entries of tables that are added to a function.
const ENTRIES: usize = 1_000;
/// Most instructions that are added to a function.
const INSTRUCTIONS: usize = 1_500;
/// Most tables of one function that are looked at.
const TABLES: usize = 100;
/// Bound of the number of values that get further definitions times the number of edges.
const REPAIRS: usize = 4_000_000;

/// Runs the pass.
pub fn run(function: &mut Function) {
    let tables = branches_through_tables(function);
    if tables.is_empty() {
        return;
    }
    function.dfg.resolve_all_aliases();
    let mut plan = Plan::new(function);
    for (block, entries) in tables {
        plan.table(block, entries);
    }
    if plan.copies.is_empty() {
        return;
    }
    let (mut copies, fetches) = (plan.copies, plan.fetches);
    sink::sink(function, &fetches, OFTEN);
    // A chain that continues another's must be copied while it still does.
    copies.sort_by_key(|(_, chain)| std::cmp::Reverse(chain.blocks.len()));
    let mut copied = Copies::default();
    for (predecessor, chain) in copies {
        copied.copy_chain(function, predecessor, &chain.blocks);
    }
    ssa::repair(function, &copied.into_families());
}

/// The blocks that end in a branch through a table that is large enough, and how many entries each table has.
fn branches_through_tables(function: &Function) -> Vec<(Block, usize)> {
    let table = |block| {
        let data = &function.dfg.insts[function.layout.last_inst(block)?];
        let InstructionData::BranchTable { table, .. } = data else { return None };
        let entries = function.dfg.jump_tables[*table].all_branches().len();
        (HANDLERS..=ENTRIES).contains(&entries).then_some((block, entries))
    };
    function.layout.blocks().filter_map(table).take(TABLES).collect()
}

/// What is to be copied.
struct Plan<'f> {
    function: &'f Function,
    cfg: ControlFlowGraph,
    dominators: DominatorTree,
    loops: LoopAnalysis,
    /// Each a block and a chain whose first block it has an edge to.
    copies: Vec<(Block, Chain)>,
    /// The blocks from a loop's head to its branch.
    fetches: HashSet<Block>,
    /// The blocks of all chains.
    taken: HashSet<Block>,
    /// Entries of tables, instructions and values that may still be copied.
    entries: usize,
    instructions: usize,
    values: usize,
}

/// Blocks of which each has an edge to the next; the last one branches through a table.
#[derive(Clone)]
struct Chain {
    blocks: Vec<Block>,
    instructions: usize,
    entries: usize,
}

impl<'f> Plan<'f> {
    fn new(function: &'f Function) -> Self {
        let cfg = ControlFlowGraph::with_function(function);
        let dominators = DominatorTree::with_function(function, &cfg);
        let mut loops = LoopAnalysis::new();
        loops.compute(function, &cfg, &dominators);
        let edges: usize = function.layout.blocks().map(|block| function.block_successors(block).count()).sum();
        Plan {
            function,
            cfg,
            dominators,
            loops,
            copies: Vec::new(),
            fetches: HashSet::new(),
            taken: HashSet::new(),
            entries: ENTRIES,
            instructions: INSTRUCTIONS,
            values: REPAIRS / edges.max(1),
        }
    }

    /// Plans copies of the branch at the end of `block`, with what comes before it since the start of the loop: all that there
    /// can be, or none if they would make the function too large.
    fn table(&mut self, block: Block, entries: usize) {
        let Some(inside) = self.loops.innermost_loop(block) else { return };
        let Some(chain) = self.chain_to(block, entries, self.loops.loop_header(inside)) else { return };
        let before = (self.copies.len(), self.entries, self.instructions);
        let fetch = chain.blocks.clone();
        let handlers = self.cfg.succ_iter(block).count();
        if handlers < HANDLERS {
            return;
        }
        // Ends that handlers share are copied too, where few handlers go back on their own.
        let with_ends = 2 * self.predecessors(fetch[0], inside).len() < handlers;
        let mut pending = vec![chain];
        let mut fits = true;
        while fits && let Some(chain) = pending.pop() {
            for predecessor in self.predecessors(chain.blocks[0], inside) {
                if fits && !self.taken.contains(&predecessor) {
                    if with_ends {
                        pending.extend(self.lengthen(&chain, predecessor, inside));
                    }
                    fits = self.plan(predecessor, &chain);
                }
            }
        }
        if !fits || self.copies.len() < before.0 + 2 {
            self.copies.truncate(before.0);
            (self.entries, self.instructions) = (before.1, before.2);
            return;
        }
        self.fetches.extend(fetch);
    }

    /// The chain from the loop's head to `block`, if it is short and may be copied.
    fn chain_to(&mut self, block: Block, entries: usize, head: Block) -> Option<Chain> {
        let mut blocks = vec![block];
        let mut first = block;
        while first != head {
            let dominator = self.dominators.idom(first)?;
            if blocks.len() == CHAIN_BLOCKS || !self.cfg.succ_iter(dominator).any(|next| next == first) {
                return None;
            }
            blocks.push(dominator);
            first = dominator;
        }
        blocks.reverse();
        let mut instructions = 0;
        for block in &blocks {
            instructions += self.size(*block, CHAIN_INSTRUCTIONS - instructions)?;
        }
        self.take(&blocks).then_some(Chain { blocks, instructions, entries })
    }

    /// The chain with `predecessor` before it, if that is small and the end of several handlers.
    fn lengthen(&mut self, chain: &Chain, predecessor: Block, inside: Loop) -> Option<Chain> {
        if chain.blocks.len() == CHAIN_BLOCKS || self.predecessors(predecessor, inside).len() < 2 {
            return None;
        }
        let size = self.size(predecessor, CHAIN_INSTRUCTIONS - chain.instructions)?;
        if !self.take(&[predecessor]) {
            return None;
        }
        let mut blocks = vec![predecessor];
        blocks.extend_from_slice(&chain.blocks);
        Some(Chain { blocks, instructions: chain.instructions + size, ..*chain })
    }

    /// The number of instructions of a block, if there are not too many and all may be copied.
    fn size(&self, block: Block, limit: usize) -> Option<usize> {
        let mut insts = self.function.layout.block_insts(block);
        let within = insts
            .by_ref()
            .take(limit)
            .try_fold(0, |count, inst| can_be_copied(self.function, inst).then_some(count + 1));
        within.filter(|_| insts.next().is_none())
    }

    /// Reserves blocks for a chain, if no chain has any of them and there are not too many values.
    fn take(&mut self, blocks: &[Block]) -> bool {
        let values: usize = blocks.iter().map(|block| definitions(self.function, *block).len()).sum();
        if values > self.values || blocks.iter().any(|block| self.taken.contains(block)) {
            return false;
        }
        self.values -= values;
        self.taken.extend(blocks);
        true
    }

    /// The blocks of a loop that end in a jump or a branch on a condition to `block`.
    fn predecessors(&self, block: Block, inside: Loop) -> Vec<Block> {
        let plain = self.cfg.pred_iter(block).filter(|edge| {
            let opcode = self.function.dfg.insts[edge.inst].opcode();
            matches!(opcode, Opcode::Jump | Opcode::Brif) && self.loops.is_in_loop(edge.block, inside)
        });
        plain.map(|edge| edge.block).collect()
    }

    /// Plans a copy of a chain for the edge from a block, if the function has not grown too much.
    fn plan(&mut self, predecessor: Block, chain: &Chain) -> bool {
        let fits = chain.entries <= self.entries && chain.instructions <= self.instructions;
        if fits {
            self.entries -= chain.entries;
            self.instructions -= chain.instructions;
            self.copies.push((predecessor, chain.clone()));
        }
        fits
    }
}
