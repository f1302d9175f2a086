//! What is known before an instruction: of registers, stack slots, flags, and how values compare with lengths.

use std::collections::BTreeMap;

use iced_x86::Register;

use crate::derived::Derived;
use crate::value::{Id, Place, Sum, Value};

/// The general registers, in the order of their numbers.
pub const REGISTERS: [Register; 16] = [
    Register::RAX,
    Register::RCX,
    Register::RDX,
    Register::RBX,
    Register::RSP,
    Register::RBP,
    Register::RSI,
    Register::RDI,
    Register::R8,
    Register::R9,
    Register::R10,
    Register::R11,
    Register::R12,
    Register::R13,
    Register::R14,
    Register::R15,
];

/// Registers that a callee leaves as they were.
pub const PRESERVED: [Register; 6] =
    [Register::RBX, Register::RBP, Register::R12, Register::R13, Register::R14, Register::R15];

/// Values at joins are numbered from here on: first registers, then slots by their offset.
const JOINED: u32 = 1 << 31;

/// The most slots that are tracked in a frame.
const MAX_SLOTS: usize = 4096;

/// The last comparison.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Flags {
    /// Nothing is known.
    Unknown,
    /// Those of `a - b`, with so many bits.
    Compared(Value, Value, u32),
    /// Those of `a & b`, with so many bits.
    Tested(Value, Value, u32),
    /// Those of a sum of 64 bits: the carry says whether it wrapped. The location and value of the sum.
    Added(Value),
}

/// Something that is read from the program's data and compared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Origin {
    /// The size of the memory whose structure is this item.
    MemoryLength(u32),
    /// The size of the table whose structure is this item.
    TableLength(u32),
    /// The length of the array whose offset in the heap is this value.
    ArrayLength(Id),
    /// The length of a segment: the item of lengths, and the offset there.
    SegmentLength(u32, i64),
    /// The type of the element of a static table, the item, at the index that is the sum.
    ElementType(u32, Sum),
    /// The type that a function has to which an unknown reference, this value, refers.
    ReferenceType(Id),
    /// Nothing is read, it is 0.
    Zero,
    /// A number of 64 bits times a constant, divided by 2^(64 + `shift`) and rounded down.
    Quotient {
        /// The number.
        of: Id,
        /// The constant.
        factor: u64,
        /// What the upper half was shifted by.
        shift: u8,
    },
    /// The largest multiple of `divisor` that is not above a number of 64 bits.
    Multiple {
        /// The number.
        of: Id,
        /// The divisor, above 0.
        divisor: i64,
    },
}

impl Origin {
    fn is_of(self, block: usize) -> bool {
        match self {
            Origin::ArrayLength(id) | Origin::ReferenceType(id) => id.is_of(block),
            Origin::Quotient { of, .. } | Origin::Multiple { of, .. } => of.is_of(block),
            Origin::ElementType(_, sum) => sum.a.is_of(block) || sum.b.is_of(block),
            _ => false,
        }
    }
}

/// That `sum` is not above the length that `of` stands for; or that a type is the right one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fact {
    /// What is compared; without wrapping if its constant is not below `from`.
    pub sum: Sum,
    /// The sum with this constant was compared as a number of 64 bits, without a sign. What is between that and `sum` does not wrap.
    pub from: i64,
    /// With what.
    pub of: Origin,
}

/// What is known.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    registers: [Value; 16],
    /// The most that a byte of each vector register can be.
    vectors: [u8; 32],
    /// Slots of 8 bytes (or less, zero-extended, as the size says) by their distance from the stack pointer at entry.
    slots: BTreeMap<i64, (Value, u8)>,
    /// The flags.
    pub flags: Flags,
    facts: Vec<Fact>,
    /// Sums of 64 bits that did not wrap.
    exact: Vec<Sum>,
    /// Where values come from.
    origins: Vec<(Id, Origin)>,
    /// Bounds of values that conditions gave, the low halves of others among them.
    low: Vec<(Id, i64, i64)>,
    /// How values follow from others.
    derived: Vec<Derived>,
}

impl State {
    /// Nothing is known.
    pub fn unknown() -> State {
        State {
            registers: [Value::ANY; 16],
            vectors: [u8::MAX; 32],
            slots: BTreeMap::new(),
            flags: Flags::Unknown,
            facts: Vec::new(),
            exact: Vec::new(),
            origins: Vec::new(),
            low: Vec::new(),
            derived: Vec::new(),
        }
    }

    /// A register's value, all 64 bits of it.
    pub fn register(&self, register: Register) -> Value {
        self.registers[register.full_register().number()]
    }

    /// Sets a register.
    pub fn set(&mut self, register: Register, value: Value) {
        self.registers[register.full_register().number()] = value;
    }

