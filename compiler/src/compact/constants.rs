//! Constants that a register has already: instructions take them from there, instead of having four bytes or more of their own. Only
//! what the same block puts into registers is known.

use super::Marks;
use super::flow::{Flow, REGISTERS, Step};
use super::form::{Form, Operand};
use super::instruction::decode;
use super::registers::{Effect, Registers};
use super::rewritten::Rewritten;
use super::slots::Edit;
use super::survey::Bytes;

/// What registers are known to have.
#[derive(Default)]
struct Known([Option<u64>; REGISTERS]);

impl Known {
    /// A register that has a constant, or whose lower 32 bits are it.
    fn register(&self, constant: u64, wide: bool) -> Option<u8> {
        let has = |known: &Option<u64>| {
            known.is_some_and(|known| known == constant || !wide && known as u32 == constant as u32)
        };
        self.0.iter().position(has).map(|register| register as u8)
    }

    fn forget(&mut self, mut registers: Registers) {
        while registers != 0 {
            self.0[registers.trailing_zeros() as usize] = None;
            registers &= registers - 1;
        }
    }
}

/// Adds what becomes of instructions to `edits`, which has what became of them before.
pub fn run(flow: &mut Flow, code: &[u8], marks: &Marks, edits: &mut Vec<(u32, Edit)>) {
    let instructions = Rewritten::of(code, marks, edits);
    for block in 0..flow.blocks.len() {
        let mut known = Known::default();
        for (at, step) in flow.steps_of_mut(block) {
            let new = match (*step, instructions.opcode(*at)) {
                (Step::Other(_) | Step::Use { .. }, Some(0x81 | 0xb8..=0xbf | 0xc7)) => {
                    instructions.bytes((*at, *step)).and_then(|bytes| shorter(&bytes, *step, &known))
                }
                _ => None,
            };
            if let Some((edit, new)) = new {
                edits.push((*at, edit));
                *step = new;
                match new {
                    Step::Move { to, from } => known.0[usize::from(to)] = known.0[usize::from(from)],
                    _ => known.forget(new.effect().writes),
                }
            } else {
                follow(&instructions, *at, step, &mut known);
            }
        }
    }
}

/// Takes note of what a step puts into registers.
fn follow(instructions: &Rewritten, at: u32, step: &Step, known: &mut Known) {
    let effect = step.effect();
    match *step {
        Step::Move { to, from } => known.0[usize::from(to)] = known.0[usize::from(from)],
        Step::Other(_) if effect.writes.count_ones() == 1 && effect.sets == effect.writes && effect.reads == 0 => {
            let register = effect.sets.trailing_zeros() as usize;
            known.0[register] = match instructions.opcode(at) {
                // xor or sub of a register with itself
                Some(0x29 | 0x2b | 0x31 | 0x33) => Some(0),
                Some(0xb8..=0xbf | 0xc7) => instructions.bytes((at, *step)).and_then(|bytes| constant(&bytes)),
                _ => None,
            };
        }
        _ => known.forget(effect.writes),
    }
}

/// The constant that an instruction puts into a register.
fn constant(bytes: &Bytes) -> Option<u64> {
    let instruction = decode(bytes.as_slice())?;
    match (instruction.opcode, bytes.as_slice()) {
        (0xb8..=0xbf, [.., a, b, c, d, e, f, g, h]) if instruction.rex & 8 != 0 => {
            Some(u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))
        }
        (0xb8..=0xbf, [0x40..=0x4f | 0xb8..=0xbf, .., a, b, c, d]) => Some(u32::from_le_bytes([*a, *b, *c, *d]).into()),
        (0xc7, [0x40..=0x4f | 0xc7, .., a, b, c, d]) if instruction.mode() == Some(3) => {
            let constant = i32::from_le_bytes([*a, *b, *c, *d]);
            Some(if instruction.rex & 8 == 0 { u64::from(constant as u32) } else { i64::from(constant) as u64 })
        }
        _ => None,
    }
}

/// An instruction that takes its constant from a register, and its step.
fn shorter(bytes: &Bytes, step: Step, known: &Known) -> Option<(Edit, Step)> {
    let instruction = decode(bytes.as_slice())?;
    if let Some(constant) = constant(bytes) {
        let to = step.effect().sets.trailing_zeros() as u8;
        let from = known.register(constant, true)?;
        if known.0[usize::from(to)] == Some(constant) {
            return Some((Edit::Remove, Step::Nothing));
        }
        let step = Step::Move { to, from };
        // Not for what xor makes as well.
        return (constant != 0).then_some((Edit::Move { to, from }, step));
    }
    let form = Form::of(bytes.as_slice(), &instruction)?;
    let constant = match *form.immediate.as_slice() {
        [a, b, c, d] => i64::from(i32::from_le_bytes([a, b, c, d])) as u64,
        _ => return None,
    };
    let opcode = match (form.prefix, form.map, form.opcode, form.operand) {
        // A byte is as good.
        (0, 0, 0x81, _) if i8::try_from(constant as i64).is_err() => form.reg << 3 | 1,
        (0, 0, 0xc7, Operand::Memory(_)) => 0x89,
        _ => return None,
    };
    let reg = known.register(constant, form.wide)?;
    let new = Form { opcode, reg, immediate: Bytes::default(), has_rex: false, ..form }.encode()?;
    let effect = Effect::of(new.as_slice(), &decode(new.as_slice())?);
    let step = match step {
        Step::Use { slot, wide, .. } => Step::Use { slot, effect, wide },
        _ => Step::Other(effect),
    };
    Some((Edit::Replace(new), step))
}
