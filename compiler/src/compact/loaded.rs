//! What a register gets from memory, and instructions that can take it from there themselves.

use super::flags::{ALL, COMPARISONS, Conditions, UNSIGNED};
use super::form::{Form, Memory, Operand};
use super::survey::Bytes;

/// How a value is loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// As it is.
    Plain,
    /// Extended from 8 bits.
    Byte { signed: bool },
    /// Extended from 16 bits by zeroes.
    Word,
}

/// A value that a register gets from memory.
#[derive(Clone, Copy, Debug)]
pub struct Loaded {
    /// The register.
    pub register: u8,
    /// The place.
    pub memory: Memory,
    load: Form,
    kind: Kind,
}

/// An instruction that does the same as two, if no other conditions than these are asked for after it.
pub struct Folded {
    /// The instruction.
    pub form: Form,
    /// The conditions.
    pub conditions: Conditions,
    /// Whether it is a load, of another register.
    pub is_load: bool,
}

impl Folded {
    fn exact(form: Form) -> Folded {
        Folded { form, conditions: ALL, is_load: false }
    }
}

impl Loaded {
    /// What an instruction loads, if it is a load.
    pub fn of(load: &Form) -> Option<Loaded> {
        let kind = match (load.prefix, load.map, load.opcode) {
            (0, 0, 0x8b) => Kind::Plain,
            (0, 1, 0xb6) => Kind::Byte { signed: false },
            (0, 1, 0xbe) => Kind::Byte { signed: true },
            (0, 1, 0xb7) => Kind::Word,
            _ => return None,
        };
        Some(Loaded { register: load.reg, memory: *load.memory()?, load: *load, kind })
    }

    /// The load and an instruction that uses the value together, where the register is not used again. What is on the stack may be
    /// loaded in part.
    pub fn folded(&self, user: &Form) -> Option<Folded> {
        let Operand::Register(rm) = user.operand else { return None };
        if let Some(folded) = self.moved(user, rm) {
            return Some(folded);
        }
        match self.kind {
            Kind::Plain => self.plain(user, rm).map(Folded::exact),
            Kind::Byte { signed } => self.byte(user, rm, signed),
            Kind::Word => self.word(user, rm),
        }
    }

    /// Loaded to another register at once.
    fn moved(&self, user: &Form, rm: u8) -> Option<Folded> {
        let (to, from) = match (user.prefix, user.map, user.opcode) {
            (0, 0, 0x89) => (rm, user.reg),
            (0, 0, 0x8b) => (user.reg, rm),
            _ => return None,
        };
        let upper_half = self.load.wide && self.kind != Kind::Word && self.kind != Kind::Byte { signed: false };
        let partial = upper_half && !user.wide;
        if from != self.register || to == from || partial && !self.can_be_partial() {
            return None;
        }
        let form = Form { reg: to, wide: self.load.wide && !partial, has_rex: false, ..self.load };
        Some(Folded { form, conditions: ALL, is_load: true })
    }

    fn can_be_partial(&self) -> bool {
        self.memory.is_frame() && self.kind == Kind::Plain
    }

    /// An instruction with an operand in memory instead of a register.
    fn with(&self, user: &Form, opcode: u8, reg: u8) -> Form {
        Form { opcode, reg, operand: Operand::Memory(self.memory), has_rex: false, ..*user }
    }

    /// A comparison with a number of 8 bits.
    fn compared(&self, prefix: u8, opcode: u8, number: u8) -> Form {
        let operand = Operand::Memory(self.memory);
        let immediate = Bytes::of(&[&[number]]);
        Form { prefix, wide: false, has_rex: false, map: 0, opcode, reg: 7, operand, immediate }
    }

