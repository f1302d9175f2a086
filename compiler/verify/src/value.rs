//! What is known of a register or a stack slot: a number between two bounds, or an address: a place and a distance between two bounds.

use std::fmt;

use iced_x86::Register;

/// Names a value that some instruction of some block makes, or that comes into being where ways meet. Two locations that hold the same
/// name hold the same value. 0 is no name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, PartialOrd, Ord)]
pub struct Id(pub u64);

impl Id {
    /// No name.
    pub const NONE: Id = Id(0);

    /// The value number `n` of a block.
    pub fn new(block: usize, n: u32) -> Id {
        Id((block as u64 + 1) << 32 | u64::from(n))
    }

    /// Whether it is a value of this block: it changes whenever the block is entered again.
    pub fn is_of(self, block: usize) -> bool {
        self.0 >> 32 == block as u64 + 1
    }

    /// Whether it is a name.
    pub fn is_some(self) -> bool {
        self != Id::NONE
    }

    /// The name of the low 32 bits of this value.
    pub fn low(self) -> Id {
        if self.is_some() { Id(self.0 | LOW) } else { self }
    }
}

/// Set in names of the low halves of values.
const LOW: u64 = 1 << 30;

/// What an address is relative to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Place {
    /// Nothing: a number.
    #[default]
    Number,
    /// The start of an item of data.
    Item(u32),
    /// Code or constants of the function itself, as an offset in the code.
    Code,
    /// The stack pointer at the function's entry.
    Stack,
    /// What a register held at the function's entry.
    Entry(Register),
    /// The return address.
    Return,
    /// Byte 0 of the memory whose structure is this item.
    Memory(u32),
    /// Element 0 of the table whose structure is this item.
    Elements(u32),
    /// Byte 0 of the heap.
    Heap,
    /// The heap's table of types.
    ObjectTypes,
    /// The values that the runtime passes.
    Values,
    /// The data of the thread's instance.
    Instance,
    /// A reference to a function, or null.
    FunctionReference,
    /// The first instruction of a guest function of the right type.
    Function,
    /// The distance of a guest function, whose type is as it should be, from the start of the table that is this item.
    Distance(u32),
    /// The target of a jump through the table at this offset in the code.
    JumpTarget(u64),
    /// The distance of such a target from the table.
    JumpDistance(u64),
}

/// That a value's distance from its place is `a + (b << shift) + c`, where there is an `a` or a `b`.
#[derive(Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Sum {
    /// A value.
    pub a: Id,
    /// Another one.
    pub b: Id,
    /// How far that is shifted to the left.
    pub shift: u8,
    /// And a constant.
    pub c: i64,
}

impl Sum {
    /// Whether it says anything.
    pub fn is_some(self) -> bool {
        self.a.is_some() || self.b.is_some()
    }

    /// The same with `by` added.
    pub fn plus(self, by: i64) -> Option<Sum> {
        Some(Sum { c: self.c.checked_add(by)?, ..self })
    }

    /// The sum of two, if it has one shifted term at most and two in all.
    pub fn add(self, other: Sum) -> Sum {
        let c = self.c.wrapping_add(other.c);
        let terms = [(self.a, 0), (self.b, self.shift), (other.a, 0), (other.b, other.shift)];
        let mut sum = Sum { c, ..Sum::default() };
        for (id, shift) in terms.into_iter().filter(|(id, _)| id.is_some()) {
            if shift == 0 && !sum.a.is_some() {
                sum.a = id;
            } else if !sum.b.is_some() {
                (sum.b, sum.shift) = (id, shift);
            } else {
                return Sum::default();
            }
        }
        sum.canonical()
    }

    /// Without a shift the order of the terms is that of their names.
    fn canonical(mut self) -> Sum {
        if self.shift == 0 && self.b.is_some() && (self.b < self.a || !self.a.is_some()) {
            std::mem::swap(&mut self.a, &mut self.b);
        }
        self
    }
}

/// An abstract value of 64 bits.
#[derive(Clone, Copy, PartialEq)]
pub struct Value {
    /// What it is relative to.
    pub place: Place,
    /// The least that it is beyond the place, as a signed number.
    pub lo: i64,
    /// The most.
    pub hi: i64,
    /// Its name.
    pub id: Id,
    /// The same, as a sum of values. That the sum does not wrap is for who uses it to show.
    pub sum: Sum,
    /// The sum does not wrap, and none of its parts is negative.
    pub exact: bool,
    /// So many bytes from here on are known to be inside the memory; or the value is null.
    pub room: i64,
}

/// The largest number of 32 bits.
pub const MAX_U32: i64 = u32::MAX as i64;

impl Value {
    /// Anything.
    pub const ANY: Value =
        Value { place: Place::Number, lo: i64::MIN, hi: i64::MAX, id: Id::NONE, sum: NO_SUM, exact: true, room: 0 };

