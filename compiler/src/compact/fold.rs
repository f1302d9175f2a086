//! Loads become operands of the instruction that uses the value, where that is the only one and nothing between them changes what is
//! loaded. The code generator does so itself, but not for comparisons, which it may make several times, nor where another load
//! is between the two, nor for stack slots.
//!
//! A load moves down only, within its block: not over a call, a store (of a stack slot, if it is one), nor over something that
//! traps in another way. What it traps with goes along with it.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Marks;
use super::direct;
use super::flags::{self, Conditions};
use super::flow::{Flow, Step};
use super::form::Form;
use super::instruction::{Encoding, Instruction, decode};
use super::loaded::Loaded;
use super::registers::{Effect, Registers};
use super::slots::{self, Edit, Live, ROUNDS};
use super::survey::Bytes;

/// Where something is in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// A stack slot that is followed.
    Slot(u8),
    /// The stack, elsewhere.
    Frame,
    /// Elsewhere.
    Other,
}

impl Place {
    fn is_followed(&self) -> bool {
        matches!(self, Place::Slot(_))
    }
}

/// What an instruction does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Nothing.
    None,
    /// It reads.
    Read(Place),
    /// It writes.
    Write(Place),
    /// Anything.
    Unknown,
}

/// A load whose value nobody has used yet.
struct Pending {
    /// Which step of the block it is.
    index: usize,
    loaded: Loaded,
    place: Place,
    /// Where it was that it can trap, and with what.
    trap: Option<(u32, u8)>,
    /// Bytes.
    len: usize,
}

/// A step of a block with what matters here.
struct Item {
    instruction: Instruction,
    form: Option<Form>,
    effect: Effect,
    access: Access,
    /// Bytes.
    len: usize,
}

/// Adds what becomes of instructions to `edits`. Gives where traps went: from and to, in order.
/// `framed` says whether the stack pointer is known, so that stack slots can be told apart.
pub fn run(
    flow: &mut Flow,
    code: &[u8],
    marks: &Marks,
    framed: bool,
    edits: &mut Vec<(u32, Edit)>,
) -> Option<Vec<(u32, u32)>> {
    let live = slots::live(flow)?;
    let mut fold =
        Fold { code, marks, framed, edits, direct: FxHashMap::default(), traps: BTreeMap::new(), conditions: None };
    for (block, end) in live.into_iter().enumerate() {
        fold.block(flow, block, end);
    }
    Some(fold.traps.into_iter().collect())
}

struct Fold<'a> {
    code: &'a [u8],
    marks: &'a Marks,
    framed: bool,
    edits: &'a mut Vec<(u32, Edit)>,
    /// Accesses of symbols that took the place of addresses.
    direct: FxHashMap<u32, Bytes>,
    /// Where traps went.
    traps: BTreeMap<u32, u32>,
    /// The conditions that are asked for of what is known at the start of each block, once that was needed.
    conditions: Option<Vec<Conditions>>,
}

