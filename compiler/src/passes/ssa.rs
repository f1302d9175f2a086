//! Repairs a function after blocks were copied: a value that had one definition then has several, and each use needs the one that
//! reaches it.
//!
//! Where several definitions meet, a block gets a parameter: at the iterated dominance frontier of the definitions, as far as the
//! value is alive there.

use std::collections::{BinaryHeap, HashMap};

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, Value};

/// A block and its copies.
pub struct Family {
    /// A block and what it defines, its parameters and then its instructions' results; the original is the first. A copy uses
    /// its own definitions, not the original's.
    pub members: Vec<(Block, Vec<Value>)>,
}

/// Gives each use of an original's value the definition that reaches it.
///
/// No value may be used through an alias. Blocks must be ended and all edges between them as they stay. The time is in the order
/// of the number of values times the number of edges in the function.
pub fn repair(function: &mut Function, families: &[Family]) {
    let mut uses = uses(function, families);
    if uses.values().all(Vec::is_empty) {
        return;
    }
    let mut repair = Repair::new(function);
    for family in families {
        repair.enter(family);
        for (at, original) in family.members[0].1.iter().enumerate() {
            if let Some(uses) = uses.remove(original)
                && !uses.is_empty()
            {
                repair.variable(family, at, &uses);
            }
        }
    }
}

/// The instructions of other blocks that use the value of an original.
fn uses(function: &Function, families: &[Family]) -> HashMap<Value, Vec<Inst>> {
    let mut uses: HashMap<Value, Vec<Inst>> = HashMap::new();
    let mut home = SecondaryMap::with_default(None);
    for (block, values) in families.iter().map(|family| &family.members[0]) {
        for value in values {
            uses.insert(*value, Vec::new());
            home[*value] = Some(*block);
        }
    }
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            for value in function.dfg.inst_values(inst) {
                if home[value].is_some_and(|home| home != block)
                    && let Some(uses) = uses.get_mut(&value)
                    && uses.last() != Some(&inst)
                {
                    uses.push(inst);
                }
            }
        }
    }
    uses
}

/// A map from blocks that is emptied at once.
struct BlockMap<T: Clone> {
    entries: SecondaryMap<Block, (u32, T)>,
    generation: u32,
}

impl<T: Copy> BlockMap<T> {
    fn new(default: T) -> Self {
        BlockMap { entries: SecondaryMap::with_default((0, default)), generation: 1 }
    }

    fn clear(&mut self) {
        self.generation += 1;
    }

    fn get(&self, block: Block) -> Option<T> {
        let (generation, value) = self.entries[block];
        (generation == self.generation).then_some(value)
    }

    /// Whether there was no entry.
    fn insert(&mut self, block: Block, value: T) -> bool {
        let fresh = self.get(block).is_none();
        self.entries[block] = (self.generation, value);
        fresh
    }
}

struct Repair<'f> {
    function: &'f mut Function,
    cfg: ControlFlowGraph,
    dominators: DominatorTree,
    /// How far a block is from the entry in the tree of dominators.
    level: SecondaryMap<Block, u32>,
    /// Which member of the family a block is.
    member: BlockMap<usize>,
    /// Where definitions of the family meet.
    frontier: BlockMap<()>,
    /// What was seen in the search for these.
    visited: BlockMap<()>,
    /// Where the variable is alive at the start.
    alive: BlockMap<()>,
    /// The variable's value at the start of a block, as far as known.
    at_start: BlockMap<Value>,
}

impl<'f> Repair<'f> {
    fn new(function: &'f mut Function) -> Self {
        let cfg = ControlFlowGraph::with_function(function);
        let dominators = DominatorTree::with_function(function, &cfg);
        let mut level = SecondaryMap::new();
        for block in dominators.cfg_rpo() {
            level[*block] = dominators.idom(*block).map_or(0, |parent| level[parent] + 1);
        }
        Repair {
            function,
            cfg,
            dominators,
            level,
            member: BlockMap::new(0),
            frontier: BlockMap::new(()),
            visited: BlockMap::new(()),
            alive: BlockMap::new(()),
            at_start: BlockMap::new(Value::from_u32(0)),
        }
    }

