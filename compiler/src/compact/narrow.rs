//! Values that are moved, loaded and stored with 32 bits instead of 64, which takes no prefix: where the upper half is known to be
//! zero, as instructions of 32 bits leave it, and where nobody looks at it.

use super::flow::{Flow, Step};
use super::slots::{Edit, ROUNDS};

/// A bit for each register and each slot.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Places {
    registers: u16,
    slots: u64,
}

const NONE: Places = Places { registers: 0, slots: 0 };
const ALL: Places = Places { registers: !0, slots: !0 };

impl Places {
    fn set_register(&mut self, register: u8, value: bool) {
        self.registers = self.registers & !(1 << register) | u16::from(value) << register;
    }

    fn set_slot(&mut self, slot: u8, value: bool) {
        self.slots = self.slots & !(1 << slot) | u64::from(value) << slot;
    }

    fn register(&self, register: u8) -> bool {
        self.registers >> register & 1 == 1
    }

    fn slot(&self, slot: u8) -> bool {
        self.slots >> slot & 1 == 1
    }

    /// Goes over a step, knowing whose upper halves are zero. Whether that of the value is which the step loads, stores or moves.
    fn zero_after(&mut self, step: &Step) -> bool {
        match *step {
            Step::Load { register, slot } => {
                let zero = self.slot(slot);
                self.set_register(register, zero);
                zero
            }
            Step::Store { register, slot } => {
                let zero = self.register(register);
                self.set_slot(slot, zero);
                zero
            }
            Step::Move { to, from } => {
                let zero = self.register(from);
                self.set_register(to, zero);
                zero
            }
            Step::Other(effect) | Step::Use { effect, .. } => {
                self.registers = self.registers & !effect.writes | effect.zeroed;
                false
            }
            Step::Nothing => false,
        }
    }

    /// Goes back over a step, knowing whose upper halves matter. Whether the step must take all 64 bits. With `zero`, what it takes
    /// has an upper half of zero, which takes no reading.
    fn wide_before(&mut self, step: &Step, zero: bool) -> bool {
        match *step {
            Step::Load { register, slot } => {
                let wide = self.register(register) && !zero;
                self.set_register(register, false);
                self.slots |= u64::from(wide) << slot;
                wide
            }
            Step::Store { register, slot } => {
                let wide = self.slot(slot);
                self.set_slot(slot, false);
                self.registers |= u16::from(wide) << register;
                wide
            }
            Step::Move { to, from } => {
                let wide = self.register(to) && !zero;
                self.set_register(to, false);
                self.registers |= u16::from(wide) << from;
                wide
            }
            Step::Other(effect) => {
                self.registers = self.registers & !(effect.sets | effect.zeroed) | effect.wide;
                false
            }
            Step::Use { slot, effect, wide } => {
                self.registers = self.registers & !(effect.sets | effect.zeroed) | effect.wide;
                self.slots |= u64::from(wide) << slot;
                false
            }
            Step::Nothing => false,
        }
    }
}

/// Adds what can be narrow to `edits`.
pub fn run(flow: &Flow, edits: &mut Vec<(u32, Edit)>) {
    let Some(zero) = zero(flow) else { return };
    let Some(wide) = wide(flow, &zero) else { return };
    for index in 0..flow.blocks.len() {
        let mut wide = wide[index];
        for ((at, step), zero) in flow.steps_of(index).iter().zip(&zero[flow.range_of(index)]).rev() {
            let gains = match *step {
                Step::Load { .. } | Step::Store { .. } => true,
                // The others have a prefix in any case.
                Step::Move { to, from } => to < 8 && from < 8,
                Step::Other(_) | Step::Use { .. } | Step::Nothing => false,
            };
            if !wide.wide_before(step, *zero) && gains {
                edits.push((*at, Edit::Narrow));
            }
        }
    }
}

/// For each step, whether what it takes has an upper half of zero. `None` if that takes too long to find out.
fn zero(flow: &Flow) -> Option<Vec<bool>> {
    let starts = zero_starts(flow)?;
    let mut all = Vec::with_capacity(flow.size());
    for (index, mut zero) in starts.into_iter().enumerate() {
        all.resize(flow.range_of(index).start, false);
        all.extend(flow.steps_of(index).iter().map(|(_, step)| zero.zero_after(step)));
    }
    Some(all)
}

/// Whose upper halves are zero at the start of each block. `None` if that takes too long to find out.
fn zero_starts(flow: &Flow) -> Option<Vec<Places>> {
    let mut starts = vec![ALL; flow.blocks.len()];
    let mut pending = vec![true; flow.blocks.len()];
    *starts.first_mut()? = NONE;
    let mut changed = true;
    for _ in 0..ROUNDS {
        changed = false;
        for index in 0..flow.blocks.len() {
            if !std::mem::take(&mut pending[index]) {
                continue;
            }
            let mut zero = starts[index];
            flow.steps_of(index).iter().for_each(|(_, step)| _ = zero.zero_after(step));
            for successor in flow.successors(index) {
                let start = &mut starts[successor];
                let both = Places { registers: start.registers & zero.registers, slots: start.slots & zero.slots };
                pending[successor] |= both != *start;
                changed |= both != *start;
                *start = both;
            }
        }
        if !changed {
            break;
        }
    }
    (!changed).then_some(starts)
}

/// Whose upper halves matter at the end of each block. `None` if that takes too long to find out.
fn wide(flow: &Flow, zero: &[bool]) -> Option<Vec<Places>> {
    let mut starts = vec![NONE; flow.blocks.len()];
    let mut ends = starts.clone();
    let mut changed = true;
    for round in 0..ROUNDS {
        changed = false;
        for index in (0..flow.blocks.len()).rev() {
            let mut wide = NONE;
            for successor in flow.successors(index) {
                wide.registers |= starts[successor].registers;
                wide.slots |= starts[successor].slots;
            }
            if round > 0 && wide == ends[index] {
                continue;
            }
            ends[index] = wide;
            for ((_, step), zero) in flow.steps_of(index).iter().zip(&zero[flow.range_of(index)]).rev() {
                wide.wide_before(step, *zero);
            }
            changed |= starts[index] != wide;
            starts[index] = wide;
        }
        if !changed {
            break;
        }
    }
    (!changed).then_some(ends)
}