impl Fold<'_> {
    fn block(&mut self, flow: &mut Flow, block: usize, end: Live) {
        let mut steps = flow.steps_of(block).to_vec();
        let mut live = live_after(&steps, end);
        if self.direct(&mut steps, &live) {
            live = live_after(&steps, end);
        }
        let mut pending: Vec<Pending> = Vec::new();
        for index in 0..steps.len() {
            let (at, step) = steps[index];
            if step == Step::Nothing {
                continue;
            }
            let Some(mut item) = self.item(at, &step) else {
                pending.clear();
                continue;
            };
            let mut trap = self.marks.trap_at(at).map(|code| (at, code));
            let user = (0..pending.len()).rev().find_map(|candidate| {
                let folded = self.fold(flow, &steps, (block, index), &item, live[index], &pending[candidate])?;
                Some((candidate, folded))
            });
            if let Some((load, (folded, step))) = user {
                let load = pending.remove(load);
                self.edits.push((steps[load.index].0, Edit::Remove));
                self.edits.push((at, Edit::Replace(folded)));
                if let Some((from, _)) = load.trap {
                    self.traps.insert(from, at);
                    trap = load.trap;
                }
                steps[load.index].1 = Step::Nothing;
                steps[index].1 = step;
                let bytes = folded.as_slice();
                item.instruction = decode(bytes).unwrap_or(item.instruction);
                item.form = Form::of(bytes, &item.instruction);
                item.access = Access::Read(load.place);
                item.len = bytes.len();
            }
            self.forget(&mut pending, &item, trap);
            self.take(&mut pending, &item, index, trap);
        }
        flow.steps_of_mut(block).copy_from_slice(&steps);
    }

    /// Puts accesses of symbols in the place of their addresses. Whether there were any.
    fn direct(&mut self, steps: &mut [(u32, Step)], live: &[Registers]) -> bool {
        let mut any = false;
        for index in 1..steps.len() {
            let [(address, Step::Other(_)), (user, Step::Other(_))] = steps[index - 1..=index] else { continue };
            let Some(bytes) = direct::access(self.code, self.marks, (address, user), live[index]) else { continue };
            let Some(instruction) = decode(bytes.as_slice()) else { continue };
            self.direct.insert(address, bytes);
            self.edits.extend([(address, Edit::ReplaceStart(bytes)), (user, Edit::Remove)]);
            steps[index - 1].1 = Step::Other(Effect::of(bytes.as_slice(), &instruction));
            steps[index].1 = Step::Nothing;
            any = true;
        }
        any
    }

    /// What is at an offset; `None` if it is not understood.
    fn item(&self, at: u32, step: &Step) -> Option<Item> {
        let direct = self.direct.get(&at);
        let bytes = direct.map_or(&self.code[at as usize..], |direct| direct.as_slice());
        let mut instruction = decode(bytes)?;
        let len = instruction.len;
        let (effect, access) = match *step {
            Step::Load { register, slot } => (Effect::load(register), Access::Read(Place::Slot(slot))),
            Step::Store { register, slot } => (Effect::store(register), Access::Write(Place::Slot(slot))),
            Step::Move { to, from } => (Effect::moving(to, from), Access::None),
            Step::Other(effect) => (effect, access(bytes, &instruction, &effect)),
            Step::Use { slot, effect, .. } => (effect, Access::Read(Place::Slot(slot))),
            Step::Nothing => return None,
        };
        let form = match *step {
            // It may have been a load.
            Step::Move { to, from } => {
                let bytes = Edit::Move { to, from }.apply(bytes);
                instruction = decode(bytes.as_slice())?;
                Form::of(bytes.as_slice(), &instruction)
            }
            _ if self.marks.is_relocated(at, len) => None,
            _ => Form::of(bytes, &instruction),
        };
        Some(Item { instruction, form, effect, access, len })
    }

    /// An instruction with a load, if there is one that does the same as both, and as what step.
    fn fold(
        &mut self,
        flow: &Flow,
        steps: &[(u32, Step)],
        (block, index): (usize, usize),
        item: &Item,
        live: Registers,
        load: &Pending,
    ) -> Option<(Bytes, Step)> {
        let register = 1 << load.loaded.register;
        if item.effect.reads & register == 0 || live & !item.effect.sets & register != 0 {
            return None;
        }
        let folded = load.loaded.folded(item.form.as_ref()?)?;
        if folded.conditions != flags::ALL && self.asked(flow, steps, block, index) & !folded.conditions != 0 {
            return None;
        }
        let bytes = folded.form.encode().filter(|bytes| bytes.as_slice().len() <= item.len + load.len)?;
        let effect = Effect::of(bytes.as_slice(), &decode(bytes.as_slice())?);
        let step = match load.place {
            Place::Slot(slot) if folded.is_load && folded.form.wide => Step::Load { register: folded.form.reg, slot },
            Place::Slot(slot) => Step::Use { slot, effect, wide: folded.form.wide && folded.form.opcode != 0x63 },
            Place::Frame | Place::Other => Step::Other(effect),
        };
        Some((bytes, step))
    }

    /// Loads that cannot become operands of anything behind an instruction.
    fn forget(&self, pending: &mut Vec<Pending>, item: &Item, trap: Option<(u32, u8)>) {
        let Effect { reads, writes, .. } = item.effect;
        pending.retain(|load| {
            let changes = match (item.access, load.place) {
                (Access::None, _) => false,
                (Access::Read(place), Place::Other) => place == Place::Other && self.marks.shared,
                (Access::Read(_), _) => false,
                (Access::Write(place), own) if place == own => true,
                (Access::Write(place), own) => self.marks.addressed && ![place, own].iter().any(Place::is_followed),
                (Access::Unknown, _) => true,
            };
            let used = (reads | writes) >> load.loaded.register & 1 == 1;
            let moves = load.loaded.memory.registers() & writes != 0;
            let traps_otherwise = matches!((trap, load.trap), (Some((_, one)), Some((_, other))) if one != other);
            !(changes || used || moves || traps_otherwise)
        });
    }

    /// Takes note of a load.
    fn take(&self, pending: &mut Vec<Pending>, item: &Item, index: usize, trap: Option<(u32, u8)>) {
        let Access::Read(place) = item.access else { return };
        if let Some(loaded) = item.form.as_ref().and_then(Loaded::of)
            && (self.framed || !loaded.memory.is_frame())
        {
            pending.push(Pending { index, loaded, place, trap, len: item.len });
        }
    }

    /// The conditions that are asked for of what is known after a step.
    fn asked(&mut self, flow: &Flow, steps: &[(u32, Step)], block: usize, index: usize) -> Conditions {
        let (asked, through) = asked_by(self.code, &steps[index + 1..]);
        if !through {
            return asked;
        }
        let conditions = self.conditions.get_or_insert_with(|| conditions(flow, self.code));
        flow.successors(block).fold(asked, |asked, successor| asked | conditions[successor])
    }
}

