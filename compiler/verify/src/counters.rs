//! Loops that count in several registers and compare one of them: the others are bounded by how they relate to it.

use crate::state::{REGISTERS, State};
use crate::value::{Id, NO_SUM, Place, Sum, Value};

/// What each register holds at the end of a way to a block, by its name and as a sum.
pub type Ends = [(Id, Sum); 16];

/// By how much each register, on a way to a block, is above what it was when the block was entered last.
type Steps = [Option<i64>; 16];

/// That one counter, times `divisor`, is another one times `factor`, plus `offset`; the last two have no common divisor.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Relation {
    factor: i64,
    divisor: i64,
    offset: i64,
    /// The most that the other one grows by at once.
    step: i64,
}

impl Relation {
    /// Bounds of the one counter by those of the other. Without a divisor the relation holds whether or not they wrap. With one it
    /// holds as long as the other does not wrap, which is so if it can grow once more; then the one does not if its bounds do not.
    fn bounds(&self, lo: i64, hi: i64) -> Option<(i64, i64)> {
        if self.divisor != 1 {
            hi.checked_add(self.step)?;
        }
        let related =
            |number: i64| Some(number.checked_mul(self.factor)?.checked_add(self.offset)?.div_euclid(self.divisor));
        Some((related(lo)?, related(hi)?))
    }
}

impl State {
    /// What registers hold on a way to a block, before the names of the block's values are forgotten.
    pub fn ends(&self) -> Ends {
        REGISTERS.map(|register| {
            let value = self.register(register);
            if value.place == Place::Number { (value.id, value.sum) } else { (Id::NONE, NO_SUM) }
        })
    }

    /// The steps on a way back to a block that was entered with this.
    fn steps(&self, ends: &Ends) -> Steps {
        std::array::from_fn(|at| {
            let (entered, (id, sum)) = (self.register(REGISTERS[at]).id, ends[at]);
            match entered {
                Id::NONE => None,
                _ if id == entered => Some(0),
                _ if sum == (Sum { a: entered, c: sum.c, ..NO_SUM }) => Some(sum.c),
                _ => None,
            }
        })
    }

    /// Bounds registers where ways meet: where `q` and `r` begin as constants and on all other ways `r` grows by what `q` grows by, times
    /// a factor that is the same for all ways, `r` is that factor times `q` plus a constant. It bounds `r` as far as `q` is bounded.
    /// `entered`: what was known when the block was entered last.
    pub fn relate_counters(&mut self, ways: &[(&State, &Ends)], entered: &State) {
        let steps: Vec<Steps> = ways.iter().map(|(_, ends)| entered.steps(ends)).collect();
        let ways: Vec<(&State, &Steps)> = ways.iter().map(|(state, _)| *state).zip(&steps).collect();
        self.relate(&ways);
    }

    fn relate(&mut self, ways: &[(&State, &Steps)]) {
        for (r, of_r) in REGISTERS.into_iter().enumerate() {
            for (q, of_q) in REGISTERS.into_iter().enumerate().filter(|(q, _)| *q != r) {
                let (faster, slower) = (self.register(of_r), self.register(of_q));
                let plain = faster.place == Place::Number && slower.place == Place::Number && faster.lo != faster.hi;
                let Some(relation) = (if plain { relation(ways, q, r) } else { None }) else { continue };
                if let Some((lo, hi)) = relation.bounds(slower.lo, slower.hi) {
                    let bounded = Value { lo: faster.lo.max(lo), hi: faster.hi.min(hi), ..faster };
                    self.set(of_r, bounded);
                }
            }
        }
    }
}

