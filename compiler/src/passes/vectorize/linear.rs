//! What a loop computes with: sums of constants, values from outside and the loop's counters.

use std::cell::RefCell;

use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Type, Value, ValueDef, types};
use rustc_hash::FxHashMap;

use super::loops::Loop;

/// Most terms of a sum.
const MAX_TERMS: usize = 4;
/// How far definitions outside the loop are followed.
const OUTSIDE_DEPTH: u32 = 4;

/// A sum modulo 2^32.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Linear {
    /// Values and their factors, which are not zero; ascending.
    pub(super) terms: Vec<(Value, i32)>,
    /// The constant part.
    pub(super) constant: i32,
}

impl Linear {
    fn constant(constant: i32) -> Self {
        Linear { terms: Vec::new(), constant }
    }

    fn value(value: Value) -> Self {
        Linear { terms: vec![(value, 1)], constant: 0 }
    }

    fn scaled(&self, factor: i32) -> Self {
        let terms = self.terms.iter().map(|(value, by)| (*value, by.wrapping_mul(factor)));
        Linear { terms: terms.filter(|(_, by)| *by != 0).collect(), constant: self.constant.wrapping_mul(factor) }
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let mut terms = self.terms.clone();
        for (value, by) in &other.terms {
            match terms.binary_search_by_key(value, |(value, _)| *value) {
                Ok(at) => terms[at].1 = terms[at].1.wrapping_add(*by),
                Err(at) => terms.insert(at, (*value, *by)),
            }
        }
        terms.retain(|(_, by)| *by != 0);
        let constant = self.constant.wrapping_add(other.constant);
        (terms.len() <= MAX_TERMS).then_some(Linear { terms, constant })
    }
}

/// Where a value comes from, as the loop sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// The header's parameter of this number.
    Parameter(usize),
    /// The instruction at this position of the body.
    Body(usize),
    /// Outside the loop.
    Outside,
}

/// How a parameter of the header changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// By this constant in each iteration; perhaps not at all.
    Step(i64),
    /// It is the result of the load at this position of the body, in the iteration before.
    Carried(usize),
    /// It is a [`Reduction`](super::reduce::Reduction).
    Reduced,
    /// In another way.
    Other,
}

/// A loop, with what is known of its values.
pub(super) struct Body<'a> {
    /// The function it is in.
    pub(super) function: &'a Function,
    /// The loop.
    pub(super) chain: &'a Loop,
    /// How the header's parameters change.
    pub(super) roles: Vec<Role>,
    parameters: FxHashMap<Value, usize>,
    positions: FxHashMap<Inst, usize>,
    sums: RefCell<FxHashMap<Value, Option<Linear>>>,
}

impl<'a> Body<'a> {
    /// Nothing if a parameter of the header changes in another way than by a step, or being loaded.
    pub(super) fn new(function: &'a Function, chain: &'a Loop) -> Option<Self> {
        let body = Body::with_others(function, chain);
        (!body.roles.contains(&Role::Other)).then_some(body)
    }

    /// The parameters may change in any way.
    pub(super) fn with_others(function: &'a Function, chain: &'a Loop) -> Self {
        let parameters = function.dfg.block_params(chain.header);
        let mut body = Body {
            function,
            chain,
            roles: Vec::new(),
            parameters: parameters.iter().enumerate().map(|(at, value)| (*value, at)).collect(),
            positions: chain.body.iter().enumerate().map(|(at, inst)| (*inst, at)).collect(),
            sums: RefCell::default(),
        };
        let roles = parameters.iter().zip(&chain.next).map(|(value, next)| body.role(*value, *next));
        body.roles = roles.map(|role| role.unwrap_or(Role::Other)).collect();
        body
    }

    fn role(&self, parameter: Value, next: Value) -> Option<Role> {
        let next = self.resolve(next);
        if next == parameter {
            return Some(Role::Step(0));
        }
        if let Source::Body(at) = self.source(next)
            && self.function.dfg.insts[self.chain.body[at]].opcode() == Opcode::Load
        {
            return Some(Role::Carried(at));
        }
        match self.function.dfg.value_type(parameter) {
            types::I32 => {
                let sum = self.linear(next)?;
                (sum.terms == [(parameter, 1)]).then_some(Role::Step(sum.constant.into()))
            }
            types::I64 => {
                let (Opcode::Iadd, [x, y]) = self.operation(next)? else { return None };
                if x == parameter { self.integer(y).map(Role::Step) } else { None }
            }
            _ => None,
        }
    }

    /// The value that stands for `value`.
    pub(super) fn resolve(&self, value: Value) -> Value {
        let mut value = self.function.dfg.resolve_aliases(value);
        while let Some(next) = self.chain.forwarded.get(&value) {
            value = self.function.dfg.resolve_aliases(*next);
        }
        value
    }

