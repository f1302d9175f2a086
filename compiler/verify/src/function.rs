//! One function after the other: a fixed point of what is known on entry to each block, then one pass that checks.

use std::collections::{BTreeSet, HashMap};

use iced_x86::Register;

use crate::code::{self, Body};
use crate::counters::Ends;
use crate::image::{Function, Image, Role, Spot};
use crate::machine::{Machine, Outcome};
use crate::state::{REGISTERS, State};
use crate::value::{Place, Value};
use crate::{Finding, Problem, Report};

/// After so many visits bounds are widened.
const WIDEN_AFTER: u32 = 8;

/// After so many visits, nothing that was not known in one of them is known again: names and what is known of them would do so last,
/// as they change with every name that is given before the block.
const MERGE_AFTER: u32 = 40;

/// How often what a loop's own ways brought is forgotten.
const MAX_RESTARTS: u32 = 16;

/// How often bounds that were widened are computed again.
const NARROWINGS: usize = 3;

/// After so many visits of one block, a function is too complex.
const MAX_VISITS: u32 = 300;

/// What functions ask of those that call them.
#[derive(Default)]
pub struct Contracts {
    /// Bytes of arguments that a function takes off the stack when it returns, by its first instruction.
    pub pops: HashMap<Spot, u64>,
    /// The register in which a function gets the address of a place for results, and its size.
    pub areas: HashMap<Spot, (Register, i64)>,
}

/// Checks every function.
pub fn check_all(image: &Image) -> Report {
    let mut report = Report::default();
    let mut bodies = Vec::new();
    let mut contracts = Contracts::default();
    for (number, unit) in image.units.iter().enumerate() {
        for function in &unit.functions {
            let spot = Spot { unit: number, section: unit.text, offset: function.start };
            let body = code::discover(image, unit, spot, function, &mut report.findings);
            if let Some(pops) = body.pops() {
                contracts.pops.insert(spot, pops);
            }
            report.functions += 1;
            report.instructions += body.instructions.len();
            bodies.push((spot, function, body));
        }
    }
    // What functions ask for is known when they are checked; it is asked of their callers then, so these are looked at again.
    let mut asked = Vec::new();
    for (spot, function, body) in &bodies {
        asked.extend(check(image, *spot, function, body, &mut contracts, &mut report));
    }
    for call in asked {
        call.check(&contracts, &mut report);
    }
    report.findings.sort_by_key(|finding| (finding.unit, finding.offset));
    report
}

fn check(
    image: &Image,
    spot: Spot,
    function: &Function,
    body: &Body,
    contracts: &mut Contracts,
    report: &mut Report,
) -> Vec<crate::call::AreaCall> {
    let Some(entry) = body.block_at.get(&function.start).copied() else { return Vec::new() };
    let mut machine = Machine::new(image, spot, function, body, contracts);
    let Some(fixed) = fixed_point(&mut machine, entry, entry_state(image, function, entry)) else {
        report.findings.push(Finding { unit: spot.unit, offset: function.start, problem: Problem::TooComplex });
        return Vec::new();
    };
    let mut outcome = run_checks(&mut machine, &fixed.states);
    if !outcome.findings.is_empty()
        && let Some(states) = narrow(&mut machine, fixed)
    {
        outcome = run_checks(&mut machine, &states);
    }
    report.accesses += outcome.accesses;
    report.findings.extend(outcome.findings);
    for (assumption, count) in outcome.assumptions {
        *report.assumptions.entry(assumption).or_default() += count;
    }
    report.runtime.extend(outcome.runtime);
    if let Some(area) = outcome.area {
        contracts.areas.insert(spot, area);
    }
    outcome.calls
}

/// Runs every block once more, and checks.
fn run_checks(machine: &mut Machine, states: &[Option<State>]) -> Outcome {
    machine.checking = true;
    for (block, state) in states.iter().enumerate() {
        if let Some(state) = state {
            machine.run(block, state.clone());
        }
    }
    machine.checking = false;
    std::mem::take(&mut machine.outcome)
}

/// What is known when a function is entered.
fn entry_state(image: &Image, function: &Function, block: usize) -> State {
    let mut state = State::unknown();
    for register in REGISTERS {
        state.set(register, Value::at(Place::Entry(register), 0));
    }
    state.name_registers(block);
    state.set(Register::RSP, Value::at(Place::Stack, 0));
    state.set_slot(0, 8, Value::at(Place::Return, 0));
    if let Role::Trampoline(_) = function.role {
        state.set(Register::RDI, Value::at(Place::Values, 0));
    }
    if image.instance_size.is_some() {
        state.set(Register::R15, Value::at(Place::Instance, 0));
    }
    state
}

/// What comes into a block: on which way (its block, and which of that block's ways to this one), what is known there, and what
/// registers hold, by the names of the block's own values too.
type Incoming = Vec<((usize, usize), State, Ends)>;

/// What is known before each block, and what comes into it.
struct Fixed {
    states: Vec<Option<State>>,
    incoming: Vec<Incoming>,
    /// Whether bounds were widened.
    widened: bool,
}

