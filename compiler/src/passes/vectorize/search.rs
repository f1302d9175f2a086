//! The pass `search`: loops that compare what they load, with something else that they load or with a value, and end when they find a
//! difference or what they look for. They go on by vectors up to where that is, and find it as they were.
//!
//! What such a loop would have loaded before it ends may be less than a vector. So the guard makes sure that all that it may load is
//! inside the memory. It has no other effect, and it runs at least one iteration as it was, so that it ends there.

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{BlockArg, Function, InstBuilder, InstructionData, Opcode, SourceLoc, Type, Value, types};

use super::access::{self, Access, Accesses, Root};
use super::emit::{Guard, check_bounds};
use super::fixed_memory;
use super::linear::{Body, Role, Source};
use super::loops::{self, Loop};
use super::pack::VECTOR_BYTES;
use super::trip::{self, Trip};
use crate::translate::Environment;
use abi::layout::FIXED_MEMORY_BASE;

/// Fewer vectors are not worth it.
const MIN_VECTORS: i64 = 2;

/// What is compared with what is loaded.
#[derive(Clone, Copy)]
enum Other {
    /// It is loaded as well; the loop goes on while both are equal.
    Loaded(usize),
    /// It is this value; the loop goes on while they are not equal.
    Sought(Value),
    /// It is this number; the loop goes on while they are not equal.
    Number(i64),
}

/// What is to become of a loop.
struct Plan {
    trip: Trip,
    steps: Vec<i64>,
    accesses: Accesses,
    /// The position of an access in the list.
    loaded: usize,
    other: Other,
}

/// Changes the loops of a function. Memories that other threads access are left alone.
pub(in crate::passes) fn run(function: &mut Function, env: Environment) {
    if env.facts.threads {
        return;
    }
    for mut chain in loops::find(function, 2) {
        for counted in 0..2 {
            chain.counted = counted;
            if let Some(plan) = plan(function, &chain) {
                emit(function, &chain, &plan, env);
                break;
            }
        }
    }
}

fn plan(function: &Function, chain: &Loop) -> Option<Plan> {
    let body = Body::new(function, chain)?;
    let steps = body.roles.iter().map(|role| match role {
        Role::Step(step) => Some(*step),
        Role::Carried(_) | Role::Reduced | Role::Other => None,
    });
    let steps = steps.collect::<Option<Vec<i64>>>()?;
    let accesses = access::collect(&body, FIXED_MEMORY_BASE as i64)?;
    let adjacent = |access: &Access| {
        let narrow = matches!(access.lane, types::I8 | types::I16 | types::I32);
        narrow && access.stored.is_none() && accesses.groups[access.group].stride == access.size()
    };
    if accesses.list.is_empty() || !accesses.list.iter().all(adjacent) {
        return None;
    }
    let (loaded, other) = comparison(&body, &accesses)?;
    // Every load is one that is compared, so that the guard costs little.
    let compared = if matches!(other, Other::Loaded(_)) { 2 } else { 1 };
    let trip = trip::analyze(&body)?;
    (accesses.list.len() == compared).then_some(Plan { trip, steps, accesses, loaded, other })
}

/// What the exit that no counter decides about compares.
fn comparison(body: &Body<'_>, accesses: &Accesses) -> Option<(usize, Other)> {
    let exit = body.chain.exits[1 - body.chain.counted];
    let mut value = body.resolve(exit.condition);
    if let InstructionData::Unary { opcode: Opcode::Uextend, arg } = body.function.dfg.insts[body.definition(value)?] {
        value = body.resolve(arg);
    }
    let InstructionData::IntCompare { cond, args, .. } = body.function.dfg.insts[body.definition(value)?] else {
        return None;
    };
    let goes_on_if = if exit.continues_if { cond } else { cond.complement() };
    let [x, y] = args.map(|value| body.resolve(value));
    let load = |value| match body.source(value) {
        Source::Body(at) => accesses.at[at],
        _ => None,
    };
    let opcode = |access: usize| body.inst(accesses.list[access].at).opcode();
    match (goes_on_if, load(x), load(y)) {
        (IntCC::Equal, Some(x), Some(y)) if opcode(x) == opcode(y) => Some((x, Other::Loaded(y))),
        // Whatever else is in the bits that are not compared, more is found rather than less.
        (IntCC::NotEqual, Some(x), None) => Some((x, sought(body, y)?)),
        (IntCC::NotEqual, None, Some(y)) => Some((y, sought(body, x)?)),
        _ => None,
    }
}

