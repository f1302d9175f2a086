//! Loads of floating-point numbers become operands of the one instruction that uses the number, behind other loads too. The code
//! generator does so itself only where nothing that can trap is between the two. Like those of integers in `fold.rs`, a load moves down
//! only, within its block: not over a call, a store, nor over something that traps in another way.

use rustc_hash::FxHashMap;

use super::Marks;
use super::flow::{Flow, Step};
use super::fold::{Access, Place, access};
use super::form::{Form, Memory, Operand};
use super::instruction::{Instruction, decode};
use super::registers::Effect;
use super::slots::{Edit, ROUNDS};
use super::survey::Bytes;
use super::vector_registers::{VectorEffect, Vectors};

/// A load whose number nobody has used yet.
struct Pending {
    /// Which step of the block it is.
    index: usize,
    /// The register.
    register: u8,
    /// `F2` for 64 bits, `F3` for 32.
    prefix: u8,
    memory: Memory,
    /// The code of its trap, if it can trap.
    trap: Option<u8>,
}

/// A step of a block with what matters here.
struct Item {
    form: Option<Form>,
    effect: Effect,
    vectors: VectorEffect,
    access: Access,
}

/// Adds what becomes of instructions to `edits`, and where traps went to `traps`, from and to. `edits` and `traps` say what became of
/// instructions before.
pub fn run(flow: &mut Flow, code: &[u8], marks: &Marks, edits: &mut Vec<(u32, Edit)>, traps: &mut Vec<(u32, u32)>) {
    let steps = || (0..flow.blocks.len()).flat_map(|block| flow.steps_of(block));
    if !steps().any(|(at, _)| is_load(&code[*at as usize..])) {
        return;
    }
    let replaced = edits.iter().filter_map(|(at, edit)| match edit {
        Edit::Replace(bytes) | Edit::ReplaceStart(bytes) => Some((*at, *bytes)),
        Edit::Remove | Edit::Move { .. } | Edit::Narrow => None,
    });
    let arrived = traps.iter().filter_map(|(from, to)| Some((*to, marks.trap_at(*from)?)));
    let floats = Floats { code, marks, replaced: replaced.collect(), arrived: arrived.collect() };
    let Some(live) = floats.live(flow) else { return };
    for (block, end) in live.into_iter().enumerate() {
        floats.block(flow, block, end, edits, traps);
    }
    traps.sort_unstable();
}

/// Whether an instruction is a load of a floating-point number to a register, or may be one.
fn is_load(bytes: &[u8]) -> bool {
    matches!(bytes, [0xf2 | 0xf3, 0x0f, 0x10, ..] | [0xf2 | 0xf3, 0x40..=0x4f, 0x0f, 0x10, ..])
}

struct Floats<'a> {
    code: &'a [u8],
    marks: &'a Marks,
    /// Instructions that have taken the place of those at offsets.
    replaced: FxHashMap<u32, Bytes>,
    /// The codes of traps that moved to offsets.
    arrived: FxHashMap<u32, u8>,
}

