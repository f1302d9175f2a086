//! Intervals of unsigned integers of up to 64 bits, and what instructions make of them.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};

/// The integers from `low` to `high`, both included, of a type with `bits` bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interval {
    pub low: u64,
    pub high: u64,
    pub bits: u32,
}

impl Interval {
    /// All integers of so many bits, 1 to 64.
    pub fn all(bits: u32) -> Self {
        Interval { low: 0, high: u64::MAX >> (64 - bits), bits }
    }

    /// One integer; upper bits are ignored.
    pub fn one(value: u64, bits: u32) -> Self {
        let value = value & Interval::all(bits).high;
        Interval { low: value, high: value, bits }
    }

    /// The integers from `low` to `high` that there are; all if that leaves the type.
    fn within(low: u128, high: u128, bits: u32) -> Self {
        match u64::try_from(high) {
            Ok(high) if high <= Interval::all(bits).high => Interval { low: low as u64, high, bits },
            _ => Interval::all(bits),
        }
    }

    /// Whether every integer of the type is in it.
    pub fn is_all(self) -> bool {
        self == Interval::all(self.bits)
    }

    /// The one integer in it.
    pub fn single(self) -> Option<u64> {
        (self.low == self.high).then_some(self.low)
    }

    /// The greatest signed integer of the type.
    fn signed_max(self) -> u64 {
        Interval::all(self.bits).high >> 1
    }

    /// Whether no integer in it is negative when taken as signed.
    pub fn is_nonnegative(self) -> bool {
        self.high <= self.signed_max()
    }

    /// The least and the greatest integer, taken as signed.
    pub fn signed(self) -> (i128, i128) {
        let modulus = 1i128 << self.bits;
        match self.signed_max() {
            max if self.high <= max => (self.low.into(), self.high.into()),
            max if self.low > max => (i128::from(self.low) - modulus, i128::from(self.high) - modulus),
            max => (-i128::from(max) - 1, max.into()),
        }
    }

    /// The integers that are, as signed, from `low` to `high`; nothing is known if some are negative and some are not.
    fn from_signed(low: i128, high: i128, bits: u32) -> Self {
        let modulus = 1i128 << bits;
        let max = i128::from(Interval::all(bits).signed_max());
        if 0 <= low && low <= high && high <= max {
            Interval { low: low as u64, high: high as u64, bits }
        } else if -max - 1 <= low && low <= high && high < 0 {
            Interval { low: (low + modulus) as u64, high: (high + modulus) as u64, bits }
        } else {
            Interval::all(bits)
        }
    }

    /// The integers in either.
    pub fn join(self, other: Self) -> Self {
        Interval { low: self.low.min(other.low), high: self.high.max(other.high), bits: self.bits }
    }

    /// The integers in both; `None` if there are none.
    pub fn meet(self, other: Self) -> Option<Self> {
        let (low, high) = (self.low.max(other.low), self.high.min(other.high));
        (low <= high).then_some(Interval { low, high, bits: self.bits })
    }

    /// Sums modulo 2^bits, if all or none of them wrap.
    pub fn add(self, other: Self) -> Self {
        let modulus = 1u128 << self.bits;
        let low = u128::from(self.low) + u128::from(other.low);
        let high = u128::from(self.high) + u128::from(other.high);
        if low >= modulus {
            return Interval::within(low - modulus, high - modulus, self.bits);
        }
        Interval::within(low, high, self.bits)
    }

    /// Differences modulo 2^bits, if all or none of them wrap.
    pub fn sub(self, other: Self) -> Self {
        let modulus = if self.high < other.low { 1u128 << self.bits } else { 0 };
        let low = (u128::from(self.low) + modulus).checked_sub(other.high.into());
        let high = (u128::from(self.high) + modulus).checked_sub(other.low.into());
        match (low, high) {
            (Some(low), Some(high)) => Interval::within(low, high, self.bits),
            _ => Interval::all(self.bits),
        }
    }