/// The registers that are used after each step of a block.
pub fn live_after(steps: &[(u32, Step)], mut live: Live) -> Vec<Registers> {
    let mut after = vec![0; steps.len()];
    for (index, (_, step)) in steps.iter().enumerate().rev() {
        after[index] = live.registers;
        live.before(step);
    }
    after
}

/// The conditions that steps ask for of what is known before them, and whether that is still known after them.
fn asked_by(code: &[u8], steps: &[(u32, Step)]) -> (Conditions, bool) {
    let mut asked = 0;
    for (at, step) in steps {
        if !matches!(step, Step::Other(_) | Step::Use { .. }) {
            continue;
        }
        let Some(instruction) = decode(&code[*at as usize..]) else { return (flags::ALL, false) };
        asked |= flags::reads(&instruction);
        if flags::sets(&instruction) {
            return (asked, false);
        }
    }
    (asked, true)
}

/// The conditions that are asked for of what is known at the start of each block.
fn conditions(flow: &Flow, code: &[u8]) -> Vec<Conditions> {
    let blocks = 0..flow.blocks.len();
    let own: Vec<_> = blocks.clone().map(|block| asked_by(code, flow.steps_of(block))).collect();
    let mut conditions = vec![0; own.len()];
    for _ in 0..ROUNDS {
        let mut changed = false;
        for block in blocks.clone().rev() {
            let (asked, through) = own[block];
            let later = flow.successors(block).fold(0, |later, successor| later | conditions[successor]);
            let all = asked | if through { later } else { 0 };
            changed |= conditions[block] != all;
            conditions[block] = all;
        }
        if !changed {
            return conditions;
        }
    }
    vec![flags::ALL; own.len()]
}

/// What an instruction that is no step of its own kind does to memory.
pub fn access(bytes: &[u8], instruction: &Instruction, effect: &Effect) -> Access {
    let is_call = instruction.is(0xe8) || instruction.is(0xff) && instruction.reg() == Some(2);
    if is_call || *effect == Effect::UNKNOWN {
        return Access::Unknown;
    }
    let is_address = instruction.is(0x8d) || instruction.map == 1 && instruction.opcode == 0x1f;
    if instruction.mode().is_none_or(|mode| mode == 3) || is_address {
        return Access::None;
    }
    let form = Form::of(bytes, instruction);
    let is_frame = form.as_ref().and_then(Form::memory).is_some_and(|memory| memory.is_frame());
    let place = if is_frame { Place::Frame } else { Place::Other };
    if only_reads(bytes, instruction) { Access::Read(place) } else { Access::Write(place) }
}

/// Whether an instruction with an operand in memory does not write it.
fn only_reads(bytes: &[u8], instruction: &Instruction) -> bool {
    let reg = instruction.reg();
    if instruction.encoding != Encoding::Legacy {
        return false;
    }
    match (instruction.map, instruction.opcode) {
        (0, 0x38..=0x3b | 0x63 | 0x69 | 0x6b | 0x84 | 0x85 | 0x8a | 0x8b) => true,
        (0, opcode @ 0x00..=0x37) => matches!(opcode & 7, 2 | 3),
        (0, 0x80 | 0x81 | 0x83) => reg == Some(7),
        (0, 0xf6 | 0xf7) => !matches!(reg, Some(2 | 3)),
        (0, 0xff) => matches!(reg, Some(2 | 4)),
        (1, 0x10 | 0x12 | 0x14..=0x16 | 0x28 | 0x2a | 0x2c..=0x2f | 0x40..=0x4f | 0x51..=0x76 | 0x7c | 0x7d) => true,
        (1, 0x7e) => bytes[0] == 0xf3,
        (1, 0xa3 | 0xaf | 0xb6..=0xb8 | 0xbc..=0xbf | 0xc2 | 0xc4..=0xc6 | 0xd0..=0xd5) => true,
        (1, 0xd8..=0xe6 | 0xe8..=0xfe) => true,
        _ => false,
    }
}
