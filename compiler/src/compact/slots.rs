//! Stack slots whose value a register has are not read again, and those that nobody reads are not written. The register allocator
//! stores and loads a value wherever the pieces of its range meet, without looking at what registers hold there.
//!
//! First, forwards, which registers have the value of which slots: a load of such a slot does nothing, or copies a register; a
//! store of such a value does nothing. Then, backwards, what is still used: loads and stores for nobody go.

use super::flow::{Flow, REGISTERS, Step};
use super::registers::FRAME;
use super::survey::Bytes;

/// What becomes of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edit {
    /// Nothing.
    Remove,
    /// A move from this register to that one.
    Move { to: u8, from: u8 },
    /// The same with 32 bits instead of 64, of a load, a store or a move.
    Narrow,
    /// Another one.
    Replace(Bytes),
    /// Another one, of which the last bytes are filled in by the linker as before.
    ReplaceStart(Bytes),
}

impl Edit {
    /// What becomes of an instruction.
    pub fn apply(self, instruction: &[u8]) -> Bytes {
        match self {
            Edit::Remove => Bytes::default(),
            Edit::Move { to, from } => {
                Bytes::of(&[&[0x48 | from >> 3 << 2 | to >> 3, 0x89, 0xc0 | (from & 7) << 3 | to & 7]])
            }
            Edit::Narrow => match instruction[0] & !8 {
                0x40 => Bytes::of(&[&instruction[1..]]),
                rex => Bytes::of(&[&[rex], &instruction[1..]]),
            },
            Edit::Replace(other) | Edit::ReplaceStart(other) => other,
        }
    }
}

/// How often everything is looked at, on average, until nothing changes; beyond, everything stays.
pub const ROUNDS: usize = 12;

/// For each register, a bit for each slot whose value it has.
type Copies = [u64; REGISTERS];

/// Adds what becomes of instructions to `edits`.
pub fn run(flow: &mut Flow, edits: &mut Vec<(u32, Edit)>) -> Option<()> {
    if flow.has_slots {
        let copies = copies(flow)?;
        forward(flow, &copies, edits);
    }
    remove_unused(flow, edits)
}

fn step_copies(step: &Step, state: &mut Copies) {
    match *step {
        Step::Load { register, slot } => {
            let same = state.iter().position(|slots| slots >> slot & 1 == 1);
            state[usize::from(register)] = same.map_or(0, |same| state[same]) | 1 << slot;
        }
        Step::Store { register, slot } => {
            if state[usize::from(register)] >> slot & 1 == 0 {
                state.iter_mut().for_each(|slots| *slots &= !(1 << slot));
                state[usize::from(register)] |= 1 << slot;
            }
        }
        Step::Move { to, from } => state[usize::from(to)] = state[usize::from(from)],
        Step::Other(effect) | Step::Use { effect, .. } => {
            let mut writes = effect.writes;
            while writes != 0 {
                state[writes.trailing_zeros() as usize] = 0;
                writes &= writes - 1;
            }
        }
        Step::Nothing => {}
    }
}

/// Which registers have the values of slots at the start of each block. `None` if that takes too long to find out.
fn copies(flow: &Flow) -> Option<Vec<Copies>> {
    let mut states = vec![[!0; REGISTERS]; flow.blocks.len()];
    let mut pending = vec![false; flow.blocks.len()];
    *states.first_mut()? = [0; REGISTERS];
    pending[0] = true;
    let mut looked_at = 0;
    while pending.contains(&true) {
        for index in 0..flow.blocks.len() {
            if !std::mem::take(&mut pending[index]) {
                continue;
            }
            looked_at += 1 + flow.steps_of(index).len() + flow.successors(index).len();
            if looked_at > ROUNDS * flow.size() {
                return None;
            }
            let mut state = states[index];
            flow.steps_of(index).iter().for_each(|(_, step)| step_copies(step, &mut state));
            for successor in flow.successors(index) {
                let known = &mut states[successor];
                let mut changed = false;
                for (known, slots) in known.iter_mut().zip(state) {
                    changed |= *known & !slots != 0;
                    *known &= slots;
                }
                pending[successor] |= changed;
            }
        }
    }
    Some(states)
}