    /// The most that a byte of a vector register can be.
    pub fn vector(&self, register: Register) -> u8 {
        self.vectors[register.number() % 32]
    }

    /// Sets that.
    pub fn set_vector(&mut self, register: Register, bound: u8) {
        self.vectors[register.number() % 32] = bound;
    }

    /// What was stored in a slot, if that is known.
    pub fn slot(&self, offset: i64, size: u8) -> Option<Value> {
        self.slots.get(&offset).filter(|(_, stored)| *stored == size).map(|(value, _)| *value)
    }

    /// Stores to the stack.
    pub fn set_slot(&mut self, offset: i64, size: u8, value: Value) {
        self.forget_slots(offset, offset + i64::from(size));
        if !value.is_any() && self.slots.len() < MAX_SLOTS {
            self.slots.insert(offset, (value, size));
        }
    }

    /// Forgets what the stack holds between two offsets.
    pub fn forget_slots(&mut self, from: i64, to: i64) {
        let overlapping =
            self.slots.range(from.saturating_sub(7)..to).filter(|(at, (_, size))| **at + i64::from(*size) > from);
        let overlapping: Vec<i64> = overlapping.map(|(at, _)| *at).collect();
        for at in overlapping {
            self.slots.remove(&at);
        }
    }

    /// The first slot from an offset on that holds what was saved on entry.
    pub fn lowest_saved(&self, from: i64) -> i64 {
        let saved = |value: &Value| matches!(value.place, Place::Entry(_) | Place::Return);
        self.slots.range(from..).find(|(_, (value, _))| saved(value)).map_or(from, |(at, _)| *at)
    }

    /// Notes that a sum is not above a length.
    pub fn learn(&mut self, fact: Fact) {
        if !self.facts.contains(&fact) {
            remember(&mut self.facts, fact);
        }
    }

    /// Whether a fact is known.
    pub fn knows(&self, fact: Fact) -> bool {
        self.facts.contains(&fact)
    }

    /// Notes where a value comes from.
    pub fn set_origin(&mut self, id: Id, origin: Origin) {
        if id.is_some() && !self.origins.contains(&(id, origin)) {
            remember(&mut self.origins, (id, origin));
        }
    }

