//! Random functions, of which random chains are copied, do what they did.

use std::collections::{HashMap, HashSet};

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{
    AbiParam, Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, JumpTableData, MemFlagsData,
    Opcode, Signature, Value, types,
};
use cranelift_codegen::isa::CallConv;
use cranelift_codegen::settings::{self, Flags};
use cranelift_codegen::verify_function;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};

use super::{Copies, can_be_copied};
use crate::passes::{sink, ssa};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

const BLOCKS: usize = 14;
const VARIABLES: usize = 4;
/// How many stores are compared.
const STORES: usize = 200;

/// Blocks that compute with variables, store what they compute, and branch anywhere.
fn function(random: &mut Random) -> Function {
    let mut function = Function::new();
    function.signature = Signature::new(CallConv::SystemV);
    function.signature.params.push(AbiParam::new(types::I32));
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut function, &mut context);
    let blocks: Vec<Block> = (0..BLOCKS).map(|_| builder.create_block()).collect();
    let variables: Vec<Variable> = (0..VARIABLES).map(|_| builder.declare_var(types::I32)).collect();
    builder.append_block_params_for_function_params(blocks[0]);
    for (at, block) in blocks.iter().enumerate() {
        builder.switch_to_block(*block);
        if at == 0 {
            let input = builder.block_params(*block)[0];
            variables.iter().for_each(|variable| builder.def_var(*variable, input));
        }
        for _ in 0..random.below(4) {
            let first = builder.use_var(variables[random.below(VARIABLES)]);
            let second = builder.use_var(variables[random.below(VARIABLES)]);
            let constant = builder.ins().iconst(types::I32, random.below(9) as i64);
            let value = match random.below(4) {
                0 => builder.ins().iadd(first, second),
                1 => builder.ins().isub(first, constant),
                2 => builder.ins().bxor(second, constant),
                _ => constant,
            };
            builder.def_var(variables[random.below(VARIABLES)], value);
            if random.below(3) == 0 {
                builder.ins().store(MemFlagsData::trusted(), value, first, 0);
            }
        }
        end(&mut builder, random, &blocks[1..], variables[at % VARIABLES]);
    }
    builder.seal_all_blocks();
    builder.finalize(cranelift_codegen::isa::TargetFrontendConfig {
        default_call_conv: CallConv::SystemV,
        pointer_width: target_lexicon::PointerWidth::U64,
        page_size_align_log2: 12,
    });
    function
}

/// Ends a block, with a store of what decides.
fn end(builder: &mut FunctionBuilder, random: &mut Random, blocks: &[Block], variable: Variable) {
    let mut target = || blocks[random.below(blocks.len())];
    let targets = [target(), target(), target(), target()];
    let value = builder.use_var(variable);
    builder.ins().store(MemFlagsData::trusted(), value, value, 4);
    match random.below(12) {
        0 => drop(builder.ins().return_(&[])),
        1..=4 => drop(builder.ins().jump(targets[0], &[])),
        5..=8 => drop(builder.ins().brif(value, targets[0], &[], targets[1], &[])),
        _ => {
            let calls = targets.map(|target| builder.func.dfg.block_call(target, &[]));
            let table = builder.create_jump_table(JumpTableData::new(calls[0], &calls[1..]));
            builder.ins().br_table(value, table);
        }
    }
}

/// The first values that are stored when the function runs.
fn stores(function: &Function, input: i32) -> Vec<i32> {
    let mut values: HashMap<Value, i32> = HashMap::new();
    let mut block = function.layout.entry_block().expect("an entry");
    values.insert(function.dfg.block_params(block)[0], input);
    let mut stores = Vec::new();
    for _ in 0..100 * STORES {
        let mut target = None;
        for inst in function.layout.block_insts(block) {
            target = step(function, inst, &mut values, &mut stores);
        }
        let Some(call) = target.filter(|_| stores.len() < STORES) else { break };
        let args: Vec<i32> = call.args(&function.dfg.value_lists).map(|arg| values[&argument(arg)]).collect();
        block = call.block(&function.dfg.value_lists);
        values.extend(function.dfg.block_params(block).iter().copied().zip(args));
    }
    stores.truncate(STORES);
    stores
}