    /// Where a value, resolved, comes from.
    pub(super) fn source(&self, value: Value) -> Source {
        if let Some(at) = self.parameters.get(&value) {
            return Source::Parameter(*at);
        }
        let ValueDef::Result(inst, 0) = self.function.dfg.value_def(value) else { return Source::Outside };
        self.positions.get(&inst).map_or(Source::Outside, |at| Source::Body(*at))
    }

    /// The instruction that makes a value, resolved, wherever it is.
    pub(super) fn definition(&self, value: Value) -> Option<Inst> {
        self.function.dfg.value_def(value).inst()
    }

    /// The operator and the operands of what makes a value, when there are two.
    fn operation(&self, value: Value) -> Option<(Opcode, [Value; 2])> {
        match self.function.dfg.insts[self.definition(value)?] {
            InstructionData::Binary { opcode, args } => Some((opcode, args.map(|value| self.resolve(value)))),
            _ => None,
        }
    }

    /// An integer constant.
    pub(super) fn integer(&self, value: Value) -> Option<i64> {
        match self.function.dfg.insts[self.definition(value)?] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
            _ => None,
        }
    }

    /// Bits of a constant that is a number.
    pub(super) fn bits(&self, value: Value) -> Option<u64> {
        match self.function.dfg.insts[self.definition(value)?] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
            InstructionData::UnaryIeee32 { opcode: Opcode::F32const, imm } => Some(imm.bits().into()),
            InstructionData::UnaryIeee64 { opcode: Opcode::F64const, imm } => Some(imm.bits()),
            _ => None,
        }
    }

    /// A value of 32 bits, resolved, as a sum.
    pub(super) fn linear(&self, value: Value) -> Option<Linear> {
        self.sum(value, OUTSIDE_DEPTH)
    }

    fn sum(&self, value: Value, depth: u32) -> Option<Linear> {
        if self.value_type(value) != types::I32 {
            return None;
        }
        if let Some(known) = self.sums.borrow().get(&value) {
            return known.clone();
        }
        let sum = self.find_sum(value, depth);
        self.sums.borrow_mut().insert(value, sum.clone());
        sum
    }

    fn find_sum(&self, value: Value, depth: u32) -> Option<Linear> {
        if let Some(constant) = self.integer(value) {
            return Some(Linear::constant(constant as i32));
        }
        let source = self.source(value);
        match source {
            Source::Parameter(_) => return Some(Linear::value(value)),
            Source::Outside if depth == 0 => return Some(Linear::value(value)),
            Source::Outside | Source::Body(_) => {}
        }
        let sum = self.operation(value).and_then(|(opcode, [x, y])| self.sum_of(opcode, x, y, source, depth));
        match source {
            Source::Outside => Some(sum.unwrap_or_else(|| Linear::value(value))),
            _ => sum,
        }
    }

    fn sum_of(&self, opcode: Opcode, x: Value, y: Value, source: Source, depth: u32) -> Option<Linear> {
        // Outside, only constants are separated: what else is added is invariant like the sum.
        let outside = source == Source::Outside;
        let depth = if outside { depth - 1 } else { depth };
        let constant = self.integer(y).map(|constant| constant as i32);
        match (opcode, constant) {
            (Opcode::Iadd, Some(constant)) => self.sum(x, depth)?.plus(&Linear::constant(constant)),
            (Opcode::Isub, Some(constant)) => self.sum(x, depth)?.plus(&Linear::constant(constant.wrapping_neg())),
            _ if outside => None,
            (Opcode::Iadd, None) => self.sum(x, depth)?.plus(&self.sum(y, depth)?),
            (Opcode::Isub, None) => self.sum(x, depth)?.plus(&self.sum(y, depth)?.scaled(-1)),
            (Opcode::Imul, Some(constant)) => Some(self.sum(x, depth)?.scaled(constant)),
            (Opcode::Ishl, Some(constant)) => Some(self.sum(x, depth)?.scaled(1i32.wrapping_shl(constant as u32))),
            _ => None,
        }
    }

    /// How much a sum grows in each iteration.
    pub(super) fn stride(&self, terms: &[(Value, i32)]) -> Option<i64> {
        let mut stride = 0i32;
        for (value, by) in terms {
            let Source::Parameter(at) = self.source(*value) else { continue };
            let Role::Step(step) = self.roles[at] else { return None };
            stride = stride.wrapping_add((step as i32).wrapping_mul(*by));
        }
        Some(stride.into())
    }

    /// The type of a value.
    pub(super) fn value_type(&self, value: Value) -> Type {
        self.function.dfg.value_type(value)
    }

    /// The instruction at a position of the body.
    pub(super) fn inst(&self, at: usize) -> &'a InstructionData {
        &self.function.dfg.insts[self.chain.body[at]]
    }
}
