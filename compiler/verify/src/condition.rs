//! What follows from a condition that holds, or does not.

use iced_x86::ConditionCode;

use crate::state::{Fact, Flags, Origin, State};
use crate::value::{Id, Sum, Value};

/// What a condition says.
#[derive(Default, Debug)]
pub struct Consequences {
    bounds: Vec<(Value, i64, i64)>,
    facts: Vec<Fact>,
    exact: Vec<Sum>,
}

impl Consequences {
    /// Applies them to a state.
    pub fn apply(&self, state: &mut State) {
        for (value, lo, hi) in &self.bounds {
            state.bound(value.id, *lo, *hi);
            // Where a value plus a constant is bounded, so is the value; that may wrap.
            let sum = value.sum;
            if sum.a.is_some()
                && !sum.b.is_some()
                && let (Some(lo), Some(hi)) = (lo.checked_sub(sum.c), hi.checked_sub(sum.c))
            {
                state.bound(sum.a, lo, hi);
            }
            // Where a sum is bounded, so are its parts.
            if value.sum.is_some() && (value.exact || state.is_plain(value.sum)) {
                let (least_a, least_b) = (least(state, value.sum.a), least(state, value.sum.b));
                let rest = hi.saturating_sub(value.sum.c);
                state.bound(value.sum.a, 0, rest.saturating_sub(least_b << value.sum.shift.min(16)));
                state.bound(value.sum.b, 0, rest.saturating_sub(least_a) >> value.sum.shift);
                let term = Sum { a: Id::NONE, c: 0, ..value.sum };
                if term.is_some() && value.sum.a.is_some() {
                    state.bound_sum(term, rest.saturating_sub(least_a));
                }
            }
        }
        self.facts.iter().for_each(|fact| state.learn(*fact));
        self.exact.iter().for_each(|sum| state.learn_exact(*sum));
    }

    /// Applies them to a value.
    pub fn apply_to(&self, mut value: Value) -> Value {
        let id = value.id;
        let mine = self.bounds.iter().filter(|(of, ..)| of.id.is_some() && of.id == id);
        for (_, lo, hi) in mine {
            value = value.as_number();
            (value.lo, value.hi) = (value.lo.max(*lo), value.hi.min(*hi));
        }
        if let crate::value::Place::Memory(memory) = value.place {
            let sum = value.distance();
            let like = self.facts.iter().filter(|fact| {
                let terms = Sum { c: fact.sum.c, ..sum } == fact.sum;
                fact.of == Origin::MemoryLength(memory) && terms && fact.from <= sum.c
            });
            value.room = like.map(|fact| fact.sum.c - sum.c).max().unwrap_or(0).max(value.room);
        }
        value
    }
}

fn least(state: &State, id: crate::value::Id) -> i64 {
    if !id.is_some() {
        return 0;
    }
    state.bounds(id).map_or(0, |(lo, _)| lo.clamp(0, 1 << 32))
}

/// What follows from a condition on the flags; `None` when it cannot hold.
pub fn consequences(state: &State, condition: ConditionCode) -> Option<Consequences> {
    match state.flags {
        Flags::Unknown => Some(Consequences::default()),
        Flags::Added(sum) => {
            let mut consequences = Consequences::default();
            if condition == ConditionCode::ae {
                consequences.exact.push(sum.sum);
            }
            Some(consequences)
        }
        Flags::Tested(one, other, bits) => {
            // `x & x` compared with zero: there is neither carry nor overflow.
            if (one != other) || bits == 16 {
                return Some(Consequences::default());
            }
            let condition = match condition {
                ConditionCode::s => ConditionCode::l,
                ConditionCode::ns => ConditionCode::ge,
                other => other,
            };
            compare(state, &one, &Value::constant(0), bits, condition)
        }
        Flags::Compared(one, other, bits) => compare(state, &one, &other, bits, condition),
    }
}

