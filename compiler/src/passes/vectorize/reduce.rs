//! Reductions: integers that a loop carries, and to which each iteration only adds. A sum modulo 2^n may be made in any order, so each
//! lane of a vector adds up some of the terms.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{InstructionData, Opcode, Type, Value, types};
use rustc_hash::FxHashMap;

use super::linear::{Body, Role, Source};
use super::pack::{Lane, Operation, PackId, Packer, VECTOR_BYTES};

/// Most terms of a sum in one iteration.
const MAX_TERMS: usize = 32;
/// Most vectors of one kind in a round. So many masks or bytes are added up in lanes of their size, or of twice that.
const MAX_VECTORS: usize = 64;
/// How many values are looked at to find out where a term comes from.
const MAX_VISITS: usize = 16;

/// A sum that a parameter of the header is.
#[derive(Debug)]
pub(super) struct Reduction {
    /// Number of the parameter.
    parameter: usize,
    /// Its type, I32 or I64.
    ty: Type,
    /// What an iteration adds, by kind: what lanes are made of.
    terms: Vec<(Kind, Vec<Value>)>,
}

/// How a term is made of a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Kind {
    /// The type of the lane, which is extended to the sum's.
    pub(super) lane: Type,
    /// What the lane is.
    pub(super) form: Form,
    /// Whether the lane is subtracted.
    pub(super) subtracted: bool,
}

/// What a lane is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// A number with a sign or without.
    Number { signed: bool },
    /// The mask of a comparison of numbers with signs or without, -1 where it holds.
    Mask { signed: bool },
}

impl Kind {
    /// Whether the sign of the lane is extended.
    pub(super) fn is_signed(self) -> bool {
        self.form != Form::Number { signed: false }
    }

    /// Whether the sum of many lanes fits into one.
    pub(super) fn is_mask(self) -> bool {
        matches!(self.form, Form::Mask { .. })
    }

    /// Lanes of a vector.
    pub(super) fn lanes(self) -> usize {
        (VECTOR_BYTES / self.lane.bytes()) as usize
    }
}

/// A value of 32 bits that must fit into a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Narrow {
    /// It does not change in the loop.
    pub(super) value: Value,
    /// The type of the lane.
    pub(super) lane: Type,
    /// Whether its sign is extended.
    pub(super) signed: bool,
}

/// Vectors that a round adds to a sum.
#[derive(Debug)]
pub(super) struct Accumulation {
    /// Number of the header's parameter.
    pub(super) parameter: usize,
    /// Its type.
    pub(super) ty: Type,
    /// The vectors, by kind.
    pub(super) parts: Vec<(Kind, Vec<PackId>)>,
}

/// The reductions of a loop, whose parameters get that role. Nothing if there is a parameter that changes in yet another way.
pub(super) fn find(body: &mut Body<'_>) -> Option<Vec<Reduction>> {
    let parameters: Vec<usize> = (0..body.roles.len()).filter(|at| body.roles[*at] == Role::Other).collect();
    if parameters.is_empty() {
        return Some(Vec::new());
    }
    let uses = uses(body);
    let reductions = parameters.iter().map(|parameter| reduction(body, &uses, *parameter));
    let reductions = reductions.collect::<Option<Vec<Reduction>>>()?;
    for parameter in parameters {
        body.roles[parameter] = Role::Reduced;
    }
    Some(reductions)
}

/// How often the loop uses each value, other than at its exits.
fn uses(body: &Body<'_>) -> FxHashMap<Value, u32> {
    let mut uses = FxHashMap::default();
    let operands = body.chain.body.iter().flat_map(|inst| body.function.dfg.inst_args(*inst));
    for value in operands.chain(&body.chain.next) {
        *uses.entry(body.resolve(*value)).or_default() += 1;
    }
    uses
}

/// The sum that a parameter is, if nothing else in the loop knows of it.
fn reduction(body: &Body<'_>, uses: &FxHashMap<Value, u32>, parameter: usize) -> Option<Reduction> {
    let before = body.function.dfg.block_params(body.chain.header)[parameter];
    let ty = body.value_type(before);
    if ty != types::I32 && ty != types::I64 {
        return None;
    }
    let mut terms: Vec<(Kind, Vec<Value>)> = Vec::new();
    let mut pending = vec![(body.resolve(body.chain.next[parameter]), false)];
    let (mut count, mut found) = (0, false);
    while let Some((value, subtracted)) = pending.pop() {
        let once = uses.get(&value) == Some(&1);
        if value == before {
            if !once || subtracted {
                return None;
            }
            found = true;
            continue;
        }
        if let Some((opcode, args)) = sum(body, value)
            && once
        {
            let [x, y] = args.map(|value| body.resolve(value));
            pending.extend([(x, subtracted), (y, subtracted ^ (opcode == Opcode::Isub))]);
            continue;
        }
        count += 1;
        if count > MAX_TERMS {
            return None;
        }
        let (kind, value) = term(body, value, ty, subtracted)?;
        match terms.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, terms)) => terms.push(value),
            None => terms.push((kind, vec![value])),
        }
    }
    found.then_some(Reduction { parameter, ty, terms })
}

