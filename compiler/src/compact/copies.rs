//! Copies of registers that are not needed: what uses the copy can use the original as well, as long as neither changes. The register
//! allocator copies a value wherever an instruction wants it in a certain place, or changes it, or where control flow meets; often
//! the original is still there.
//!
//! A copy goes if all that use it are in its block, can be changed, and do not become longer than it is.

use super::Marks;
use super::flow::{Flow, Step};
use super::fold::live_after;
use super::form::{Form, Operand};
use super::instruction::decode;
use super::registers::{Effect, FRAME, Registers};
use super::rewritten::Rewritten;
use super::slots::{self, Edit};
use super::survey::Bytes;

/// Most steps behind a copy that are looked at.
const DISTANCE: usize = 32;

/// A copy of a register.
#[derive(Clone, Copy)]
struct Duplicate {
    to: u8,
    from: u8,
    /// Whether it is of all 64 bits; the others are zero otherwise.
    wide: bool,
    /// Bytes.
    len: usize,
}

struct Copies<'a> {
    instructions: Rewritten<'a>,
    edits: &'a mut Vec<(u32, Edit)>,
}

/// Adds what becomes of instructions to `edits`, which has what became of them before.
pub fn run(flow: &mut Flow, code: &[u8], marks: &Marks, edits: &mut Vec<(u32, Edit)>) -> Option<()> {
    let live = slots::live(flow)?;
    let mut copies = Copies { instructions: Rewritten::of(code, marks, edits), edits };
    for (block, end) in live.into_iter().enumerate() {
        let mut after = live_after(flow.steps_of(block), end);
        let steps = flow.steps_of_mut(block);
        // The last one first, so that copies of copies become copies of the first.
        for index in (0..steps.len()).rev() {
            copies.remove(steps, &mut after, index);
        }
    }
    Some(())
}

impl Copies<'_> {
    /// Removes a copy, if it is one and can go.
    fn remove(&mut self, steps: &mut [(u32, Step)], after: &mut [Registers], index: usize) {
        let Some(copy) = self.copy(steps[index]) else { return };
        let Some(uses) = self.uses(steps, after, index, copy) else { return };
        if let Some((last, ..)) = uses.last() {
            after[index..*last].iter_mut().for_each(|used| *used |= 1 << copy.from);
        }
        for (index, bytes, step) in uses {
            let at = steps[index].0;
            steps[index].1 = step;
            match step {
                Step::Move { to, from } => self.edits.push((at, Edit::Move { to, from })),
                _ => {
                    self.instructions.replace(at, bytes);
                    self.edits.push((at, Edit::Replace(bytes)));
                }
            }
        }
        self.edits.push((steps[index].0, Edit::Remove));
        steps[index].1 = Step::Nothing;
    }

    fn copy(&self, (at, step): (u32, Step)) -> Option<Duplicate> {
        let copy = match step {
            Step::Move { to, from } => {
                // Half of them are without a prefix in the end.
                Duplicate { to, from, wide: true, len: if to < 8 && from < 8 { 2 } else { 3 } }
            }
            Step::Other(effect) if effect.sets.count_ones() == 1 && effect.reads.count_ones() == 1 => {
                let bytes = self.instructions.bytes((at, step))?;
                let form = Form::of(bytes.as_slice(), &decode(bytes.as_slice())?)?;
                let (to, from) = match (form.prefix, form.map, form.opcode, form.operand) {
                    (0, 0, 0x89, Operand::Register(rm)) => (rm, form.reg),
                    (0, 0, 0x8b, Operand::Register(rm)) => (form.reg, rm),
                    _ => return None,
                };
                Duplicate { to, from, wide: form.wide, len: bytes.as_slice().len() }
            }
            _ => return None,
        };
        let registers: Registers = 1 << copy.to | 1 << copy.from;
        (copy.to != copy.from && registers & FRAME == 0).then_some(copy)
    }

    /// What uses a copy, with the original instead: which steps, and what becomes of them. `None` if the copy must stay.
    fn uses(
        &self,
        steps: &[(u32, Step)],
        after: &[Registers],
        index: usize,
        copy: Duplicate,
    ) -> Option<Vec<(usize, Bytes, Step)>> {
        let (to, from): (Registers, Registers) = (1 << copy.to, 1 << copy.from);
        let mut uses = Vec::new();
        // What becomes longer.
        let mut more = 0;
        for (index, &(at, step)) in steps.iter().enumerate().skip(index + 1).take(DISTANCE) {
            let effect = step.effect();
            if effect.reads & to != 0 {
                if effect.wide & to != 0 && !copy.wide {
                    return None;
                }
                let bytes = self.instructions.bytes((at, step))?;
                let (new, step) = renamed(&bytes, step, effect, copy)?;
                more += new.as_slice().len() as isize - bytes.as_slice().len() as isize;
                uses.push((index, new, step));
            }
            let is_over = effect.sets & to != 0 || after[index] & to == 0;
            if is_over {
                return (more < copy.len as isize).then_some(uses);
            }
            if (effect.writes & (to | from)) != 0 {
                return None;
            }
        }
        None
    }
}