/// How one register follows from another on all ways, one of which begins and one of which counts.
fn relation(ways: &[(&State, &Steps)], q: usize, r: usize) -> Option<Relation> {
    let (slow, fast) = ways.iter().find_map(|(_, steps)| Some((steps[q]?, steps[r]?)))?;
    if slow <= 0 || fast <= 0 {
        return None;
    }
    let common = common_divisor(slow, fast);
    let (factor, divisor) = (fast / common, slow / common);
    let (mut offset, mut step) = (None, 0);
    for (state, steps) in ways {
        if let (Some(slow), Some(fast)) = (steps[q], steps[r]) {
            if slow < 0 || slow.checked_mul(factor)? != fast.checked_mul(divisor)? {
                return None;
            }
            step = step.max(slow);
            continue;
        }
        let start = |at: usize| state.register(REGISTERS[at]).as_constant();
        let constant = start(r)?.checked_mul(divisor)?.checked_sub(start(q)?.checked_mul(factor)?)?;
        if offset.is_some_and(|offset| offset != constant) {
            return None;
        }
        offset = Some(constant);
    }
    Some(Relation { factor, divisor, offset: offset?, step })
}

fn common_divisor(one: i64, other: i64) -> i64 {
    if other == 0 { one } else { common_divisor(other, one % other) }
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
        joined.relate(&[(&begin, &[None; 16]), (&back, &steps_back)]);
        let value = joined.register(REGISTERS[1]);
        (value.lo, value.hi)
    }

    #[test]
    fn a_counter_is_bounded_by_another() {
        let anything = (i64::MIN, i64::MAX);
        assert_eq!(related((0, 0), (16, 32)), (0, 200));
        assert_eq!(related((0, 7), (16, 16)), (7, 107));
        assert_eq!(related((1, 7), (2, 8)), (3, 403));
        assert_eq!(related((0, 0), (16, 48)), (0, 300));
        assert_eq!(related((0, 0), (32, 80)), (0, 250));
        assert_eq!(related((0, 5), (16, 8)), (5, 55));
        assert_eq!(related((1, 0), (3, 2)), (-1, 66));
        for steps in [(0, 0), (0, 16), (-16, -32), (-16, 32), (16, -32), (16, i64::MIN), (i64::MAX - 1, i64::MAX)] {
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
        assert_eq!(
            agree(&[(&begin, &none), (&unknown, &steps)]),
            Some(Relation { factor: 2, divisor: 1, offset: 0, step: 16 })
        );
        assert_eq!(agree(&[(&unknown, &steps)]), None);
        assert_eq!(agree(&[(&begin, &none)]), None);
        assert_eq!(agree(&[(&begin, &none), (&other, &none), (&unknown, &steps)]), None);
        assert_eq!(agree(&[(&begin, &none), (&unknown, &steps), (&unknown, &faster)]), None);
        assert_eq!(agree(&[(&begin, &none), (&unknown, &steps), (&unknown, &none)]), None);
    }

    /// Half of a counter that wraps is not what another one is that grows by half as much.
    #[test]
    fn a_fraction_needs_a_counter_that_does_not_wrap() {
        let relation = Relation { factor: 1, divisor: 2, offset: 0, step: 16 };
        assert_eq!(relation.bounds(0, 1 << 40), Some((0, 1 << 39)));
        assert_eq!(relation.bounds(0, i64::MAX - 16), Some((0, (i64::MAX - 16) / 2)));
        assert_eq!(relation.bounds(0, i64::MAX - 15), None);
        let whole = Relation { factor: 2, divisor: 1, ..relation };
        assert_eq!(whole.bounds(0, i64::MAX / 2), Some((0, i64::MAX - 1)));
        assert_eq!(whole.bounds(0, i64::MAX / 2 + 1), None);
    }

    #[test]
    fn steps_count_from_the_last_entry() {
        let names = [Id::new(3, 7), Id::new(3, 8)];
        let named = |at: usize, value: Value| Value { id: names[at], ..value };
        let entered = way(named(0, Value::u32()), named(1, Value::ANY));
        let grown = named(0, Value::u32()).add(&Value::constant(16));
        let steps = |q: Value, r: Value| entered.steps(&way(q, r).ends())[..3].to_vec();
        assert_eq!(steps(grown, named(1, Value::ANY)), [Some(16), Some(0), None]);
        assert_eq!(steps(Value::ANY, Value::u32()), [None, None, None]);
        // The name of another register.
        assert_eq!(steps(Value::ANY, grown), [None, None, None]);
        // Two registers that are the same.
        let same = way(named(0, Value::u32()), named(0, Value::u32()));
        assert_eq!(same.steps(&way(grown, grown).ends())[..2], [Some(16), Some(16)]);
    }
}
