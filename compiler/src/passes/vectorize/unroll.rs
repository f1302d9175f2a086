//! Loops over vectors do two iterations in a round. Compilers to wasm make such loops for one vector an iteration, where those to machine
//! code take several: the counter, its comparison and the moves before the next iteration are then needed once for all.
//!
//! As with vectors made here, a guard before the loop computes how many iterations are certain to go on, and at least one is left to the
//! loop as it was. Nothing is moved, so nothing else is asked.

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, Function, Inst, InstBuilder, Opcode, Value};
use rustc_hash::FxHashMap;

use super::emit::Guard;
use super::linear::{Body, Role, Source};
use super::loops::Loop;
use super::trip::{self, Trip};
use crate::passes::copy;

/// Log2 of the iterations in a round.
const ITERATIONS_LOG2: i64 = 1;

/// Fewer rounds are not worth it.
const MIN_ROUNDS: i64 = 2;

/// Most instructions of a loop, without those that cost nothing.
const MAX_INSTS: usize = 40;

/// How a loop is unrolled.
struct Plan {
    trip: Trip,
    roles: Vec<Role>,
    /// The position of the parameter that counts.
    counter: usize,
}

/// Unrolls a loop, if it is one over vectors.
pub(super) fn run(function: &mut Function, chain: &Loop) {
    if let Some(plan) = plan(function, chain) {
        emit(function, chain, &plan);
    }
}

fn plan(function: &Function, chain: &Loop) -> Option<Plan> {
    if !is_over_vectors(function, chain) {
        return None;
    }
    let body = Body::with_others(function, chain);
    let trip = trip::analyze(&body)?;
    let [(counter, 1)] = trip.first.terms[..] else { return None };
    match body.source(counter) {
        Source::Parameter(counter) => Some(Plan { trip, roles: body.roles, counter }),
        _ => None,
    }
}

fn is_over_vectors(function: &Function, chain: &Loop) -> bool {
    let dfg = &function.dfg;
    let is_vector = |value: Value| dfg.value_type(value).is_vector();
    let (mut cost, mut vectors) = (0, false);
    for inst in &chain.body {
        if !copy::can_be_copied(function, *inst) {
            return false;
        }
        match dfg.insts[*inst].opcode() {
            Opcode::Iconst | Opcode::Vconst | Opcode::Bitcast | Opcode::Uextend => continue,
            Opcode::Store => vectors |= is_vector(dfg.inst_args(*inst)[0]),
            _ => vectors |= dfg.inst_results(*inst).iter().any(|result| is_vector(*result)),
        }
        cost += 1;
    }
    vectors && cost <= MAX_INSTS
}

fn emit(function: &mut Function, chain: &Loop, Plan { trip, roles, counter }: &Plan) {
    let mut guard = Guard::new(function, chain);
    let complete = trip.emit(&mut guard);
    let rounds = guard.ins().ushr_imm_u(complete, ITERATIONS_LOG2);
    guard.require_rounds(rounds, MIN_ROUNDS);
    let iterations = guard.ins().ishl_imm_u(rounds, ITERATIONS_LOG2);
    let end = guard.grown(*counter, trip.step, iterations);

    let round = guard.block();
    let arguments = arguments(&guard.arguments);
    guard.ins().jump(round, &arguments);
    guard.cursor.goto_bottom(round);
    let dfg = &mut guard.cursor.func.dfg;
    let types: Vec<_> = guard.arguments.iter().map(|argument| dfg.value_type(*argument)).collect();
    let parameters: Vec<Value> = types.into_iter().map(|ty| dfg.append_block_param(round, ty)).collect();
    let mut current = parameters.clone();
    for _ in 0..1 << ITERATIONS_LOG2 {
        current = iteration(&mut guard, chain, &current);
    }
    // What counts does so by one addition.
    for ((current, parameter), role) in current.iter_mut().zip(parameters).zip(roles) {
        match role {
            Role::Step(0) => *current = parameter,
            Role::Step(step) => *current = guard.ins().iadd_imm_s(parameter, step << ITERATIONS_LOG2),
            Role::Carried(_) | Role::Reduced | Role::Other => {}
        }
    }
    // The counter comes past each number once: it grows by less than 2^32 in all.
    let more = guard.ins().icmp(IntCC::NotEqual, current[*counter], end);
    let next = self::arguments(&current);
    guard.ins().brif(more, round, &next, chain.header, &next);
}

fn arguments(values: &[Value]) -> Vec<BlockArg> {
    values.iter().copied().map(BlockArg::Value).collect()
}

/// Copies the loop's instructions, its parameters being `current`. Gives what they are next.
fn iteration(guard: &mut Guard<'_, '_>, chain: &Loop, current: &[Value]) -> Vec<Value> {
    let parameters = guard.cursor.func.dfg.block_params(chain.header).iter().copied();
    let mut copies: FxHashMap<Value, Value> = parameters.zip(current.iter().copied()).collect();
    for inst in &chain.body {
        copy_instruction(guard, chain, *inst, &mut copies);
    }
    let function = &*guard.cursor.func;
    chain.next.iter().map(|next| copied(function, chain, &copies, *next)).collect()
}

fn copy_instruction(guard: &mut Guard<'_, '_>, chain: &Loop, inst: Inst, copies: &mut FxHashMap<Value, Value>) {
    let function = &mut *guard.cursor.func;
    let args: Vec<Value> = function.dfg.inst_values(inst).collect();
    let args: Vec<(Value, Value)> = args.iter().map(|arg| (*arg, copied(function, chain, copies, *arg))).collect();
    let copy = function.dfg.clone_inst(inst);
    function
        .dfg
        .map_inst_values(copy, |value| args.iter().find(|(arg, _)| *arg == value).map_or(value, |(_, copied)| *copied));
    let results = function.dfg.inst_results(inst).iter().zip(function.dfg.inst_results(copy));
    copies.extend(results.map(|(old, new)| (*old, *new)));
    function.set_srcloc(copy, function.srcloc(inst));
    guard.cursor.insert_inst(copy);
}

/// What a value is in the iteration that is written.
fn copied(function: &Function, chain: &Loop, copies: &FxHashMap<Value, Value>, value: Value) -> Value {
    let mut value = function.dfg.resolve_aliases(value);
    while let Some(next) = chain.forwarded.get(&value) {
        value = function.dfg.resolve_aliases(*next);
    }
    copies.get(&value).copied().unwrap_or(value)
}