/// What is known before each block. At first what a block gets anew on a way replaces what it got there before, so that nothing
/// outdated stays; and where other names come into a loop, what its own ways brought under the old ones is forgotten, and those ways are
/// gone again. Later bounds only grow, so that there is an end.
fn fixed_point(machine: &mut Machine, entry: usize, first: State) -> Option<Fixed> {
    let count = machine.body.blocks.len();
    let mut states: Vec<Option<State>> = vec![None; count];
    let mut incoming: Vec<Incoming> = vec![Vec::new(); count];
    let mut visits = vec![0u32; count];
    let mut restarts = vec![0u32; count];
    // Blocks in address order are nearly in the order of control flow.
    let mut pending = BTreeSet::from([entry]);
    // Blocks that are to be run even if nothing else comes into them: a way from them was forgotten.
    let mut forgotten: BTreeSet<usize> = BTreeSet::new();
    incoming[entry].push(((count, 0), first, Default::default()));
    while let Some(block) = pending.pop_first() {
        let mut state = join(&incoming[block], block, states[block].as_ref());
        if let Some(known) = states[block].as_ref().filter(|_| visits[block] > WIDEN_AFTER) {
            grow(&mut state, known, block, visits[block] > MERGE_AFTER);
            relate_counters(&mut state, &incoming[block], Some(known));
        }
        if states[block].as_ref() == Some(&state) && !forgotten.remove(&block) {
            continue;
        }
        visits[block] += 1;
        if visits[block] > MAX_VISITS {
            return None;
        }
        states[block] = Some(state.clone());
        for (target, renamed) in run(machine, block, state, &mut incoming) {
            pending.insert(target);
            if renamed && block < target && restarts[target] < MAX_RESTARTS {
                let back = |from: usize| from >= target && from < count;
                let ways = incoming[target].iter().filter(|((from, _), ..)| back(*from));
                let sources: Vec<usize> = ways.map(|((from, _), ..)| *from).collect();
                incoming[target].retain(|((from, _), ..)| !back(*from));
                restarts[target] += u32::from(!sources.is_empty());
                pending.extend(&sources);
                forgotten.extend(sources);
            }
        }
    }
    let widened = visits.iter().any(|visits| *visits > WIDEN_AFTER);
    Some(Fixed { states, incoming, widened })
}

/// Widens the bounds of what comes into a block; finally, what is known only becomes less.
fn grow(state: &mut State, known: &State, block: usize, merge: bool) {
    if merge {
        let mut grown = known.clone();
        grown.merge(state, block, true);
        *state = grown;
    } else {
        state.widen(known);
    }
}

/// Runs a block and notes what comes into others; gives those for which that is new, and whether more than bounds is.
fn run(machine: &mut Machine, block: usize, state: State, incoming: &mut [Incoming]) -> Vec<(usize, bool)> {
    let mut targets: Vec<usize> = Vec::new();
    let mut changed = Vec::new();
    for (target, state) in machine.run(block, state) {
        // Ways that a condition rules out at first come in between later, so they are counted by their target.
        let way = targets.iter().filter(|known| **known == target).count();
        targets.push(target);
        let ends = state.ends();
        let state = state.entering(target);
        let known = incoming[target].iter_mut().find(|(from, ..)| *from == (block, way));
        let renamed = match known {
            Some((_, known, held)) if *known == state && *held == ends => continue,
            Some((_, known, held)) => {
                let renamed = !known.is_named_like(&state);
                (*known, *held) = (state, ends);
                renamed
            }
            None => {
                incoming[target].push(((block, way), state, ends));
                true
            }
        };
        changed.push((target, renamed));
    }
    changed
}

/// What is known before each block where bounds were widened further than they had to be. That it is a fixed point is looked at
/// again: nothing comes into a block that is not known before it.
fn narrow(machine: &mut Machine, fixed: Fixed) -> Option<Vec<Option<State>>> {
    let Fixed { mut states, mut incoming, widened } = fixed;
    if !widened {
        return None;
    }
    let blocks: Vec<usize> = (0..states.len()).filter(|block| states[*block].is_some()).collect();
    for _ in 0..NARROWINGS {
        for block in &blocks {
            let state = join(&incoming[*block], *block, states[*block].as_ref());
            states[*block] = Some(state.clone());
            run(machine, *block, state, &mut incoming);
        }
    }
    let is_known = |block: &usize| {
        let coming = join(&incoming[*block], *block, states[*block].as_ref());
        states[*block].as_ref().is_some_and(|state| !state.clone().merge(&coming, *block, false))
    };
    blocks.iter().all(is_known).then_some(states)
}

/// What is known where ways meet, before a block that was entered with what is `known` last.
fn join(incoming: &Incoming, block: usize, known: Option<&State>) -> State {
    let mut ways = incoming.iter().map(|(_, state, _)| state);
    let mut joined = ways.next().cloned().unwrap_or_else(State::unknown);
    for state in ways {
        joined.merge(state, block, false);
    }
    relate_counters(&mut joined, incoming, known);
    joined
}

fn relate_counters(state: &mut State, incoming: &Incoming, known: Option<&State>) {
    if let Some(known) = known.filter(|_| incoming.len() > 1) {
        let ways: Vec<(&State, &Ends)> = incoming.iter().map(|(_, state, ends)| (state, ends)).collect();
        state.relate_counters(&ways, known);
    }
}