/// The operands of a sum or a difference.
fn sum(body: &Body<'_>, value: Value) -> Option<(Opcode, [Value; 2])> {
    let Source::Body(at) = body.source(value) else { return None };
    match *body.inst(at) {
        InstructionData::Binary { opcode: opcode @ (Opcode::Iadd | Opcode::Isub), args } => Some((opcode, args)),
        _ => None,
    }
}

/// How a term of a sum of type `ty` is made of lanes, and which value they are: what is extended, or a comparison.
fn term(body: &Body<'_>, value: Value, ty: Type, subtracted: bool) -> Option<(Kind, Value)> {
    let (mut source, mut extended) = (value, None);
    while let Source::Body(at) = body.source(source) {
        let (next, signed) = match *body.inst(at) {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => (Ok(body.resolve(arg)), false),
            InstructionData::Unary { opcode: Opcode::Sextend, arg } => (Ok(body.resolve(arg)), true),
            InstructionData::Load { opcode, .. } => match narrow(opcode) {
                Some((lane, signed)) => (Err(Kind { lane, form: Form::Number { signed }, subtracted }), signed),
                None => break,
            },
            InstructionData::IntCompare { .. } if extended == Some(false) => {
                let (lane, signed) = compared(body, at)?;
                return Some((Kind { lane, form: Form::Mask { signed }, subtracted: !subtracted }, source));
            }
            _ => break,
        };
        // Bits above the sign are not those of a number with a sign then. What has no sign is extended either way.
        if signed && extended == Some(false) {
            break;
        }
        match next {
            Ok(next) => (source, extended) = (next, Some(signed)),
            Err(kind) => return Some((kind, source)),
        }
    }
    let lane = body.value_type(source);
    let form = Form::Number { signed: extended == Some(true) };
    matches!(lane, types::I32 | types::I64)
        .then_some((Kind { lane, form, subtracted }, source))
        .filter(|_| extended.is_some() || lane == ty)
}

/// What a load extends, and whether with its sign.
fn narrow(opcode: Opcode) -> Option<(Type, bool)> {
    match opcode {
        Opcode::Uload8 => Some((types::I8, false)),
        Opcode::Sload8 => Some((types::I8, true)),
        Opcode::Uload16 => Some((types::I16, false)),
        Opcode::Sload16 => Some((types::I16, true)),
        Opcode::Uload32 => Some((types::I32, false)),
        Opcode::Sload32 => Some((types::I32, true)),
        _ => None,
    }
}

/// In lanes of which type integers can be compared, and whether those have a sign.
fn compared(body: &Body<'_>, at: usize) -> Option<(Type, bool)> {
    let InstructionData::IntCompare { cond, args, .. } = *body.inst(at) else { return None };
    let args = args.map(|value| body.resolve(value));
    let loaded = args.map(|value| match body.source(value) {
        Source::Body(at) => narrow(body.inst(at).opcode()),
        _ => None,
    });
    let equality = matches!(cond, IntCC::Equal | IntCC::NotEqual);
    let Some((lane, signed)) = loaded[0].or(loaded[1]) else {
        let possible = equality || cond.unsigned() != cond;
        return (body.value_type(args[0]) == types::I32 && possible).then_some((types::I32, true));
    };
    // Numbers without a sign that were extended are in the same order with a sign and without.
    let ordered = match (lane, signed) {
        (_, true) => cond.unsigned() != cond,
        (types::I8, false) => true,
        _ => false,
    };
    let fits = |at: usize| {
        let constant = |value| body.integer(value).map(|constant| i64::from(constant as i32));
        let range = if signed { -1 << (lane.bits() - 1)..1 << (lane.bits() - 1) } else { 0..1i64 << lane.bits() };
        // What does not change is compared with the range before the loop.
        let unchanged = match body.source(args[at]) {
            Source::Outside => true,
            Source::Parameter(parameter) => body.roles[parameter] == Role::Step(0),
            Source::Body(_) => false,
        };
        loaded[at] == Some((lane, signed)) || constant(args[at]).map_or(unchanged, |constant| range.contains(&constant))
    };
    let narrow = lane.bits() < 32 && body.value_type(args[0]) == types::I32;
    (narrow && (equality || ordered) && fits(0) && fits(1)).then_some((lane, signed))
}

/// Of how many iterations a round must be made for these reductions.
pub(super) fn copies(reductions: &[Reduction]) -> Option<u32> {
    let kinds = reductions.iter().flat_map(|reduction| &reduction.terms);
    // Both are powers of two: the lanes, and what divides them.
    kinds.map(|(kind, terms)| (kind.lanes() as u32) >> terms.len().trailing_zeros().min(kind.lanes().ilog2())).max()
}