    /// A number between two.
    pub fn between(lo: i64, hi: i64) -> Value {
        Value { lo, hi, ..Value::ANY }
    }

    /// A number.
    pub fn constant(number: i64) -> Value {
        Value::between(number, number)
    }

    /// Any number of 32 bits, extended by zeroes.
    pub fn u32() -> Value {
        Value::between(0, MAX_U32)
    }

    /// The byte so far beyond a place.
    pub fn at(place: Place, distance: i64) -> Value {
        Value { place, ..Value::constant(distance) }
    }

    /// The number, if it is one and only one.
    pub fn as_constant(&self) -> Option<i64> {
        (self.place == Place::Number && self.lo == self.hi).then_some(self.lo)
    }

    /// Whether it is anything at all.
    pub fn is_any(&self) -> bool {
        *self == Value { id: self.id, ..Value::ANY }
    }

    /// The same as a number, whatever it is relative to.
    pub fn as_number(&self) -> Value {
        if self.place == Place::Number { *self } else { Value { id: self.id, ..Value::ANY } }
    }

    /// Whether it is a number of 32 bits, extended by zeroes.
    pub fn is_u32(&self) -> bool {
        self.place == Place::Number && self.lo >= 0 && self.hi <= MAX_U32
    }

    /// The low 32 bits.
    pub fn low(&self) -> Value {
        match self.as_constant() {
            _ if self.is_u32() => *self,
            Some(constant) => Value::constant(constant & MAX_U32),
            None => Value { id: self.id.low(), ..Value::u32() },
        }
    }

    /// Whether it is a number that is not negative as a signed one.
    pub fn is_positive(&self) -> bool {
        self.place == Place::Number && self.lo >= 0
    }

    /// The value as a term of a sum.
    pub fn terms(&self) -> Sum {
        if self.sum.is_some() {
            self.sum
        } else if self.place == Place::Number && self.lo == self.hi {
            Sum { c: self.lo, ..NO_SUM }
        } else if self.place == Place::Number {
            Sum { a: self.id, ..NO_SUM }
        } else {
            // What is beyond the place is a constant, or unknown.
            Sum { c: if self.lo == self.hi { self.lo } else { 0 }, ..NO_SUM }
        }
    }

    /// The distance from the place as a sum, which a constant is too.
    pub fn distance(&self) -> Sum {
        if self.lo == self.hi { Sum { c: self.lo, ..NO_SUM } } else { self.sum }
    }

    /// Whether [`Value::terms`] says what the distance is.
    fn has_terms(&self) -> bool {
        self.terms().is_some() || self.lo == self.hi
    }

    /// The sum of two values.
    pub fn add(&self, other: &Value) -> Value {
        let place = match (self.place, other.place) {
            (Place::Number, Place::Number) => Place::Number,
            // What a register held at entry is a number unless all that is done is to look behind it.
            (Place::Entry(_), _) if other.as_constant().is_none() => return self.as_number().add(other),
            (_, Place::Entry(_)) if self.as_constant().is_none() => return self.add(&other.as_number()),
            (place, Place::Number) | (Place::Number, place) => place,
            (Place::Item(item), Place::Distance(of)) | (Place::Distance(of), Place::Item(item)) if item == of => {
                return if self.lo == self.hi && other.lo == other.hi && self.lo + other.lo == 0 {
                    Value::at(Place::Function, 0)
                } else {
                    Value::ANY
                };
            }
            (Place::Code, Place::JumpDistance(table)) | (Place::JumpDistance(table), Place::Code) => {
                let at = if self.place == Place::Code { self } else { other };
                let is_start = at.lo == at.hi && at.lo as u64 == table;
                return if is_start { Value::at(Place::JumpTarget(table), 0) } else { Value::ANY };
            }
            _ => return Value::ANY,
        };
        let sum = if self.has_terms() && other.has_terms() { self.terms().add(other.terms()) } else { NO_SUM };
        let room = match other.as_constant() {
            Some(constant) if constant >= 0 => (self.room - constant).max(0),
            _ => 0,
        };
        match (self.lo.checked_add(other.lo), self.hi.checked_add(other.hi)) {
            (Some(lo), Some(hi)) => {
                let constant = self.as_constant().or(other.as_constant()).is_some();
                let exact = self.exact && other.exact && lo >= 0 && (constant || self.lo >= 0 && other.lo >= 0);
                Value { place, lo, hi, id: Id::NONE, sum, exact, room }
            }
            _ => Value { place, lo: i64::MIN, hi: i64::MAX, id: Id::NONE, sum, exact: false, room },
        }
        .narrowed()
    }

    /// Addresses that are constants are no sums.
    fn narrowed(mut self) -> Value {
        if self.lo == self.hi {
            self.sum = NO_SUM;
        }
        self
    }

