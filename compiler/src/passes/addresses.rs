//! Addresses of the fixed linear memory. An index is a sum of 32 bits, which may wrap, so Cranelift computes it before it is extended
//! to an address. Where it is known not to wrap, or to be out of bounds when it does, its constant belongs in the displacement.
//!
//! An access tells something about the index for everything that it dominates: it would have trapped if the index had been too
//! near to the end of the index space. Ranges of values do so too.

mod exact;

use abi::layout::FIXED_MEMORY_BASE;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef, types};
use rustc_hash::FxHashMap;

use super::address_form::{Access, Sum, Terms, constant};
use super::pairs::{Pairs, REACH};
use super::ranges::Ranges;
use crate::memory_plan::{Base, Bounds};
use crate::translate::Environment;
use exact::exact;

/// Number of 32-bit indices.
const INDEX_SPACE: i64 = 1 << 32;

/// Most facts to keep of one sum.
const MAX_FACTS: usize = 8;

/// The most bytes that the fixed memory can have, when its accesses are unchecked.
fn limit(env: Environment) -> Option<i64> {
    let mut memories = env.facts.memories.iter();
    let (location, plan) = memories.find(|(_, plan)| plan.base == Base::Fixed && plan.bounds == Bounds::Reserved)?;
    Some(plan.max_byte_length(env.program.memory(*location)) as i64)
}

/// Rewrites addresses along a walk over the dominator tree.
pub(super) struct Addresses<'a> {
    limit: i64,
    facts: Facts,
    /// What finds sums that accesses can do themselves.
    pub(super) pairs: Option<Pairs<'a>>,
}

impl Addresses<'_> {
    /// `None` when no memory is at the fixed place.
    pub(super) fn new(env: Environment) -> Option<Self> {
        Some(Addresses { limit: limit(env)?, facts: Facts::default(), pairs: None })
    }

    /// A position to come back to.
    pub(super) fn mark(&self) -> usize {
        self.facts.log.len()
    }

    /// Forgets what was learnt since the mark.
    pub(super) fn forget(&mut self, mark: usize) {
        self.facts.forget(mark);
    }

    /// The walk is at an instruction.
    pub(super) fn visit(&mut self, function: &mut Function, ranges: Option<&Ranges>, inst: Inst) {
        if let Some(access) = Access::of(&function.dfg, inst)
            && let Some((index, offset)) = access.index_and_offset(&function.dfg)
        {
            self.access(function, ranges, inst, Index { value: index, extended: access.address, offset }, access.size);
        }
    }

    fn access(&mut self, function: &mut Function, ranges: Option<&Ranges>, inst: Inst, index: Index, size: u8) {
        let sum = Sum::of(&function.dfg, index.value);
        if sum.terms[0].is_none() {
            return;
        }
        let offset = index.offset;
        let wanted = Wanted { constant: sum.constant, offset, size: size.into(), limit: self.limit };
        if let Some((at, base, offset)) = self.facts.find(&sum.terms, &wanted) {
            rewrite(function, inst, base, offset);
            self.facts.learn(&sum.terms, at, offset, wanted.size);
            return;
        }
        // The index is this and a distance, which belongs in the displacement.
        let exact = ranges.and_then(|ranges| exact(&function.dfg, ranges, index.value));
        let (rest, distance) = exact
            .filter(|(_, distance)| wanted.offset_by(*distance).is_some())
            .or_else(|| below(function, index.value, &wanted).map(|(rest, distance)| (rest, -distance)))
            .unwrap_or((index.value, 0));
        let offset = offset + distance;
        let constant = sum.constant.wrapping_sub(distance as u32);
        let (base, reach) = match self.pair(function, ranges, inst, rest, offset + wanted.size) {
            Some(pair) => (pair, REACH),
            None if distance == 0 => (index.extended, i64::MAX),
            None => (extend(function, inst, rest), i64::MAX),
        };
        rewrite(function, inst, base, offset);
        self.facts.add(sum.terms, Fact { reach, ..Fact::new(constant, base, offset, wanted.size) });
    }

    /// The index of an access, which ends at `extent` from that, as a sum that the access can do itself.
    fn pair(
        &mut self,
        function: &mut Function,
        ranges: Option<&Ranges>,
        inst: Inst,
        index: Value,
        extent: i64,
    ) -> Option<Value> {
        let pairs = self.pairs.as_mut().filter(|_| extent <= REACH)?;
        pairs.pair(function, ranges, inst, index, INDEX_SPACE - self.limit + extent)
    }
}

/// The index of an access.
struct Index {
    value: Value,
    /// As an i64.
    extended: Value,
    /// The offset of the access.
    offset: i64,
}

/// When the index is a little less than a value, and out of bounds if that wraps: the value, and by how much.
fn below(function: &Function, index: Value, wanted: &Wanted) -> Option<(Value, i64)> {
    let dfg = &function.dfg;
    let ValueDef::Result(inst, _) = dfg.value_def(index) else { return None };
    let (rest, distance) = match dfg.insts[inst] {
        InstructionData::Binary { opcode: Opcode::Iadd, args: [x, y] } => (x, -constant(dfg, y)?),
        InstructionData::Binary { opcode: Opcode::Isub, args: [x, y] } => (x, constant(dfg, y)?),
        _ => return None,
    };
    wanted.traps_below(distance).then_some((rest, distance))
}

