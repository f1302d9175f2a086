//! One function after the other: a fixed point of what is known on entry to each block, then one pass that checks.

use std::collections::{BTreeSet, HashMap};

use iced_x86::Register;

use crate::code::{self, Body};
use crate::counters::Steps;
use crate::image::{Function, Image, Role, Spot};
use crate::machine::Machine;
use crate::state::{REGISTERS, State};
use crate::value::{Place, Value};
use crate::{Finding, Problem, Report};

/// After so many visits bounds are widened.
const WIDEN_AFTER: u32 = 8;

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
    let Some(states) = fixed_point(&mut machine, entry, entry_state(image, function, entry)) else {
        report.findings.push(Finding { unit: spot.unit, offset: function.start, problem: Problem::TooComplex });
        return Vec::new();
    };
    machine.checking = true;
    for (block, state) in states.iter().enumerate() {
        if let Some(state) = state {
            machine.run(block, state.clone());
        }
    }
    let outcome = machine.outcome;
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

/// What comes into a block: on which way (its block, and which of that block's ways), what is known there, and what counted since the
/// block was entered last.
type Incoming = Vec<((usize, usize), State, Steps)>;

/// What is known before each block. At first what a block gets anew on a way replaces what it got there before, so that nothing
/// outdated stays; later bounds only grow, so that there is an end.
fn fixed_point(machine: &mut Machine, entry: usize, first: State) -> Option<Vec<Option<State>>> {
    let count = machine.body.blocks.len();
    let mut states: Vec<Option<State>> = vec![None; count];
    let mut incoming: Vec<Incoming> = vec![Vec::new(); count];
    let mut visits = vec![0u32; count];
    // Blocks in address order are nearly in the order of control flow.
    let mut pending = BTreeSet::from([entry]);
    incoming[entry].push(((count, 0), first, [None; 16]));
    while let Some(block) = pending.pop_first() {
        let mut state = join(&incoming[block], block);
        if visits[block] > WIDEN_AFTER
            && let Some(known) = &states[block]
        {
            let mut grown = known.clone();
            grown.merge(&state, block, true);
            relate_counters(&mut grown, &incoming[block]);
            state = grown;
        }
        if states[block].as_ref() == Some(&state) {
            continue;
        }
        visits[block] += 1;
        if visits[block] > MAX_VISITS {
            return None;
        }
        states[block] = Some(state.clone());
        for (way, (target, state)) in machine.run(block, state).into_iter().enumerate() {
            let steps = state.steps(target);
            let state = state.entering(target);
            let known = incoming[target].iter_mut().find(|(from, ..)| *from == (block, way));
            match known {
                Some((_, known, counted)) if *known == state && *counted == steps => continue,
                Some((_, known, counted)) => (*known, *counted) = (state, steps),
                None => incoming[target].push(((block, way), state, steps)),
            }
            pending.insert(target);
        }
    }
    Some(states)
}

/// What is known where ways meet.
fn join(incoming: &Incoming, block: usize) -> State {
    let mut ways = incoming.iter().map(|(_, state, _)| state);
    let mut joined = ways.next().cloned().unwrap_or_else(State::unknown);
    for state in ways {
        joined.merge(state, block, false);
    }
    relate_counters(&mut joined, incoming);
    joined
}

fn relate_counters(state: &mut State, incoming: &Incoming) {
    if incoming.len() > 1 {
        let ways: Vec<(&State, &Steps)> = incoming.iter().map(|(_, state, steps)| (state, steps)).collect();
        state.relate_counters(&ways);
    }
}