    /// The difference of two values.
    pub fn sub(&self, other: &Value) -> Value {
        if let Some(constant) = other.as_constant().and_then(i64::checked_neg) {
            return self.add(&Value::constant(constant));
        }
        if other.place != Place::Number && other.place != self.place {
            return Value::ANY;
        }
        let place = if other.place == self.place { Place::Number } else { self.place };
        match (self.lo.checked_sub(other.hi), self.hi.checked_sub(other.lo)) {
            (Some(lo), Some(hi)) => Value { place, lo, hi, ..Value::ANY },
            _ => Value { place, ..Value::ANY },
        }
    }

    /// Shifted to the left, as an index is scaled.
    pub fn shl(&self, by: u32) -> Value {
        if by == 0 {
            return *self;
        }
        let number = self.as_number();
        let terms = number.terms();
        let can = terms.is_some() && !terms.b.is_some() && by < 16;
        let shifted_sum = Sum { a: Id::NONE, b: terms.a, shift: by as u8, c: terms.c.wrapping_shl(by) };
        let sum = if can { shifted_sum } else { NO_SUM };
        match (shifted(number.lo, by), shifted(number.hi, by)) {
            (Some(lo), Some(hi)) => Value { sum, exact: self.exact && lo >= 0, ..Value::between(lo, hi) },
            // It wraps; so does the sum.
            _ => Value { sum, exact: false, ..Value::ANY },
        }
        .narrowed()
    }

    /// What it may be where two ways meet; the name is that of neither.
    pub fn join(&self, other: &Value) -> Value {
        // An address that is checked, or null.
        for (one, two) in [(self, other), (other, self)] {
            if one.room > 0 && two.as_constant() == Some(0) {
                return *one;
            }
        }
        if self.place != other.place {
            return Value::ANY;
        }
        Value {
            place: self.place,
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
            id: if self.id == other.id { self.id } else { Id::NONE },
            sum: if self.sum == other.sum { self.sum } else { NO_SUM },
            exact: self.exact && other.exact,
            room: self.room.min(other.room),
        }
    }

    /// The same, where it has changed often already: bounds that moved go as far as matters.
    pub fn widen(&self, other: &Value) -> Value {
        self.widened_to(&self.join(other))
    }

    /// What came later, with the bounds of both or beyond.
    pub fn widened_to(&self, later: &Value) -> Value {
        if later.place != self.place {
            return *later;
        }
        let joined = Value { lo: self.lo.min(later.lo), hi: self.hi.max(later.hi), ..*later };
        // The largest size of a memory is among them, and the sum of two numbers of 32 bits, which is inside a reservation.
        const UPPER: [i64; 10] =
            [0xff, 0xffff, 1 << 24, MAX_U32 >> 1, MAX_U32, MAX_U32 + 1, 2 * MAX_U32, 1 << 34, 1 << 40, 1 << 48];
        let lo = if joined.lo < self.lo { if joined.lo >= 0 { 0 } else { i64::MIN } } else { joined.lo };
        let hi = if joined.hi > self.hi {
            UPPER.into_iter().find(|bound| joined.hi <= *bound).unwrap_or(i64::MAX)
        } else {
            joined.hi
        };
        Value { lo, hi, ..joined }
    }
}

/// No sum.
pub const NO_SUM: Sum = Sum { a: Id::NONE, b: Id::NONE, shift: 0, c: 0 };

fn shifted(number: i64, by: u32) -> Option<i64> {
    let result = number.checked_shl(by)?;
    (result >> by == number).then_some(result)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.place)?;
        match (self.lo, self.hi) {
            (i64::MIN, i64::MAX) => write!(f, " + anything")?,
            (lo, hi) if lo == hi => write!(f, " + {lo:#x}")?,
            (lo, hi) => write!(f, " + {lo}..={hi}")?,
        }
        if self.sum.is_some() {
            write!(f, ", {:?}{}", self.sum, if self.exact { " exactly" } else { "" })?;
        }
        if self.room > 0 { write!(f, ", {} bytes from here on", self.room) } else { Ok(()) }
    }
}

impl fmt::Debug for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{:x} + (v{:x} << {}) + {:#x}", self.a.0, self.b.0, self.shift, self.c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_widened_to_what_matters() {
        let small = Value::between(0, 5);
        let widened = |hi: i64| small.widen(&Value::between(0, hi)).hi;
        assert_eq!(widened(5), 5);
        assert_eq!(widened(MAX_U32), MAX_U32);
        assert_eq!(widened(MAX_U32 + 1), MAX_U32 + 1);
        assert_eq!(widened(MAX_U32 + 2), 2 * MAX_U32);
        assert_eq!(widened(2 * MAX_U32), 2 * MAX_U32);
        for hi in [2 * MAX_U32 + 1, 3 * MAX_U32, 1 << 50] {
            assert!(widened(hi) >= hi);
        }
    }
}
