//! Values that are computed from another one and grow or fall with it: what is known of one of them bounds the others.

use crate::state::State;
use crate::value::Id;

/// What makes a value of another one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Step {
    /// The bits from this one on, of 64, without a sign.
    Upper(u8),
    /// All bits but so many lower ones, with a sign.
    Clear(u8),
    /// The product with a number above 0, where it does not wrap and neither is negative.
    Times(i64),
    /// The difference of this number and it, where it does not wrap. It falls where the other one grows.
    From(i64),
}

impl Step {
    /// Bounds of what is made of a number between two.
    fn made(self, lo: i64, hi: i64) -> Option<(i64, i64)> {
        if let Step::From(number) = self {
            return Some((number.checked_sub(hi)?, number.checked_sub(lo)?));
        }
        if lo < 0 {
            return None;
        }
        let made = |number: i64| match self {
            Step::Upper(bit) => Some(number >> bit),
            Step::Clear(bits) => Some(number >> bits << bits),
            Step::Times(factor) => number.checked_mul(factor),
            Step::From(_) => None,
        };
        Some((made(lo)?, made(hi)?))
    }

    /// Bounds of the number where what is made of it is between two.
    fn source(self, lo: i64, hi: i64) -> Option<(i64, i64)> {
        let rest = |bits: u8| (1i64 << bits) - 1;
        if lo < 0 && !matches!(self, Step::From(_)) {
            return None;
        }
        Some(match self {
            Step::From(number) => (number.checked_sub(hi)?, number.checked_sub(lo)?),
            Step::Upper(bit) => (lo.checked_mul(1 << bit)?, hi.checked_mul(1 << bit)?.checked_add(rest(bit))?),
            Step::Clear(bits) => (lo, hi.checked_add(rest(bits))?),
            Step::Times(factor) => (lo / factor, hi / factor),
        })
    }
}

/// That a value is made of another one.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Derived {
    /// The value.
    pub value: Id,
    /// The other one.
    pub of: Id,
    /// How.
    pub step: Step,
}

impl State {
    /// Bounds the value with a name, wherever it is, what it is made of, and what is made of that.
    pub fn bound(&mut self, id: Id, lo: i64, hi: i64) {
        self.bound_named(id, lo, hi);
        if lo < 0 || !id.is_some() {
            return;
        }
        let mut used = vec![false; self.derived().len()];
        let mut known = vec![(id, lo, hi)];
        while let Some((id, lo, hi)) = known.pop() {
            for (at, used) in used.iter_mut().enumerate() {
                let Derived { value, of, step } = self.derived()[at];
                let bounds = match id {
                    _ if *used => continue,
                    _ if id == of => step.made(lo, hi).map(|(lo, hi)| (value, lo, hi)),
                    _ if id == value => step.source(lo, hi).map(|(lo, hi)| (of, lo, hi)),
                    _ => continue,
                };
                *used = true;
                if let Some((id, lo, hi)) = bounds {
                    self.bound_named(id, lo, hi);
                    known.push((id, lo, hi));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use iced_x86::Register;

    use super::*;
    use crate::value::Value;

    const STEPS: [Step; 9] = [
        Step::Upper(1),
        Step::Upper(4),
        Step::Clear(1),
        Step::Clear(3),
        Step::Times(1),
        Step::Times(2),
        Step::Times(40),
        Step::From(30),
        Step::From(-2),
    ];

    fn make(step: Step, number: i64) -> i64 {
        match step {
            Step::Upper(bit) => (number as u64 >> bit) as i64,
            Step::Clear(bits) => number & (-1 << bits),
            Step::Times(factor) => number * factor,
            Step::From(from) => from - number,
        }
    }

    /// Every number is between the bounds that follow from what is made of it, and the other way round.
    #[test]
    fn bounds_hold_in_both_directions() {
        for step in STEPS {
            for (lo, hi) in (0..50).flat_map(|lo| (lo..50).map(move |hi| (lo, hi))) {
                let (least, most) = step.made(lo, hi).expect("bounds");
                assert!((lo..=hi).all(|number| (least..=most).contains(&make(step, number))), "{step:?}");
                if matches!(step, Step::From(_)) {
                    assert_eq!(step.source(least, most), Some((lo, hi)));
                }
                let (least, most) = step.source(lo, hi).expect("bounds");
                let is_source = |number: &i64| (lo..=hi).contains(&make(step, *number));
                let first = if matches!(step, Step::Times(_)) { 0 } else { -100 };
                assert!((first..3000).filter(is_source).all(|it| (least..=most).contains(&it)), "{step:?} {lo} {hi}");
            }
        }
    }

    #[test]
    fn what_is_too_large_is_not_known() {
        assert_eq!(Step::Times(40).made(0, i64::MAX / 39), None);
        assert_eq!(Step::Upper(4).source(0, i64::MAX / 15), None);
        assert_eq!(Step::Clear(4).source(0, i64::MAX - 14), None);
        assert_eq!(Step::From(-2).made(i64::MIN, 0), Some((-2, i64::MAX - 1)));
        assert_eq!(Step::From(0).made(i64::MIN, 0), None);
        assert_eq!(Step::Upper(4).made(-1, 20), None);
        assert_eq!(Step::Times(4).source(-1, 20), None);
    }

    #[test]
    fn a_bound_goes_from_one_derived_value_to_another() {
        let mut state = State::unknown();
        let ids = [1, 2, 3, 4].map(Id);
        let registers = [Register::RAX, Register::RCX, Register::RDX, Register::RBX];
        for (register, id) in registers.into_iter().zip(ids) {
            state.set(register, Value { id, ..Value::u32() });
        }
        // RCX = RAX >> 4, RDX = RAX >> 1 without its three lower bits, RBX is something else.
        state.derive(Derived { value: ids[1], of: ids[0], step: Step::Upper(4) });
        let half = Id(5);
        state.derive(Derived { value: half, of: ids[0], step: Step::Upper(1) });
        state.derive(Derived { value: ids[2], of: half, step: Step::Clear(3) });
        state.bound(ids[1], 2, 10);
        let bounds = registers.map(|register| (state.register(register).lo, state.register(register).hi));
        assert_eq!(bounds, [(32, 175), (2, 10), (16, 80), (0, crate::value::MAX_U32)]);
    }
}