/// A value that is the same in all iterations.
fn sought(body: &Body<'_>, value: Value) -> Option<Other> {
    match (body.integer(value), body.source(value)) {
        (Some(number), _) => Some(Other::Number(number)),
        (None, Source::Outside) => Some(Other::Sought(value)),
        (None, Source::Parameter(at)) if body.roles[at] == Role::Step(0) => Some(Other::Sought(value)),
        (None, _) => None,
    }
}

fn emit(function: &mut Function, chain: &Loop, plan: &Plan, env: Environment) {
    let symbol = match plan.accesses.root {
        Root::Fixed => fixed_memory(function, env),
        Root::Loaded(symbol, _) => symbol,
    };
    let mut guard = Guard::new(function, chain);
    let lane = plan.accesses.list[plan.loaded].lane;
    let lanes = VECTOR_BYTES / lane.bytes();
    let log2 = i64::from(lanes.trailing_zeros());
    let complete = plan.trip.emit(&mut guard);
    let vectors = guard.ins().ushr_imm_u(complete, log2);
    guard.require_rounds(vectors, MIN_VECTORS);
    let iterations = guard.ins().ishl_imm_u(vectors, log2);
    let starts = check_bounds(&mut guard, &plan.accesses, symbol, iterations);
    let sought = match plan.other {
        Other::Sought(value) => {
            let value = guard.value(value);
            let narrow = guard.cursor.func.dfg.value_type(value) == lane;
            Some(if narrow { value } else { guard.ins().ireduce(lane, value) })
        }
        Other::Number(number) => Some(guard.ins().iconst(lane, number & (-1i64 as u64 >> (64 - lane.bits())) as i64)),
        Other::Loaded(_) => None,
    };
    let sought = sought.map(|value| guard.ins().splat(lane.by(lanes).expect("a vector"), value));

    let (rounds, next, stop) = (guard.block(), guard.block(), guard.block());
    let end = guard.ins().imul_imm_s(iterations, i64::from(lane.bytes()));
    let start = guard.ins().iconst(types::I64, 0);
    guard.ins().jump(rounds, &[BlockArg::Value(start)]);

    guard.cursor.goto_bottom(rounds);
    let counter = guard.cursor.func.dfg.append_block_param(rounds, types::I64);
    let found = compare(&mut guard, chain, plan, &starts, counter, sought);
    guard.ins().brif(found, stop, &[BlockArg::Value(counter)], next, &[]);

    guard.cursor.goto_bottom(next);
    let grown = guard.ins().iadd_imm_s(counter, i64::from(VECTOR_BYTES));
    let more = guard.ins().icmp(IntCC::UnsignedLessThan, grown, end);
    let grown = [BlockArg::Value(grown)];
    guard.ins().brif(more, rounds, &grown, stop, &grown);

    guard.cursor.goto_bottom(stop);
    let bytes = guard.cursor.func.dfg.append_block_param(stop, types::I64);
    let iterations = guard.divided(bytes, i64::from(lane.bytes()));
    let arguments = plan.steps.iter().enumerate().map(|(at, step)| guard.grown(at, *step, iterations));
    let arguments: Vec<BlockArg> = arguments.map(BlockArg::Value).collect();
    guard.ins().jump(chain.header, &arguments);
}

/// Whether the loop ends within a vector.
fn compare(
    guard: &mut Guard<'_, '_>,
    chain: &Loop,
    plan: &Plan,
    starts: &[Value],
    counter: Value,
    sought: Option<Value>,
) -> Value {
    let mut load = |at: usize| -> Value {
        let access = &plan.accesses.list[at];
        let ty: Type = access.lane.by(VECTOR_BYTES / access.lane.bytes()).expect("a vector");
        let base = if matches!(plan.accesses.root, Root::Fixed) { FIXED_MEMORY_BASE as i64 } else { 0 };
        let displacement = i32::try_from(base + access.offset).expect("bounded extents");
        let address = guard.ins().iadd(starts[access.group], counter);
        let location = guard.cursor.func.srcloc(chain.body[access.at]);
        guard.cursor.set_srcloc(location);
        let value = guard.ins().load(ty, access.flags, address, displacement);
        guard.cursor.set_srcloc(SourceLoc::default());
        value
    };
    let x = load(plan.loaded);
    let differs = match (plan.other, sought) {
        (Other::Loaded(other), _) => {
            let y = load(other);
            guard.ins().bxor(x, y)
        }
        (_, Some(sought)) => guard.ins().icmp(IntCC::Equal, x, sought),
        (_, None) => unreachable!("what is sought is a vector"),
    };
    guard.ins().vany_true(differs)
}