    /// Products, if none wraps.
    pub fn mul(self, other: Self) -> Self {
        let low = u128::from(self.low) * u128::from(other.low);
        let high = u128::from(self.high) * u128::from(other.high);
        Interval::within(low, high, self.bits)
    }

    /// Shifted to the left by a constant, if nothing is lost.
    pub fn shl(self, shift: u32) -> Self {
        Interval::within(u128::from(self.low) << shift, u128::from(self.high) << shift, self.bits)
    }

    /// Shifted to the right by a constant below 64.
    pub fn shr(self, shift: u32) -> Self {
        Interval { low: self.low >> shift, high: self.high >> shift, bits: self.bits }
    }

    /// Quotients of unsigned integers.
    pub fn div(self, other: Self) -> Self {
        let (low, high) = (self.low / other.high.max(1), self.high / other.low.max(1));
        Interval { low, high, bits: self.bits }
    }

    /// Remainders of unsigned integers.
    pub fn rem(self, other: Self) -> Self {
        if self.high < other.low {
            return self;
        }
        Interval { low: 0, high: self.high.min(other.high.saturating_sub(1)), bits: self.bits }
    }

    /// Bitwise and.
    pub fn and(self, other: Self) -> Self {
        Interval { low: 0, high: self.high.min(other.high), bits: self.bits }
    }

    /// Bitwise or; without `low`, also exclusive or.
    pub fn or(self, other: Self, exclusive: bool) -> Self {
        let low = if exclusive { 0 } else { self.low.max(other.low) };
        Interval { low, high: low_ones(self.high | other.high), bits: self.bits }
    }

    /// The same integers in a type of `bits` bits: if narrower, all of that type unless they fit.
    pub fn resize(self, bits: u32) -> Self {
        Interval::within(self.low.into(), self.high.into(), bits)
    }

    /// What a comparison gives, if it always gives the same.
    pub fn compare(self, condition: IntCC, other: Self) -> Option<bool> {
        let holds = |condition| self.restrict(condition, other).is_some();
        match (holds(condition), holds(condition.complement())) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }

    /// The integers that compare so with some integer of the other interval: a superset; `None` if there are none.
    pub fn restrict(self, condition: IntCC, other: Self) -> Option<Self> {
        let (bits, max) = (self.bits, Interval::all(self.bits).high);
        let unsigned = |low, high| Interval { low, high, bits }.meet(self);
        match condition {
            IntCC::Equal => self.meet(other),
            IntCC::NotEqual => match other.single() {
                Some(value) if self.single() == Some(value) => None,
                Some(value) if self.low == value => Some(Interval { low: value + 1, ..self }),
                Some(value) if self.high == value => Some(Interval { high: value - 1, ..self }),
                _ => Some(self),
            },
            IntCC::UnsignedLessThan => unsigned(0, other.high.checked_sub(1)?),
            IntCC::UnsignedLessThanOrEqual => unsigned(0, other.high),
            IntCC::UnsignedGreaterThan => unsigned(other.low.checked_add(1).filter(|low| *low <= max)?, max),
            IntCC::UnsignedGreaterThanOrEqual => unsigned(other.low, max),
            IntCC::SignedLessThan => self.meet_signed(i128::MIN, other.signed().1 - 1),
            IntCC::SignedLessThanOrEqual => self.meet_signed(i128::MIN, other.signed().1),
            IntCC::SignedGreaterThan => self.meet_signed(other.signed().0 + 1, i128::MAX),
            IntCC::SignedGreaterThanOrEqual => self.meet_signed(other.signed().0, i128::MAX),
        }
    }

    fn meet_signed(self, low: i128, high: i128) -> Option<Self> {
        let (own_low, own_high) = self.signed();
        let (low, high) = (low.max(own_low), high.min(own_high));
        if low > high {
            return None;
        }
        Interval::from_signed(low, high, self.bits).meet(self)
    }
}

