//! Loops that count in several registers and compare one of them: the others are bounded by how they relate to it.

use crate::state::{REGISTERS, State, joined_name};
use crate::value::{Place, Sum, Value};

/// By how much each register, on a way to a block, is above what it was when the block was entered last.
pub type Steps = [Option<i64>; 16];

/// The largest factor between two steps is 2 to the power of this.
const MAX_SHIFT: u32 = 6;

impl State {
    /// The steps on a way to a block, before the names of the block's values are forgotten.
    pub fn steps(&self, block: usize) -> Steps {
        std::array::from_fn(|at| {
            let value = self.register(REGISTERS[at]);
            let name = joined_name(block, at);
            let sum = Sum { a: name, c: value.sum.c, ..Sum::default() };
            match value.place {
                Place::Number if value.id == name => Some(0),
                Place::Number if value.sum == sum => Some(value.sum.c),
                _ => None,
            }
        })
    }

    /// Bounds registers where ways meet: where `q` and `r` begin as constants and on all other ways `r` grows by `2^shift` times what `q`
    /// grows by, `r` is always `2^shift * q` plus a constant. That holds whether or not they wrap; it bounds `r` as far as `q` is bounded.
    pub fn relate_counters(&mut self, ways: &[(&State, &Steps)]) {
        for (r, of_r) in REGISTERS.into_iter().enumerate() {
            for (q, of_q) in REGISTERS.into_iter().enumerate().filter(|(q, _)| *q != r) {
                let (faster, slower) = (self.register(of_r), self.register(of_q));
                let plain = faster.place == Place::Number && slower.place == Place::Number && faster.lo != faster.hi;
                let Some((shift, offset)) = (if plain { relation(ways, q, r) } else { None }) else { continue };
                let scaled = |number: i64| number.checked_mul(1 << shift)?.checked_add(offset);
                if let (Some(lo), Some(hi)) = (scaled(slower.lo), scaled(slower.hi)) {
                    let bounded = Value { lo: faster.lo.max(lo), hi: faster.hi.min(hi), ..faster };
                    self.set(of_r, bounded);
                }
            }
        }
    }
}

/// The shift and the constant by which one register follows from another on all ways, one of which begins and one of which counts.
fn relation(ways: &[(&State, &Steps)], q: usize, r: usize) -> Option<(u32, i64)> {
    let (slow, fast) = ways.iter().find_map(|(_, steps)| Some((steps[q]?, steps[r]?)))?;
    let shift = (0..=MAX_SHIFT).find(|shift| slow > 0 && slow.checked_mul(1 << shift) == Some(fast))?;
    let mut offset = None;
    for (state, steps) in ways {
        if let (Some(slow), Some(fast)) = (steps[q], steps[r]) {
            if slow.checked_mul(1 << shift) != Some(fast) {
                return None;
            }
            continue;
        }
        let start = |at: usize| state.register(REGISTERS[at]).as_constant();
        let constant = start(r)?.checked_sub(start(q)?.checked_mul(1 << shift)?)?;
        if offset.is_some_and(|offset| offset != constant) {
            return None;
        }
        offset = Some(constant);
    }
    Some((shift, offset?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A way on which the first two registers have these values.
    fn way(q: Value, r: Value) -> State {
        let mut state = State::unknown();
        state.set(REGISTERS[0], q);
        state.set(REGISTERS[1], r);
        state
    }

    /// What is known of the second register where a way with constants meets one that counts, and the first is below 101.
    fn related(start: (i64, i64), steps: (i64, i64)) -> (i64, i64) {
        let begin = way(Value::constant(start.0), Value::constant(start.1));
        let back = way(Value::between(0, 100), Value::ANY);
        let mut steps_back = [None; 16];
        (steps_back[0], steps_back[1]) = (Some(steps.0), Some(steps.1));
        let mut joined = way(Value::between(0, 100), Value::ANY);
        joined.relate_counters(&[(&begin, &[None; 16]), (&back, &steps_back)]);
        let value = joined.register(REGISTERS[1]);
        (value.lo, value.hi)
    }

    #[test]
    fn a_counter_is_bounded_by_another() {
        let anything = (i64::MIN, i64::MAX);
        assert_eq!(related((0, 0), (16, 32)), (0, 200));
        assert_eq!(related((0, 7), (16, 16)), (7, 107));
        assert_eq!(related((1, 7), (2, 8)), (3, 403));
        for steps in [(16, 31), (16, 48), (16, 8), (0, 0), (0, 16), (-16, -32), (16, i64::MIN)] {
            assert_eq!(related((0, 0), steps), anything, "{steps:?}");
        }
    }

    #[test]
    fn every_way_must_agree() {
        let constants = |q, r| way(Value::constant(q), Value::constant(r));
        let mut steps = [None; 16];
        (steps[0], steps[1]) = (Some(16), Some(32));
        let mut faster = steps;
        faster[1] = Some(64);
        let (begin, other, unknown) =
            (constants(0, 0), constants(0, 1), way(Value::between(0, 1), Value::between(0, 2)));
        let none = [None; 16];
        let agree = |ways: &[(&State, &Steps)]| relation(ways, 0, 1);
        assert_eq!(agree(&[(&begin, &none), (&unknown, &steps)]), Some((1, 0)));
        assert_eq!(agree(&[(&unknown, &steps)]), None);
        assert_eq!(agree(&[(&begin, &none)]), None);
        assert_eq!(agree(&[(&begin, &none), (&other, &none), (&unknown, &steps)]), None);
        assert_eq!(agree(&[(&begin, &none), (&unknown, &steps), (&unknown, &faster)]), None);
        assert_eq!(agree(&[(&begin, &none), (&unknown, &steps), (&unknown, &none)]), None);
    }

    #[test]
    fn steps_count_from_the_last_entry() {
        let name = joined_name(3, 0);
        let grown = Value { id: name, ..Value::u32() }.add(&Value::constant(16));
        let state = way(grown, Value { id: joined_name(3, 1), ..Value::ANY });
        assert_eq!(state.steps(3)[..3], [Some(16), Some(0), None]);
        assert_eq!(state.steps(4)[..3], [None, None, None]);
        // The name of another register.
        assert_eq!(way(Value::ANY, grown).steps(3)[..2], [None, None]);
    }
}