/// A 32-bit value as an i64, for an instruction.
pub(super) fn extend(function: &mut Function, inst: Inst, value: Value) -> Value {
    let source = function.srcloc(inst);
    FuncCursor::new(function).at_inst(inst).with_srcloc(source).ins().uextend(types::I64, value)
}

/// `offset`: of the wasm access, from `base`.
fn rewrite(function: &mut Function, inst: Inst, base: Value, offset: i64) {
    let displacement = (offset + FIXED_MEMORY_BASE as i64) as i32;
    match &mut function.dfg.insts[inst] {
        InstructionData::Load { arg: address, offset, .. }
        | InstructionData::Store { args: [_, address], offset, .. } => {
            *address = base;
            *offset = displacement.into();
        }
        other => unreachable!("{other:?} has no displacement"),
    }
}

/// An access that is to be expressed by a fact.
struct Wanted {
    /// The constant of the index.
    constant: u32,
    offset: i64,
    size: i64,
    /// The most bytes that the memory can have.
    limit: i64,
}

impl Wanted {
    /// The offset from the base of a fact at which this access takes place, or traps as it should.
    fn offset_from(&self, fact: &Fact) -> Option<i64> {
        let ahead = i64::from(self.constant.wrapping_sub(fact.constant));
        let behind = INDEX_SPACE - ahead;
        let offset = if self.limit - fact.extent + ahead < INDEX_SPACE {
            self.offset + ahead
        } else if behind <= fact.least || self.traps_below(behind) {
            self.offset - behind
        } else {
            return None;
        };
        Wanted::displaced(offset).filter(|offset| offset + self.size <= fact.reach)
    }

    /// The offset with a part of the index added, which is no less than the start of the index space by more than nothing is mapped.
    fn offset_by(&self, constant: i64) -> Option<i64> {
        if constant < -(FIXED_MEMORY_BASE as i64) {
            return None;
        }
        Wanted::displaced(self.offset + constant)
    }

    /// An offset, if there is a displacement for it.
    fn displaced(offset: i64) -> Option<i64> {
        i32::try_from(offset + FIXED_MEMORY_BASE as i64).is_ok().then_some(offset)
    }

    /// Whether the access at an index that is `distance` less than some value traps if that wraps, and does so too if the
    /// distance is in the displacement: it then begins below the memory, where nothing is mapped.
    fn traps_below(&self, distance: i64) -> bool {
        let wraps_to = INDEX_SPACE - distance;
        let near = (1..=FIXED_MEMORY_BASE as i64).contains(&distance);
        near && self.offset == 0 && wraps_to + self.size > self.limit
    }
}

/// What an access that took place says about an index.
#[derive(Clone, Copy)]
struct Fact {
    /// The constant of the sum that the index is.
    constant: u32,
    /// The index, as an i64.
    base: Value,
    /// So many bytes from the index on are within the largest memory.
    extent: i64,
    /// The index is not less than this.
    least: i64,
    /// The largest offset from the base at which an access may end.
    reach: i64,
}

impl Fact {
    /// Of an access of `size` bytes at `offset` from `base`.
    fn new(constant: u32, base: Value, offset: i64, size: i64) -> Self {
        Fact { constant, base, extent: offset + size, least: -offset, reach: i64::MAX }
    }
}

/// What is known where the walk over the dominator tree is.
#[derive(Default)]
struct Facts {
    known: FxHashMap<Terms, Vec<Fact>>,
    log: Vec<Change>,
}

enum Change {
    Added(Terms),
    Learnt(Terms, usize, Fact),
}

impl Facts {
    /// The first fact that the access can be expressed by: its position, the base, and the offset from that.
    fn find(&self, terms: &Terms, wanted: &Wanted) -> Option<(usize, Value, i64)> {
        let facts = self.known.get(terms)?.iter().enumerate();
        facts.filter_map(|(at, fact)| Some((at, fact.base, wanted.offset_from(fact)?))).next()
    }

    fn add(&mut self, terms: Terms, fact: Fact) {
        let facts = self.known.entry(terms).or_default();
        if facts.len() < MAX_FACTS {
            facts.push(fact);
            self.log.push(Change::Added(terms));
        }
    }

    /// Notes that an access of `size` bytes at `offset` from the base of a fact takes place.
    fn learn(&mut self, terms: &Terms, at: usize, offset: i64, size: i64) {
        let Some(fact) = self.known.get_mut(terms).and_then(|facts| facts.get_mut(at)) else { return };
        if fact.extent < offset + size || fact.least < -offset {
            self.log.push(Change::Learnt(*terms, at, *fact));
            fact.extent = fact.extent.max(offset + size);
            fact.least = fact.least.max(-offset);
        }
    }

    fn forget(&mut self, mark: usize) {
        for change in self.log.drain(mark..).rev() {
            match change {
                Change::Added(terms) => drop(self.known.get_mut(&terms).and_then(Vec::pop)),
                Change::Learnt(terms, at, old) => {
                    if let Some(fact) = self.known.get_mut(&terms).and_then(|facts| facts.get_mut(at)) {
                        *fact = old;
                    }
                }
            }
        }
    }
}