/// The least number of the form 2^n - 1 that is not below `value`.
fn low_ones(value: u64) -> u64 {
    u64::MAX.checked_shr(value.leading_zeros()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITS: u32 = 4;

    fn intervals() -> impl Iterator<Item = Interval> {
        (0..16).flat_map(|low| (low..16).map(move |high| Interval { low, high, bits: BITS }))
    }

    fn contains(interval: Interval, value: u64) -> bool {
        interval.bits == BITS && interval.low <= value && value <= interval.high
    }

    fn signed(value: u64) -> i64 {
        if value < 8 { value as i64 } else { value as i64 - 16 }
    }

    fn holds(condition: IntCC, x: u64, y: u64) -> bool {
        match condition {
            IntCC::Equal => x == y,
            IntCC::NotEqual => x != y,
            IntCC::UnsignedLessThan => x < y,
            IntCC::UnsignedLessThanOrEqual => x <= y,
            IntCC::UnsignedGreaterThan => x > y,
            IntCC::UnsignedGreaterThanOrEqual => x >= y,
            IntCC::SignedLessThan => signed(x) < signed(y),
            IntCC::SignedLessThanOrEqual => signed(x) <= signed(y),
            IntCC::SignedGreaterThan => signed(x) > signed(y),
            IntCC::SignedGreaterThanOrEqual => signed(x) >= signed(y),
        }
    }

    /// Every result of four bits, of every pair of integers of every pair of intervals.
    #[test]
    fn results_are_inside() {
        for x in intervals() {
            for y in intervals() {
                let pairs = (x.low..=x.high).flat_map(|a| (y.low..=y.high).map(move |b| (a, b)));
                for (a, b) in pairs {
                    assert!(contains(x.add(y), (a + b) % 16), "{x:?} + {y:?}");
                    assert!(contains(x.sub(y), (a + 16 - b) % 16), "{x:?} - {y:?}");
                    assert!(contains(x.mul(y), a * b % 16), "{x:?} * {y:?}");
                    assert!(contains(x.and(y), a & b), "{x:?} & {y:?}");
                    assert!(contains(x.or(y, false), a | b), "{x:?} | {y:?}");
                    assert!(contains(x.or(y, true), a ^ b), "{x:?} ^ {y:?}");
                    assert!(contains(x.join(y), a) && contains(x.join(y), b));
                    assert!(b == 0 || contains(x.div(y), a / b), "{x:?} / {y:?}");
                    assert!(b == 0 || contains(x.rem(y), a % b), "{x:?} % {y:?}");
                    assert!(b >= 4 || contains(x.shl(b as u32), a << b & 15), "{x:?} << {b}");
                    assert!(b >= 4 || contains(x.shr(b as u32), a >> b), "{x:?} >> {b}");
                }
            }
        }
    }

    #[test]
    fn comparisons_are_exact_or_unknown() {
        for condition in IntCC::all() {
            for x in intervals() {
                for y in intervals() {
                    let pairs = || (x.low..=x.high).flat_map(|a| (y.low..=y.high).map(move |b| (a, b)));
                    let restricted = x.restrict(*condition, y);
                    let mut held = pairs().filter(|(a, b)| holds(*condition, *a, *b));
                    assert!(held.all(|(a, _)| restricted.is_some_and(|restricted| contains(restricted, a))));
                    if let Some(result) = x.compare(*condition, y) {
                        assert!(pairs().all(|(a, b)| holds(*condition, a, b) == result), "{x:?} {condition} {y:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn sizes() {
        let bytes = Interval { low: 3, high: 200, bits: 8 };
        assert_eq!(bytes.resize(32), Interval { bits: 32, ..bytes });
        assert_eq!(bytes.resize(32).resize(8), bytes);
        assert!(Interval { low: 3, high: 256, bits: 32 }.resize(8).is_all());
        assert_eq!(Interval::one(u64::MAX, 32), Interval { low: 0xffff_ffff, high: 0xffff_ffff, bits: 32 });
        let all = Interval::all(64);
        assert!(all.add(all).is_all() && all.sub(all).is_all() && all.mul(all).is_all());
    }
}