/// Whether numbers are widened to be added up, which is done for several vectors at once.
pub(super) fn widens(reductions: &[Reduction]) -> bool {
    reductions.iter().any(|reduction| reduction.terms.iter().any(|(kind, _)| kind.lane != reduction.ty))
}

impl Packer<'_, '_> {
    /// Makes vectors of the terms of a sum.
    pub(super) fn reduce(&mut self, reduction: &Reduction) -> Option<()> {
        let mut parts = Vec::new();
        for (kind, terms) in &reduction.terms {
            let copies = (0..self.packing.copies).flat_map(|copy| terms.iter().map(move |value| (*value, copy)));
            let mut lanes: Vec<(Value, u32)> = copies.collect();
            lanes.sort_by_cached_key(|(value, copy)| self.place(*value, *copy));
            if !lanes.len().is_multiple_of(kind.lanes()) || lanes.len() / kind.lanes() > MAX_VECTORS {
                return None;
            }
            let vectors = lanes.chunks(kind.lanes()).map(|lanes| self.terms(*kind, lanes));
            let vectors = vectors.collect::<Option<Vec<PackId>>>()?;
            parts.push((*kind, vectors));
        }
        self.packing.accumulations.push(Accumulation { parameter: reduction.parameter, ty: reduction.ty, parts });
        Some(())
    }

    /// Where in memory a value comes from, in this copy of the body: the group and the offset of the first load that is found.
    fn place(&self, value: Value, copy: u32) -> (usize, i64) {
        let mut pending = vec![value];
        for _ in 0..MAX_VISITS {
            let Some(value) = pending.pop() else { break };
            let Source::Body(at) = self.body.source(self.body.resolve(value)) else { continue };
            if let Some(access) = self.accesses.at[at].map(|access| &self.accesses.list[access]) {
                let moved = i64::from(copy) * self.accesses.groups[access.group].stride;
                return (access.group, access.offset + moved);
            }
            pending.extend(self.body.function.dfg.inst_args(self.body.chain.body[at]).iter().rev());
        }
        (usize::MAX, i64::from(copy))
    }

    /// The vector of these terms, each with its copy of the body.
    fn terms(&mut self, kind: Kind, lanes: &[(Value, u32)]) -> Option<PackId> {
        let Form::Mask { signed } = kind.form else {
            let lanes = lanes.iter().map(|(value, copy)| self.lane(*value, *copy));
            return self.pack(&lanes.collect::<Option<Vec<_>>>()?, kind.lane);
        };
        let nodes = lanes.iter().map(|(value, copy)| match self.body.source(*value) {
            Source::Body(at) => Some((at, *copy)),
            _ => None,
        });
        let nodes = nodes.collect::<Option<Vec<(usize, u32)>>>()?;
        let (mask, inverted) = match kind.lane {
            types::I32 => self.compare(&nodes, types::I32)?,
            _ => self.compare_narrow(&nodes, kind.lane, signed)?,
        };
        let vector = kind.lane.by(lanes.len() as u32)?;
        if inverted { self.push(vector, Operation::Unary(Opcode::Bnot, mask)) } else { Some(mask) }
    }

    /// The mask of comparisons of what fits into lanes of type `lane`, and whether it is to be inverted.
    fn compare_narrow(&mut self, nodes: &[(usize, u32)], lane: Type, signed: bool) -> Option<(PackId, bool)> {
        let condition = |at: usize| match *self.body.inst(at) {
            InstructionData::IntCompare { cond, .. } if signed => Some(cond),
            InstructionData::IntCompare { cond, .. } => Some(cond.unsigned()),
            _ => None,
        };
        let first = condition(nodes[0].0)?;
        if nodes.iter().any(|(at, _)| condition(*at) != Some(first)) {
            return None;
        }
        // These are one instruction, or two.
        let signed_order = matches!(first, IntCC::SignedGreaterThan | IntCC::SignedLessThan);
        let order = matches!(first, IntCC::UnsignedGreaterThanOrEqual | IntCC::UnsignedLessThanOrEqual);
        let direct = first == IntCC::Equal || signed_order || order;
        let condition = if direct { first } else { first.complement() };
        let (x, y) = (self.operand(nodes, 0, lane)?, self.operand(nodes, 1, lane)?);
        let operands = nodes.iter().flat_map(|(at, _)| self.body.function.dfg.inst_args(self.body.chain.body[*at]));
        for operand in operands {
            if let Some(Lane::Invariant(value)) = self.lane(*operand, 0) {
                let needed = Narrow { value, lane, signed };
                if !self.packing.narrow.contains(&needed) {
                    self.packing.narrow.push(needed);
                }
            }
        }
        let vector = lane.by(nodes.len() as u32)?;
        Some((self.push(vector, Operation::CompareIntegers(condition, x, y))?, !direct))
    }
}