impl Floats<'_> {
    /// What is at an offset now.
    fn decoded(&self, at: u32) -> Option<(&[u8], Instruction)> {
        let bytes = self.replaced.get(&at).map_or(&self.code[at as usize..], Bytes::as_slice);
        Some((bytes, decode(bytes)?))
    }

    fn vectors(&self, at: u32, step: &Step) -> VectorEffect {
        match step {
            Step::Other(_) | Step::Use { .. } => {
                let decoded = self.decoded(at);
                decoded.map_or(VectorEffect::UNKNOWN, |(bytes, instruction)| VectorEffect::of(bytes, &instruction))
            }
            Step::Load { .. } | Step::Store { .. } | Step::Move { .. } | Step::Nothing => VectorEffect::default(),
        }
    }

    /// The vector registers that are used after each block.
    fn live(&self, flow: &Flow) -> Option<Vec<Vectors>> {
        let blocks = flow.blocks.len();
        // What a block reads before it sets it, and what it sets.
        let summary = |block: usize| {
            let backwards = flow.steps_of(block).iter().rev();
            backwards.fold((0, 0), |(reads, sets): (Vectors, Vectors), (at, step)| {
                let effect = self.vectors(*at, step);
                (reads & !effect.sets | effect.reads, sets | effect.sets)
            })
        };
        let summaries: Vec<_> = (0..blocks).map(summary).collect();
        let mut starts: Vec<Vectors> = vec![0; blocks];
        let mut ends: Vec<Vectors> = vec![0; blocks];
        for _ in 0..ROUNDS {
            let mut changed = false;
            for block in (0..blocks).rev() {
                ends[block] = flow.successors(block).fold(0, |live, successor| live | starts[successor]);
                let (reads, sets) = summaries[block];
                let start = ends[block] & !sets | reads;
                changed |= starts[block] != start;
                starts[block] = start;
            }
            if !changed {
                return Some(ends);
            }
        }
        None
    }

    fn block(
        &self,
        flow: &mut Flow,
        block: usize,
        end: Vectors,
        edits: &mut Vec<(u32, Edit)>,
        traps: &mut Vec<(u32, u32)>,
    ) {
        let steps = flow.steps_of_mut(block);
        if !steps.iter().any(|(at, _)| is_load(&self.code[*at as usize..])) {
            return;
        }
        let live = self.live_after(steps, end);
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
            let mut trap = self.marks.trap_at(at).or_else(|| self.arrived.get(&at).copied());
            let user = pending.iter().enumerate().find_map(|(candidate, load)| {
                let folded = load.folded(&item, live[index])?.encode()?;
                Some((candidate, folded))
            });
            if let Some((load, folded)) = user
                && let Some(instruction) = decode(folded.as_slice())
            {
                let load = pending.remove(load);
                let from = steps[load.index].0;
                edits.extend([(from, Edit::Remove), (at, Edit::Replace(folded))]);
                if load.trap.is_some() {
                    traps.push((from, at));
                    trap = load.trap;
                }
                let bytes = folded.as_slice();
                let effect = Effect::of(bytes, &instruction);
                item = Item {
                    form: None,
                    effect,
                    vectors: VectorEffect::of(bytes, &instruction),
                    access: Access::Read(Place::Other),
                };
                steps[load.index].1 = Step::Nothing;
                steps[index].1 = Step::Other(effect);
            }
            self.forget(&mut pending, &item, trap);
            if let Some((register, prefix, memory)) = item.form.as_ref().and_then(load_of) {
                pending.push(Pending { index, register, prefix, memory, trap });
            }
        }
    }

    /// The vector registers that are used after each step of a block.
    fn live_after(&self, steps: &[(u32, Step)], mut live: Vectors) -> Vec<Vectors> {
        let mut after = vec![0; steps.len()];
        for (index, (at, step)) in steps.iter().enumerate().rev() {
            after[index] = live;
            let effect = self.vectors(*at, step);
            live = live & !effect.sets | effect.reads;
        }
        after
    }

    /// What is at an offset; `None` if it is not understood.
    fn item(&self, at: u32, step: &Step) -> Option<Item> {
        let vectors = self.vectors(at, step);
        let (effect, access, form) = match *step {
            Step::Load { register, slot } => (Effect::load(register), Access::Read(Place::Slot(slot)), None),
            Step::Store { register, slot } => (Effect::store(register), Access::Write(Place::Slot(slot)), None),
            Step::Move { to, from } => (Effect::moving(to, from), Access::None, None),
            Step::Other(effect) | Step::Use { effect, .. } => {
                let (bytes, instruction) = self.decoded(at)?;
                let relocated = self.marks.is_relocated(at, instruction.len);
                let form = if relocated { None } else { Form::of(bytes, &instruction) };
                (effect, access(bytes, &instruction, &effect), form)
            }
            Step::Nothing => return None,
        };
        Some(Item { form, effect, vectors, access })
    }

    /// Loads that cannot become operands of anything behind an instruction.
    fn forget(&self, pending: &mut Vec<Pending>, item: &Item, trap: Option<u8>) {
        let VectorEffect { reads, writes, .. } = item.vectors;
        pending.retain(|load| {
            let changes = match item.access {
                Access::None => false,
                Access::Read(Place::Other) => self.marks.shared,
                Access::Read(_) => false,
                Access::Write(Place::Slot(_)) => false,
                Access::Write(Place::Frame) => self.marks.addressed,
                Access::Write(Place::Other) | Access::Unknown => true,
            };
            let used = (reads | writes) >> load.register & 1 == 1;
            let moves = load.memory.registers() & item.effect.writes != 0;
            let traps_otherwise = matches!((trap, load.trap), (Some(one), Some(other)) if one != other);
            !(changes || used || moves || traps_otherwise)
        });
    }
}

/// The register, the prefix and the place, if an instruction is a load of a floating-point number that is not on the stack.
fn load_of(form: &Form) -> Option<(u8, u8, Memory)> {
    let memory = *form.memory()?;
    let is_load = matches!((form.prefix, form.map, form.opcode), (0xf2 | 0xf3, 1, 0x10));
    (is_load && !memory.is_frame()).then_some((form.reg, form.prefix, memory))
}

impl Pending {
    /// The load and an instruction that uses the number together, where nothing of `live` is read again but what it sets.
    fn folded(&self, item: &Item, live: Vectors) -> Option<Form> {
        let user = item.form.as_ref()?;
        if live >> self.register & 1 == 1 || user.operand != Operand::Register(self.register) {
            return None;
        }
        let is_user = match (user.map, user.opcode) {
            // sqrt, add, mul, a conversion, sub, min, div, max. Their result is in another register, of which part stays.
            (1, 0x51 | 0x58..=0x5a | 0x5c..=0x5f) => user.prefix == self.prefix && user.reg != self.register,
            // Conversions to integers.
            (1, 0x2c | 0x2d) => user.prefix == self.prefix,
            // Comparisons.
            (1, 0x2e | 0x2f) if user.reg != self.register => match self.prefix {
                0xf2 => user.prefix == 0x66,
                _ => user.prefix == 0,
            },
            _ => false,
        };
        is_user.then_some(Form { operand: Operand::Memory(self.memory), has_rex: false, ..*user })
    }
}