/// An instruction that reads the original, not the copy, and does the same otherwise.
fn renamed(bytes: &Bytes, step: Step, old: Effect, copy: Duplicate) -> Option<(Bytes, Step)> {
    let rename = |register: u8| if register == copy.to { copy.from } else { register };
    match step {
        Step::Move { to, from } => {
            let step = Step::Move { to, from: rename(from) };
            return Some((Edit::Move { to, from: rename(from) }.apply(&[]), step));
        }
        Step::Store { .. } | Step::Other(_) | Step::Use { .. } => {}
        Step::Load { .. } | Step::Nothing => return None,
    }
    let mut form = Form::of(bytes.as_slice(), &decode(bytes.as_slice())?)?;
    if !form.has_rex && byte_operands(&form).any(needs_rex) {
        // It is the second byte of another register, as long as there is no prefix.
        return None;
    }
    let reads_rm = reads_rm(&form);
    if reads_reg(&form) {
        form.reg = rename(form.reg);
    }
    match &mut form.operand {
        Operand::Memory(memory) => {
            memory.base = memory.base.map(rename);
            memory.index = memory.index.map(|(index, scale)| (rename(index), scale));
        }
        Operand::Register(rm) if reads_rm => *rm = rename(*rm),
        Operand::Register(_) => {}
    }
    form.has_rex = byte_operands(&form).any(needs_rex);
    let new = form.encode()?;
    let effect = Effect::of(new.as_slice(), &decode(new.as_slice())?);
    let same = (effect.writes, effect.sets, effect.zeroed) == (old.writes, old.sets, old.zeroed);
    let step = match step {
        Step::Store { register, slot } if rename(register) != register => {
            Step::Store { register: rename(register), slot }
        }
        Step::Use { slot, wide, .. } => Step::Use { slot, effect, wide },
        Step::Other(_) => Step::Other(effect),
        _ => return None,
    };
    (same && effect.reads >> copy.to & 1 == 0).then_some((new, step))
}

/// The registers of 8 bits that an instruction has. Of what is not known, all.
fn byte_operands(form: &Form) -> impl Iterator<Item = u8> + use<> {
    let (reg, rm) = match (form.map, form.opcode) {
        (0, 0x80 | 0xc0 | 0xc6 | 0xd0 | 0xd2 | 0xf6 | 0xfe) => (false, true),
        (0, 0x84 | 0x86 | 0x88 | 0x8a) => (true, true),
        (0, opcode @ 0..0x40) => (opcode & 1 == 0, opcode & 1 == 0),
        (0, _) => (false, false),
        (1, 0x90..=0x9f | 0xb6 | 0xbe) => (false, true),
        (1, 0x10..=0x7f | 0xa3..=0xaf | 0xb7..=0xbd | 0xbf | 0xc2..=0xfe) => (false, false),
        _ => (true, true),
    };
    let rm = match form.operand {
        Operand::Register(register) if rm => Some(register),
        _ => None,
    };
    reg.then_some(form.reg).into_iter().chain(rm)
}

/// Whether a register of 8 bits is named with a prefix only.
fn needs_rex(register: u8) -> bool {
    (4..8).contains(&register)
}

/// Whether ModRM's field reg is a general-purpose register that is read only.
fn reads_reg(form: &Form) -> bool {
    form.map == 0
        && matches!(form.prefix, 0 | 0x66)
        && matches!(
            form.opcode,
            0x01 | 0x09 | 0x11 | 0x19 | 0x21 | 0x29 | 0x31 | 0x39 | 0x3b | 0x84 | 0x85 | 0x88 | 0x89
        )
}

/// Whether the register in ModRM's field r/m is a general-purpose register that is read only.
fn reads_rm(form: &Form) -> bool {
    match (form.map, form.prefix, form.opcode) {
        (
            0,
            0,
            0x03 | 0x0b | 0x13 | 0x1b | 0x23 | 0x2b | 0x33 | 0x39 | 0x3b | 0x63 | 0x69 | 0x6b | 0x84 | 0x85 | 0x8b,
        ) => true,
        (0, 0, 0x81 | 0x83) => form.reg == 7,
        (0, 0, 0xf6) => form.reg == 0,
        (0, 0, 0xf7) => form.reg == 0 || form.reg >= 4,
        (1, 0, 0x40..=0x4f | 0xaf | 0xb6 | 0xb7 | 0xbe | 0xbf) => true,
        // popcnt, tzcnt, lzcnt; cvtsi2ss, cvtsi2sd; movd, movq
        (1, 0xf3, 0x2a | 0xb8 | 0xbc | 0xbd) | (1, 0xf2, 0x2a) | (1, 0x66, 0x6e) => true,
        _ => false,
    }
}