    /// Finds where the definitions of a family meet: the iterated dominance frontier of its blocks.
    fn enter(&mut self, family: &Family) {
        self.member.clear();
        self.frontier.clear();
        let mut queue = BinaryHeap::new();
        for (at, (block, _)) in family.members.iter().enumerate() {
            self.member.insert(*block, at);
            if self.dominators.is_reachable(*block) {
                queue.push((self.level[*block], *block));
            }
        }
        // The deepest first, so that no block below another needs a second visit.
        self.visited.clear();
        while let Some((level, root)) = queue.pop() {
            if !self.visited.insert(root, ()) {
                continue;
            }
            let mut below = vec![root];
            while let Some(block) = below.pop() {
                for successor in self.cfg.succ_iter(block) {
                    // An edge to a block at the root's level or above leaves what the root dominates.
                    if self.level[successor] <= level && self.frontier.insert(successor, ()) {
                        queue.push((self.level[successor], successor));
                    }
                }
                below.extend(self.dominators.children(block).filter(|child| self.visited.insert(*child, ())));
            }
        }
    }

    /// Repairs the uses of the original's value `at`.
    fn variable(&mut self, family: &Family, at: usize, uses: &[Inst]) {
        let original = family.members[0].1[at];
        let joins = self.joins(uses);
        self.at_start.clear();
        let ty = self.function.dfg.value_type(original);
        for join in &joins {
            let parameter = self.function.dfg.append_block_param(*join, ty);
            self.at_start.insert(*join, parameter);
        }
        for join in joins {
            let edges: Vec<_> = self.cfg.pred_iter(join).map(|edge| (edge.block, edge.inst)).collect();
            for (predecessor, branch) in edges {
                let value = self.at_end(family, at, predecessor);
                self.append_argument(branch, join, value);
            }
        }
        for inst in uses {
            let Some(block) = self.function.layout.inst_block(*inst) else { continue };
            let value = self.at_start(family, at, block);
            self.function.dfg.map_inst_values(*inst, |used| if used == original { value } else { used });
        }
    }

    /// Where definitions meet and the variable is alive.
    fn joins(&mut self, uses: &[Inst]) -> Vec<Block> {
        self.alive.clear();
        let mut joins = Vec::new();
        let mut reached: Vec<Block> = uses.iter().filter_map(|inst| self.function.layout.inst_block(*inst)).collect();
        while let Some(block) = reached.pop() {
            if !self.dominators.is_reachable(block) || !self.alive.insert(block, ()) {
                continue;
            }
            if self.frontier.get(block).is_some() {
                joins.push(block);
            }
            let before = self.cfg.pred_iter(block).map(|edge| edge.block);
            reached.extend(before.filter(|block| self.member.get(*block).is_none()));
        }
        joins
    }

    fn at_end(&mut self, family: &Family, at: usize, block: Block) -> Value {
        match self.member.get(block) {
            Some(member) => family.members[member].1[at],
            None => self.at_start(family, at, block),
        }
    }

    fn at_start(&mut self, family: &Family, at: usize, block: Block) -> Value {
        let mut path = Vec::new();
        let mut current = block;
        let value = loop {
            if let Some(value) = self.at_start.get(current) {
                break value;
            }
            path.push(current);
            // Without a dominator the block is not reachable, and any definition will do.
            let Some(dominator) = self.dominators.idom(current) else { break family.members[0].1[at] };
            if let Some(member) = self.member.get(dominator) {
                break family.members[member].1[at];
            }
            current = dominator;
        };
        for block in path {
            self.at_start.insert(block, value);
        }
        value
    }

    fn append_argument(&mut self, branch: Inst, to: Block, value: Value) {
        let dfg = &mut self.function.dfg;
        for call in dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
            if call.block(&dfg.value_lists) == to {
                call.append_argument(value, &mut dfg.value_lists);
            }
        }
    }
}