/// Of `one` and `other`, as numbers of so many bits.
fn compare(state: &State, one: &Value, other: &Value, bits: u32, condition: ConditionCode) -> Option<Consequences> {
    let view = |value: &Value| {
        let value = state.refreshed(value);
        if bits == 32 { state.low(&value.as_number()) } else { value.as_number() }
    };
    // Operands of 8 bits are numbers of 8 bits already; constants of 16 are not.
    if bits == 16 {
        return Some(Consequences::default());
    }
    let (one, other) = (view(one), view(other));
    let signed = one.lo >= 0 && other.lo >= 0 && (bits == 64 || one.hi.max(other.hi) < 1 << (bits - 1));
    let mut result = Consequences::default();
    match condition {
        ConditionCode::b => less(state, &one, &other, true, &mut result)?,
        ConditionCode::be => less(state, &one, &other, false, &mut result)?,
        ConditionCode::a => less(state, &other, &one, true, &mut result)?,
        ConditionCode::ae => less(state, &other, &one, false, &mut result)?,
        ConditionCode::l if signed => less(state, &one, &other, true, &mut result)?,
        ConditionCode::le if signed => less(state, &one, &other, false, &mut result)?,
        ConditionCode::g if signed => less(state, &other, &one, true, &mut result)?,
        ConditionCode::ge if signed => less(state, &other, &one, false, &mut result)?,
        ConditionCode::l if bits == 64 => less_signed(&one, &other, 1, &mut result)?,
        ConditionCode::le if bits == 64 => less_signed(&one, &other, 0, &mut result)?,
        ConditionCode::g if bits == 64 => less_signed(&other, &one, 1, &mut result)?,
        ConditionCode::ge if bits == 64 => less_signed(&other, &one, 0, &mut result)?,
        ConditionCode::e => {
            let (lo, hi) = (one.lo.max(other.lo), one.hi.min(other.hi));
            if lo > hi {
                return None;
            }
            result.bounds.extend([(one, lo, hi), (other, lo, hi)]);
            element_type(state, &one, &other, true, &mut result);
        }
        ConditionCode::ne => {
            differ(&one, &other, &mut result)?;
            differ(&other, &one, &mut result)?;
            element_type(state, &one, &other, false, &mut result);
        }
        _ => {}
    }
    Some(result)
}

/// That a number is not a constant.
fn differ(one: &Value, other: &Value, result: &mut Consequences) -> Option<()> {
    let Some(constant) = other.as_constant() else { return Some(()) };
    let lo = if one.lo == constant { one.lo.checked_add(1)? } else { one.lo };
    let hi = if one.hi == constant { one.hi.checked_sub(1)? } else { one.hi };
    if lo > hi {
        return None;
    }
    result.bounds.push((*one, lo, hi));
    Some(())
}

/// That `one` is below `other`, or not above it, both without a sign.
fn less(state: &State, one: &Value, other: &Value, strictly: bool, result: &mut Consequences) -> Option<()> {
    let by = i64::from(strictly);
    // The length that the right side is, plus a constant.
    let terms = other.terms();
    let lengths = state.origins(terms.a).filter(|_| !terms.b.is_some() && other.exact);
    // The opposite may be known.
    let mut opposites = state.origins(one.terms().a).filter(|_| !one.terms().b.is_some() && one.exact);
    let contradicts = |of: Origin| {
        let room = state.room(other.terms(), of).and_then(|room| room.checked_add(one.terms().c));
        room.is_some_and(|room| room >= 1 - by) && other.exact
    };
    if opposites.any(contradicts) {
        return None;
    }
    if other.is_positive() {
        let (lo, hi) = (one.lo.max(0), one.hi.min(other.hi.checked_sub(by)?));
        if lo > hi {
            return None;
        }
        result.bounds.push((*one, lo, hi));
        if one.lo >= 0 {
            let lo = one.lo + by;
            if lo > other.hi {
                return None;
            }
            result.bounds.push((*other, other.lo.max(lo), other.hi));
        }
    }
    let sum = one.terms();
    // What is not exact was compared as it is, wrapped or not.
    let exact = one.exact || state.is_exact(sum);
    let from = if exact { 0 } else { sum.c };
    for of in lengths.filter(|_| sum.is_some() || one.is_positive()) {
        if let Some(sum) = sum.plus(by - terms.c) {
            result.facts.push(Fact { sum, from, of });
        }
    }
    if let Some(constant) = other.as_constant().filter(|constant| *constant >= 0)
        && exact
        && sum.is_some()
        && let Some(sum) = sum.plus(by - constant)
    {
        result.facts.push(Fact { sum, from: i64::MIN, of: Origin::Zero });
    }
    Some(())
}

/// That `one` is less than `other` by so much at least, both with a sign.
fn less_signed(one: &Value, other: &Value, by: i64, result: &mut Consequences) -> Option<()> {
    let hi = one.hi.min(other.hi.saturating_sub(by));
    let lo = other.lo.max(one.lo.saturating_add(by));
    if hi < one.lo || lo > other.hi {
        return None;
    }
    result.bounds.extend([(*one, one.lo, hi), (*other, lo, other.hi)]);
    Some(())
}

/// That the type of an element is a certain one; or that it is not that of null.
fn element_type(state: &State, one: &Value, other: &Value, equal: bool, result: &mut Consequences) {
    let null = i64::from(abi::layout::NO_TYPE);
    let Some(constant) = other.as_constant() else { return };
    let types =
        state.origins(one.id).find(|origin| matches!(origin, Origin::ElementType(..) | Origin::ReferenceType(_)));
    let Some(of) = types else { return };
    if equal && constant != null {
        result.facts.push(Fact { sum: Sum { c: 1, ..Sum::default() }, from: 0, of });
    }
    if !equal && constant == null {
        result.facts.push(Fact { sum: Sum::default(), from: 0, of });
    }
}