/// Loads and stores of values that are where they go already.
fn forward(flow: &mut Flow, copies: &[Copies], edits: &mut Vec<(u32, Edit)>) {
    for (index, start) in copies.iter().enumerate() {
        let mut state = *start;
        for (at, step) in flow.steps_of_mut(index) {
            let before = state;
            step_copies(step, &mut state);
            let (register, slot) = match *step {
                Step::Load { register, slot } | Step::Store { register, slot } => (register, slot),
                _ => continue,
            };
            let has = |register: usize| before[register] >> slot & 1 == 1;
            let is_load = matches!(step, Step::Load { .. });
            if has(usize::from(register)) {
                *step = Step::Nothing;
                edits.push((*at, Edit::Remove));
            } else if is_load && let Some(from) = (0..REGISTERS).find(|from| has(*from)) {
                *step = Step::Move { to: register, from: from as u8 };
                edits.push((*at, Edit::Move { to: register, from: from as u8 }));
            }
        }
    }
}

/// What is used later: registers and slots.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Live {
    /// A bit for each register.
    pub registers: u16,
    slots: u64,
}

impl Live {
    fn has(&self, register: u8) -> bool {
        self.registers >> register & 1 == 1
    }

    /// Goes back over a step; whether it is for nothing.
    pub fn before(&mut self, step: &Step) -> bool {
        match *step {
            Step::Load { register, slot } => {
                let used = self.has(register);
                self.registers &= !(1 << register);
                self.slots |= u64::from(used) << slot;
                !used
            }
            Step::Store { register, slot } => {
                let used = self.slots >> slot & 1 == 1;
                self.slots &= !(1 << slot);
                self.registers |= u16::from(used) << register;
                !used
            }
            Step::Move { to, from } => {
                let used = self.has(to);
                self.registers &= !(1 << to);
                self.registers |= u16::from(used) << from;
                !used
            }
            Step::Other(effect) => {
                self.registers = self.registers & !effect.sets | effect.reads;
                false
            }
            Step::Use { slot, effect, .. } => {
                self.registers = self.registers & !effect.sets | effect.reads;
                self.slots |= 1 << slot;
                false
            }
            Step::Nothing => false,
        }
    }
}

/// Loads, moves and stores of what nobody uses.
fn remove_unused(flow: &mut Flow, edits: &mut Vec<(u32, Edit)>) -> Option<()> {
    let live = live(flow)?;
    for (index, end) in live.iter().enumerate() {
        let mut live = *end;
        for (at, step) in flow.steps_of_mut(index).iter_mut().rev() {
            if live.before(step) {
                *step = Step::Nothing;
                edits.push((*at, Edit::Remove));
            }
        }
    }
    Some(())
}

/// What is used at the end of each block. `None` if that takes too long to find out.
pub fn live(flow: &Flow) -> Option<Vec<Live>> {
    let mut starts = vec![Live { registers: FRAME, slots: 0 }; flow.blocks.len()];
    let mut ends = vec![Live::default(); flow.blocks.len()];
    let mut rounds = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for index in (0..flow.blocks.len()).rev() {
            let mut live = Live { registers: FRAME, slots: 0 };
            for successor in flow.successors(index) {
                live.registers |= starts[successor].registers;
                live.slots |= starts[successor].slots;
            }
            if rounds > 0 && live == ends[index] {
                continue;
            }
            ends[index] = live;
            flow.steps_of(index).iter().rev().for_each(|(_, step)| _ = live.before(step));
            live.registers |= FRAME;
            changed |= starts[index] != live;
            starts[index] = live;
        }
        rounds += 1;
        if rounds > ROUNDS {
            return None;
        }
    }
    Some(ends)
}