    /// Where a value comes from; one that is the length of several arrays comes from all of them.
    pub fn origins(&self, id: Id) -> impl Iterator<Item = Origin> + '_ {
        self.origins.iter().filter(move |(of, _)| id.is_some() && *of == id).map(|(_, origin)| *origin)
    }

    /// Notes how a value follows from another one.
    pub fn derive(&mut self, derived: Derived) {
        if derived.value.is_some() && derived.of.is_some() && !self.derived.contains(&derived) {
            remember(&mut self.derived, derived);
        }
    }

    /// How values follow from others.
    pub fn derived(&self) -> &[Derived] {
        &self.derived
    }

    /// The low 32 bits of a value.
    pub fn low(&self, value: &Value) -> Value {
        let low = value.low();
        match self.low.iter().find(|(id, ..)| low.id.is_some() && *id == low.id) {
            Some((_, lo, hi)) => Value { lo: low.lo.max(*lo), hi: low.hi.min(*hi), ..low },
            None => low,
        }
    }

    /// How many bytes or elements beyond `sum` are known to be within a length.
    pub fn room(&self, sum: Sum, of: Origin) -> Option<i64> {
        let like = |fact: &&Fact| fact.of == of && fact.from <= sum.c && Sum { c: sum.c, ..fact.sum } == sum;
        self.facts.iter().filter(like).map(|fact| fact.sum.c - sum.c).max()
    }

    /// Notes that a sum did not wrap.
    pub fn learn_exact(&mut self, sum: Sum) {
        if sum.is_some() && !self.exact.contains(&sum) {
            remember(&mut self.exact, sum);
        }
    }

    /// Whether a sum is known not to have wrapped.
    pub fn is_exact(&self, sum: Sum) -> bool {
        self.exact.contains(&sum)
    }

    /// Bounds the value with a name, wherever it is.
    pub fn bound_named(&mut self, id: Id, lo: i64, hi: i64) {
        if !id.is_some() {
            return;
        }
        let slots = self.slots.values_mut().map(|(value, _)| value);
        for value in self.registers.iter_mut().chain(slots).filter(|value| value.id == id) {
            match value.place {
                Place::Number => (value.lo, value.hi) = (value.lo.max(lo), value.hi.min(hi)),
                Place::Entry(_) if value.lo == 0 && value.hi == 0 => *value = Value { id, ..Value::between(lo, hi) },
                _ => {}
            }
        }
        let (mut lo, mut hi) = (lo, hi);
        if let Some(at) = self.low.iter().position(|(of, ..)| *of == id) {
            let (_, least, most) = self.low.swap_remove(at);
            (lo, hi) = (lo.max(least), hi.min(most));
        }
        remember(&mut self.low, (id, lo, hi));
        self.bound_multiples(id, lo, hi);
    }

    /// What is a multiple of a value that was bounded, plus a constant, is so too.
    fn bound_multiples(&mut self, id: Id, lo: i64, hi: i64) {
        let slots = self.slots.values_mut().map(|(value, _)| value);
        for value in self.registers.iter_mut().chain(slots) {
            let (sum, shift) = (value.sum, u32::from(value.sum.shift));
            let single = sum.a == id && !sum.b.is_some() || sum.b == id && !sum.a.is_some();
            let scaled = |number: i64| number.checked_mul(1 << shift)?.checked_add(sum.c);
            if single
                && value.place == Place::Number
                && lo >= 0
                && let (Some(least), Some(most)) = (scaled(lo), scaled(hi))
                && least >= 0
            {
                (value.lo, value.hi, value.exact) = (value.lo.max(least), value.hi.min(most), true);
            }
        }
    }

    /// Whether a sum of values is what it is without wrapping, as a number with a sign, as none of them is negative.
    pub fn is_plain(&self, sum: Sum) -> bool {
        let bounds = |id: Id| if id.is_some() { self.bounds(id) } else { Some((0, 0)) };
        let (Some((least_a, most_a)), Some((least_b, most_b))) = (bounds(sum.a), bounds(sum.b)) else { return false };
        let total = most_b.checked_mul(1 << sum.shift).and_then(|b| b.checked_add(most_a));
        least_a >= 0 && least_b >= 0 && total.is_some_and(|total| total.checked_add(sum.c).is_some())
    }

    /// The same value with what has been learnt since about the values that it is the sum of.
    pub fn refreshed(&self, value: &Value) -> Value {
        let sum = value.sum;
        if value.exact || !sum.is_some() {
            return *value;
        }
        let bounds = |id: Id| if id.is_some() { self.bounds(id) } else { Some((0, 0)) };
        let (Some((least_a, most_a)), Some((least_b, most_b))) = (bounds(sum.a), bounds(sum.b)) else { return *value };
        let total = |a: i64, b: i64| b.checked_mul(1 << sum.shift)?.checked_add(a)?.checked_add(sum.c);
        match (total(least_a, least_b), total(most_a, most_b)) {
            (Some(lo), Some(hi)) if lo >= 0 && least_a >= 0 && least_b >= 0 => {
                Value { lo: value.lo.max(lo), hi: value.hi.min(hi), exact: true, ..*value }
            }
            _ => *value,
        }
    }

    /// Bounds every location that holds a sum.
    pub fn bound_sum(&mut self, sum: Sum, hi: i64) {
        let slots = self.slots.values_mut().map(|(value, _)| value);
        let like =
            self.registers.iter_mut().chain(slots).filter(|value| value.sum == sum && value.place == Place::Number);
        like.for_each(|value| value.hi = value.hi.min(hi));
    }

    /// Bounds of the value with a name, if a location holds it.
    pub fn bounds(&self, id: Id) -> Option<(i64, i64)> {
        let slots = self.slots.values().map(|(value, _)| value);
        let found = self.registers.iter().chain(slots).find(|value| value.id == id && value.place == Place::Number);
        let known = self.low.iter().find(|(of, ..)| *of == id).map(|(_, lo, hi)| (*lo, *hi));
        found.map(|value| (value.lo, value.hi)).or(known)
    }

    /// Forgets addresses that a call may change.
    pub fn after_call(&mut self, is_stale: impl Fn(Place) -> bool) {
        self.vectors = [u8::MAX; 32];
        self.flags = Flags::Unknown;
        let forget = |value: &mut Value| {
            if is_stale(value.place) {
                *value = Value::ANY;
            }
        };
        self.registers.iter_mut().for_each(forget);
        self.slots.retain(|_, (value, _)| !is_stale(value.place));
    }

    /// As it is on entering a block: names of that block's values mean those that it makes next.
    pub fn entering(mut self, block: usize) -> State {
        let clear = |value: &mut Value| {
            if value.id.is_of(block) {
                value.id = Id::NONE;
            }
            if value.sum.a.is_of(block) || value.sum.b.is_of(block) {
                value.sum = Sum::default();
            }
        };
        self.registers.iter_mut().for_each(clear);
        self.slots.values_mut().for_each(|(value, _)| clear(value));
        self.facts.retain(|fact| !fact.of.is_of(block) && !fact.sum.a.is_of(block) && !fact.sum.b.is_of(block));
        self.origins.retain(|(id, origin)| !id.is_of(block) && !origin.is_of(block));
        self.low.retain(|(id, ..)| !id.is_of(block));
        self.exact.retain(|sum| !sum.a.is_of(block) && !sum.b.is_of(block));
        self.derived.retain(|derived| !derived.value.is_of(block) && !derived.of.is_of(block));
        self.flags = Flags::Unknown;
        self
    }

    /// Adds another way to a block; says whether anything changed. `widen`: there have been many.
    pub fn merge(&mut self, other: &State, block: usize, widen: bool) -> bool {
        let mut changed = false;
        // Locations that hold the same value as one another on both ways do so here too.
        let mut names: BTreeMap<(Id, Id), Id> = BTreeMap::new();
        let mut name = |value: &Value, incoming: &Value, n: u32| match (value.id, incoming.id) {
            (Id::NONE, _) | (_, Id::NONE) => Id::new(block, JOINED | n),
            both => *names.entry(both).or_insert(Id::new(block, JOINED | n)),
        };
        for at in 0..16 {
            let id = name(&self.registers[at], &other.registers[at], at as u32);
            changed |= merge_value(&mut self.registers[at], &other.registers[at], id, widen);
        }
        for (known, incoming) in self.vectors.iter_mut().zip(&other.vectors) {
            changed |= *known < *incoming;
            *known = (*known).max(*incoming);
        }
        self.slots.retain(|at, (value, size)| {
            let Some((incoming, _)) = other.slots.get(at).filter(|(_, stored)| stored == size) else {
                changed = true;
                return false;
            };
            let id = name(value, incoming, 16 + (*at as u32 & 0x0fff_ffff));
            changed |= merge_value(value, incoming, id, widen);
            !value.is_any()
        });
        let size = |state: &State| {
            let others = state.origins.len() + state.low.len() + state.derived.len();
            state.facts.len() + state.exact.len() + others
        };
        let before = size(self);
        self.facts.retain(|fact| {
            let like = |theirs: &Fact| {
                theirs.of == fact.of && Sum { c: fact.sum.c, ..theirs.sum } == fact.sum && theirs.sum.c >= fact.sum.c
            };
            other.facts.iter().any(|theirs| like(theirs) && theirs.from <= fact.from)
        });
        self.exact.retain(|sum| other.exact.contains(sum));
        self.origins.retain(|origin| other.origins.contains(origin));
        self.derived.retain(|derived| other.derived.contains(derived));
        // Those that differ are dropped rather than joined: few are needed beyond the next block.
        self.low.retain(|low| other.low.contains(low));
        changed | (before != size(self))
    }

    /// Whether all locations have the same names, and the same is known of these, but for bounds.
    pub fn is_named_like(&self, other: &State) -> bool {
        let same = |one: &Value, other: &Value| (one.id, one.place, one.sum) == (other.id, other.place, other.sum);
        let slots = self.slots.len() == other.slots.len()
            && self
                .slots
                .iter()
                .zip(&other.slots)
                .all(|((at, (value, _)), (there, (theirs, _)))| at == there && same(value, theirs));
        slots
            && self.registers.iter().zip(&other.registers).all(|(one, other)| same(one, other))
            && (&self.facts, &self.exact, &self.origins, &self.derived)
                == (&other.facts, &other.exact, &other.origins, &other.derived)
    }

    /// Widens bounds that have grown since the block was entered last.
    pub fn widen(&mut self, before: &State) {
        for (value, before) in self.registers.iter_mut().zip(&before.registers) {
            *value = before.widened_to(value);
        }
        for (at, (value, size)) in &mut self.slots {
            if let Some((before, _)) = before.slots.get(at).filter(|(_, stored)| stored == size) {
                *value = before.widened_to(value);
            }
        }
        for (bound, before) in self.vectors.iter_mut().zip(&before.vectors) {
            *bound = (*bound).max(*before);
        }
    }

    /// Gives names to what enters a function without one.
    pub fn name_registers(&mut self, block: usize) {
        for (at, value) in self.registers.iter_mut().enumerate() {
            value.id = Id::new(block, JOINED | at as u32);
        }
    }
}

/// The most facts of a kind to keep; the oldest go first.
const MAX_FACTS: usize = 64;

fn remember<T>(facts: &mut Vec<T>, fact: T) {
    if facts.len() == MAX_FACTS {
        facts.remove(0);
    }
    facts.push(fact);
}

fn merge_value(value: &mut Value, incoming: &Value, id: Id, widen: bool) -> bool {
    if value == incoming {
        return false;
    }
    let mut joined = if widen { value.widen(incoming) } else { value.join(incoming) };
    joined.id = if value.id == incoming.id && value.id.is_some() { value.id } else { id };
    let changed = joined != *value;
    *value = joined;
    changed
}