fn argument(arg: BlockArg) -> Value {
    arg.as_value().expect("a value")
}

/// Executes an instruction; gives where a branch goes.
fn step(function: &Function, inst: Inst, values: &mut HashMap<Value, i32>, stores: &mut Vec<i32>) -> Option<BlockCall> {
    let dfg = &function.dfg;
    let args: Vec<i32> = dfg.inst_args(inst).iter().map(|value| values[value]).collect();
    let result = match (dfg.insts[inst], dfg.insts[inst].opcode()) {
        (InstructionData::UnaryImm { imm, .. }, _) => imm.bits() as i32,
        (_, Opcode::Iadd) => args[0].wrapping_add(args[1]),
        (_, Opcode::Isub) => args[0].wrapping_sub(args[1]),
        (_, Opcode::Bxor) => args[0] ^ args[1],
        (_, Opcode::Store) => {
            stores.push(args[0]);
            return None;
        }
        (InstructionData::Jump { destination, .. }, _) => return Some(destination),
        (InstructionData::Brif { blocks, .. }, _) => return Some(blocks[usize::from(args[0] == 0)]),
        (InstructionData::BranchTable { table, .. }, _) => {
            let table = &dfg.jump_tables[table];
            return Some(table.as_slice().get(args[0] as u32 as usize).copied().unwrap_or(table.default_block()));
        }
        (_, Opcode::Return) => return None,
        (_, opcode) => panic!("{opcode}"),
    };
    values.insert(dfg.first_result(inst), result);
    None
}

/// Copies some chains, no two of which share a block, to the ends of some edges.
fn copy_some(function: &mut Function, random: &mut Random) {
    function.dfg.resolve_all_aliases();
    let cfg = ControlFlowGraph::with_function(function);
    let dominators = DominatorTree::with_function(function, &cfg);
    let blocks: Vec<Block> = dominators.cfg_rpo().skip(1).copied().collect();
    if blocks.is_empty() {
        return;
    }
    let mut taken = HashSet::new();
    let mut copies = Vec::new();
    for _ in 0..1 + random.below(3) {
        let mut chain = Vec::new();
        let mut next = Some(blocks[random.below(blocks.len())]);
        while let Some(block) = next.filter(|block| taken.insert(*block)) {
            chain.push(block);
            let successors: Vec<Block> = cfg.succ_iter(block).collect();
            let goes_on = chain.len() < 3 && !successors.is_empty();
            next = goes_on.then(|| successors[random.below(successors.len())]);
        }
        let Some(first) = chain.first() else { continue };
        let predecessors = cfg.pred_iter(*first).map(|edge| edge.block).filter(|block| !chain.contains(block));
        for predecessor in predecessors {
            if random.below(4) > 0 {
                copies.push((predecessor, chain.clone()));
            }
        }
    }
    if random.below(2) == 0 {
        sink::sink(function, &taken, 1 + random.below(6));
    }
    assert!(
        blocks
            .iter()
            .flat_map(|block| function.layout.block_insts(*block))
            .all(|inst| { can_be_copied(function, inst) || function.dfg.insts[inst].opcode() == Opcode::Return })
    );
    let mut copied = Copies::default();
    for (predecessor, chain) in copies {
        copied.copy_chain(function, predecessor, &chain);
    }
    ssa::repair(function, &copied.into_families());
}

#[test]
fn copies_change_nothing() {
    let flags = Flags::new(settings::builder());
    let mut long = 0;
    for seed in 0..1_500 {
        let mut random = Random(seed);
        let mut function = function(&mut random);
        let inputs = [0, 1, 2, 3, 77];
        function.dfg.resolve_all_aliases();
        let before = inputs.map(|input| stores(&function, input));
        let text = function.display().to_string();
        copy_some(&mut function, &mut random);
        if let Err(error) = verify_function(&function, &flags) {
            panic!("seed {seed}: {error}\n{text}became\n{}", function.display());
        }
        let after = inputs.map(|input| stores(&function, input));
        assert!(before == after, "seed {seed}:\n{text}became\n{}", function.display());
        long += usize::from(before.iter().any(|stores| stores.len() > 20));
    }
    assert!(long > 300, "only {long} functions loop");
}