    fn plain(&self, user: &Form, rm: u8) -> Option<Form> {
        let register = self.register;
        let (in_reg, in_rm) = (user.reg == register, rm == register);
        let widths = user.wide == self.load.wide || !user.wide && self.can_be_partial();
        let form = match (user.prefix, user.map, user.opcode) {
            // The register is an extension of the opcode, or the result; neither is a source.
            (0, 0, 0x81 | 0x83) if user.reg == 7 && in_rm && widths => self.with(user, user.opcode, 7),
            (0, 0, 0xf7) if user.reg == 0 && in_rm && widths && !is_short(user) => self.with(user, 0xf7, 0),
            (0, 0, 0x69 | 0x6b) if in_rm && widths => self.with(user, user.opcode, user.reg),
            (0, 0, 0x63) if in_rm && user.wide && (!self.load.wide || self.can_be_partial()) => {
                self.with(user, 0x63, user.reg)
            }
            (0, 0, 0x85) if in_rm && in_reg && widths => {
                Form { immediate: Bytes::of(&[&[0]]), ..self.with(user, 0x83, 7) }
            }
            (0, 0, 0x85) if in_rm && widths => self.with(user, 0x85, user.reg),
            (0, 0, 0x85) if in_reg && widths => self.with(user, 0x85, rm),
            (0, 0, 0x39 | 0x3b) if in_reg && in_rm => return None,
            (0, 0, 0x39 | 0x3b) if in_rm && widths => self.with(user, user.opcode, user.reg),
            (0, 0, 0x39 | 0x3b) if in_reg && widths => self.with(user, user.opcode ^ 2, rm),
            (0, 0, 0x01 | 0x09 | 0x11 | 0x19 | 0x21 | 0x29 | 0x31) if in_reg && !in_rm && widths => {
                self.with(user, user.opcode | 2, rm)
            }
            (0, 0, 0x03 | 0x0b | 0x13 | 0x1b | 0x23 | 0x2b | 0x33) | (0, 1, 0xaf | 0x40..=0x4f)
                if in_rm && !in_reg && widths =>
            {
                self.with(user, user.opcode, user.reg)
            }
            // popcnt, tzcnt, lzcnt; cvtsi2ss, cvtsi2sd; movd, movq
            (0xf3, 1, 0xb8 | 0xbc | 0xbd) if in_rm && !in_reg && widths => self.with(user, user.opcode, user.reg),
            (0xf2 | 0xf3, 1, 0x2a) | (0x66, 1, 0x6e) if in_rm && widths => self.with(user, user.opcode, user.reg),
            _ => return None,
        };
        Some(form)
    }

    fn byte(&self, user: &Form, rm: u8, signed: bool) -> Option<Folded> {
        // Without REX, these numbers are those of other registers of 8 bits.
        let is_low = |register: u8| user.has_rex || !(4..8).contains(&register);
        if rm != self.register || user.prefix != 0 || user.map != 0 || signed && user.wide && !self.load.wide {
            return None;
        }
        let conditions = if signed { COMPARISONS } else { UNSIGNED };
        let folded = match (user.opcode, user.reg) {
            (0x81 | 0x83, 7) => {
                let number = number(user)?;
                let byte = if signed { i8::try_from(number).ok()? as u8 } else { u8::try_from(number).ok()? };
                Folded { conditions, ..Folded::exact(self.compared(0, 0x80, byte)) }
            }
            (0x85, reg) if reg == rm => {
                let conditions = if signed { ALL } else { UNSIGNED };
                Folded { conditions, ..Folded::exact(self.compared(0, 0x80, 0)) }
            }
            (0xf7, 0) => {
                let byte = u8::try_from(number(user)?).ok()?;
                let conditions = if byte < 0x80 { ALL } else { UNSIGNED };
                let form = Form { reg: 0, ..self.compared(0, 0xf6, byte) };
                Folded { conditions, ..Folded::exact(form) }
            }
            (0xf6, 0) | (0x80, 7) if is_low(rm) => Folded::exact(self.with(user, user.opcode, user.reg)),
            (0x84, reg) if reg == rm && is_low(rm) => Folded::exact(self.compared(0, 0x80, 0)),
            _ => return None,
        };
        Some(folded)
    }

    fn word(&self, user: &Form, rm: u8) -> Option<Folded> {
        if rm != self.register || user.prefix != 0 || user.map != 0 {
            return None;
        }
        let number = match (user.opcode, user.reg) {
            (0x81 | 0x83, 7) => number(user)?,
            (0x85, reg) if reg == rm => 0,
            _ => return None,
        };
        let byte = u8::try_from(number).ok().filter(|byte| *byte < 0x80)?;
        Some(Folded { conditions: UNSIGNED, ..Folded::exact(self.compared(0x66, 0x83, byte)) })
    }
}

/// The immediate operand.
fn number(user: &Form) -> Option<i32> {
    match *user.immediate.as_slice() {
        [byte] => Some(i32::from(byte as i8)),
        [a, b, c, d] => Some(i32::from_le_bytes([a, b, c, d])),
        _ => None,
    }
}

/// Whether a test of a register takes no more than an immediate byte.
fn is_short(user: &Form) -> bool {
    number(user).is_some_and(|number| (0..0x80).contains(&number))
}
