//! Groups equal work of several iterations into vectors, from the stores upwards.

use std::collections::HashMap;

use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::{InstructionData, Opcode, Type, Value, types};

use super::access::Accesses;
use super::linear::{Body, Role, Source};
use super::reduce::{self, Accumulation, Narrow, Reduction};

/// Bytes of a vector.
pub(super) const VECTOR_BYTES: u32 = 16;
/// Most vectors of a loop.
const MAX_PACKS: usize = 256;
/// Most accesses of all copies of a body.
const MAX_ACCESSES: usize = 256;
/// Bodies with fewer accesses are copied twice, to save on what the loop itself costs; not more often, so that short loops gain too.
const FEW_ACCESSES: usize = 16;
/// Not if there are more copies than this.
const FEW_COPIES: u32 = 2;

/// Number of a vector.
pub(super) type PackId = usize;

/// What a lane of a vector is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Lane {
    /// A value that does not change in the loop.
    Invariant(Value),
    /// A constant's bits.
    Constant(u64),
    /// The result of the instruction at this position of the body, in this copy of it.
    Node(usize, u32),
    /// The header's parameter of this number, at the start of the first copy.
    Carried(usize),
}

/// How a vector is made.
#[derive(Debug)]
pub(super) enum Operation {
    /// Of values that do not change in the loop, before it.
    Gather(Vec<Lane>),
    /// By a [`Transfer`].
    Load,
    /// The last lane of what this parameter's vector was before, then the first lanes of a vector.
    Splice(usize, PackId),
    /// Lane by lane.
    Unary(Opcode, PackId),
    /// Lane by lane.
    Binary(Opcode, PackId, PackId),
    /// Lane by lane, all by the same number of bits.
    Shift(Opcode, PackId, u8),
    /// All ones in lanes where it holds.
    CompareIntegers(IntCC, PackId, PackId),
    /// All ones in lanes where it holds.
    CompareFloats(FloatCC, PackId, PackId),
    /// Lanes of the second where the first is all ones, else of the third.
    Select(PackId, PackId, PackId),
}

/// A vector.
#[derive(Debug)]
pub(super) struct Pack {
    /// Its type.
    pub(super) ty: Type,
    /// How it is made.
    pub(super) operation: Operation,
    /// Whether its floats are compared. Cranelift takes the operand of such a comparison from memory even where that is not aligned
    /// and the processor insists on it.
    pub(super) compared: bool,
}

/// A load or store of a vector, in place of those of its lanes.
#[derive(Debug)]
pub(super) struct Transfer {
    /// What is loaded, or what is stored.
    pub(super) pack: PackId,
    /// The access of the first lane, and its copy.
    pub(super) first: (usize, u32),
    /// The accesses of all lanes: their positions among all copies of the body, ascending with the address.
    pub(super) members: Vec<usize>,
    /// Where it takes place.
    pub(super) position: usize,
    /// Whether it is a store.
    pub(super) stores: bool,
}

/// A parameter of the header that is the last lane of a vector.
#[derive(Debug)]
pub(super) struct Carry {
    /// Number of the parameter.
    pub(super) parameter: usize,
    /// The vector.
    pub(super) pack: PackId,
}

/// The vectors of a loop.
#[derive(Debug)]
pub(super) struct Packing {
    /// How many iterations of the loop make one with vectors: a power of two.
    pub(super) copies: u32,
    /// All vectors, operands first.
    pub(super) packs: Vec<Pack>,
    /// Loads and stores in order.
    pub(super) transfers: Vec<Transfer>,
    /// What one iteration leaves to the next.
    pub(super) carries: Vec<Carry>,
    /// What is added up.
    pub(super) accumulations: Vec<Accumulation>,
    /// What must fit into narrow lanes.
    pub(super) narrow: Vec<Narrow>,
}

/// The vectors of a loop, if all that it stores or adds up can be in vectors.
pub(super) fn plan(body: &Body<'_>, accesses: &Accesses, reductions: &[Reduction]) -> Option<Packing> {
    let runs = runs(accesses)?;
    let lanes = |run: &Vec<usize>| VECTOR_BYTES / accesses.list[run[0]].lane.bytes();
    let copies = runs.iter().map(|run| (lanes(run) >> run.len().trailing_zeros()).max(1));
    let copies = copies.chain(reduce::copies(reductions)).max()?;
    let length = body.chain.body.len();
    let gains = copies <= FEW_COPIES || reduce::widens(reductions);
    let few = gains && copies as usize * accesses.list.len() <= FEW_ACCESSES;
    let copies = if few { 2 * copies } else { copies };
    if copies as usize * accesses.list.len() > MAX_ACCESSES {
        return None;
    }
    let packing = Packing {
        copies,
        packs: Vec::new(),
        transfers: Vec::new(),
        carries: Vec::new(),
        accumulations: Vec::new(),
        narrow: Vec::new(),
    };
    let mut packer = Packer { body, accesses, packing, known: HashMap::new(), length };
    for (parameter, role) in body.roles.iter().enumerate() {
        if let Role::Carried(_) = role {
            packer.carry(parameter)?;
        }
    }
    for run in &runs {
        let stores: Vec<(usize, u32)> = (0..copies).flat_map(|copy| run.iter().map(move |at| (*at, copy))).collect();
        for stores in stores.chunks(lanes(run) as usize) {
            packer.store(stores)?;
        }
    }
    for reduction in reductions {
        packer.reduce(reduction)?;
    }
    packer.packing.transfers.sort_by_key(|transfer| transfer.position);
    in_order(accesses, &packer.packing.transfers).then_some(packer.packing)
}

/// The stores of one iteration (indices of accesses), by adjacent addresses. All iterations together leave no gaps.
fn runs(accesses: &Accesses) -> Option<Vec<Vec<usize>>> {
    let mut stores: Vec<usize> = (0..accesses.list.len()).filter(|at| accesses.list[*at].stored.is_some()).collect();
    stores.sort_by_key(|at| (accesses.list[*at].group, accesses.list[*at].offset));
    let adjacent = |one: &usize, other: &usize| {
        let (one, other) = (&accesses.list[*one], &accesses.list[*other]);
        one.group == other.group && one.offset + one.size() == other.offset && one.lane == other.lane
    };
    let runs: Vec<Vec<usize>> = stores.chunk_by(adjacent).map(<[usize]>::to_vec).collect();
    let dense = |run: &Vec<usize>| {
        let access = &accesses.list[run[0]];
        run.len() as i64 * access.size() == accesses.groups[access.group].stride
    };
    runs.iter().all(dense).then_some(runs)
}

/// Whether no load or store that may concern the same bytes as another one is moved past it. Those of different groups are
/// compared when the program runs.
fn in_order(accesses: &Accesses, transfers: &[Transfer]) -> bool {
    let extent = |transfer: &Transfer| {
        let (at, copy) = transfer.first;
        let access = &accesses.list[at];
        (access.group, access.offset + i64::from(copy) * accesses.groups[access.group].stride, access.size())
    };
    transfers.iter().enumerate().all(|(at, early)| {
        let (group, start, size) = extent(early);
        transfers[at + 1..].iter().all(|late| {
            let (other_group, other_start, other_size) = extent(late);
            let distance = other_start - start;
            if !early.stores && !late.stores || group != other_group || distance.abs() >= i64::from(VECTOR_BYTES) {
                return true;
            }
            // `early` comes first now: so must those of its members have done that overlap.
            (0..).zip(&early.members).all(|(lane, first)| {
                (0..).zip(&late.members).all(|(other_lane, then)| {
                    let distance = distance + other_lane * other_size - lane * size;
                    first < then || distance >= size || distance <= -other_size
                })
            })
        })
    })
}

/// Puts the lanes of vectors together.
pub(super) struct Packer<'a, 'b> {
    pub(super) body: &'a Body<'b>,
    pub(super) accesses: &'a Accesses,
    pub(super) packing: Packing,
    known: HashMap<(Vec<Lane>, Type), PackId>,
    length: usize,
}

impl Packer<'_, '_> {
    fn position(&self, at: usize, copy: u32) -> usize {
        copy as usize * self.length + at
    }

    pub(super) fn push(&mut self, ty: Type, operation: Operation) -> Option<PackId> {
        self.packing.packs.push(Pack { ty, operation, compared: false });
        (self.packing.packs.len() <= MAX_PACKS).then_some(self.packing.packs.len() - 1)
    }

    /// Stores (accesses and copies) of adjacent lanes.
    fn store(&mut self, stores: &[(usize, u32)]) -> Option<()> {
        let ty = self.accesses.list[stores[0].0].lane;
        let lanes = stores.iter().map(|(at, copy)| self.lane(self.accesses.list[*at].stored?, *copy));
        let lanes = lanes.collect::<Option<Vec<Lane>>>()?;
        let pack = self.pack(&lanes, ty)?;
        let members: Vec<usize> =
            stores.iter().map(|(at, copy)| self.position(self.accesses.list[*at].at, *copy)).collect();
        let position = *members.iter().max()?;
        self.packing.transfers.push(Transfer { pack, first: stores[0], members, position, stores: true });
        Some(())
    }

    /// What a value is in a copy of the body.
    pub(super) fn lane(&self, value: Value, copy: u32) -> Option<Lane> {
        let value = self.body.resolve(value);
        if let Some(bits) = self.body.bits(value) {
            return Some(Lane::Constant(bits));
        }
        match self.body.source(value) {
            Source::Outside => Some(Lane::Invariant(value)),
            Source::Body(at) => Some(Lane::Node(at, copy)),
            Source::Parameter(parameter) => match self.body.roles[parameter] {
                Role::Step(0) => Some(Lane::Invariant(value)),
                Role::Step(_) | Role::Reduced | Role::Other => None,
                Role::Carried(_) if copy == 0 => Some(Lane::Carried(parameter)),
                Role::Carried(at) => Some(Lane::Node(at, copy - 1)),
            },
        }
    }

    /// The vector of these lanes, each of type `ty`. A lane of an integer may be narrower than the value.
    pub(super) fn pack(&mut self, lanes: &[Lane], ty: Type) -> Option<PackId> {
        let key = (lanes.to_vec(), ty);
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let vector = ty.by(lanes.len() as u32)?;
        let pack = if lanes.iter().all(|lane| matches!(lane, Lane::Invariant(_) | Lane::Constant(_))) {
            self.push(vector, Operation::Gather(lanes.to_vec()))?
        } else if let Lane::Carried(parameter) = lanes[0] {
            let following = self.following(parameter, &lanes[1..], ty)?;
            self.push(vector, Operation::Splice(parameter, following))?
        } else {
            let nodes = lanes.iter().map(|lane| match lane {
                Lane::Node(at, copy) => Some((*at, *copy)),
                _ => None,
            });
            let nodes = nodes.collect::<Option<Vec<(usize, u32)>>>()?;
            if self.body.inst(nodes[0].0).opcode().can_load() {
                self.load(&nodes, ty)?
            } else {
                self.operation(&nodes, ty)?
            }
        };
        self.known.insert(key, pack);
        Some(pack)
    }

    /// The vector that starts with these lanes, which follow the parameter's in memory.
    fn following(&mut self, parameter: usize, lanes: &[Lane], ty: Type) -> Option<PackId> {
        let Role::Carried(at) = self.body.roles[parameter] else { return None };
        let access = self.accesses.list[self.accesses.at[at]?];
        if access.lane != ty {
            return None;
        }
        let Some(Lane::Node(last, copy)) = lanes.last() else { return None };
        let last = self.accesses.list[self.accesses.at[*last]?];
        let offset = last.offset + i64::from(*copy) * self.accesses.groups[last.group].stride + last.size();
        let (next, copy) = self.accesses.load_at(last.group, last.lane, offset, self.packing.copies)?;
        let lanes: Vec<Lane> = lanes.iter().copied().chain([Lane::Node(next, copy)]).collect();
        self.pack(&lanes, ty)
    }

    /// The vector of loads that ends with the one which a parameter stands for in the next iteration.
    fn carry(&mut self, parameter: usize) -> Option<()> {
        let Role::Carried(at) = self.body.roles[parameter] else { return None };
        let access = self.accesses.list[self.accesses.at[at]?];
        let count = i64::from(VECTOR_BYTES / access.lane.bytes());
        let copies = self.packing.copies;
        let end = access.offset + i64::from(copies - 1) * self.accesses.groups[access.group].stride;
        let lanes = (1..count)
            .rev()
            .map(|back| self.accesses.load_at(access.group, access.lane, end - back * access.size(), copies));
        let lanes =
            lanes.map(|found| found.map(|(at, copy)| Lane::Node(at, copy))).chain([Some(Lane::Node(at, copies - 1))]);
        let lanes = lanes.collect::<Option<Vec<Lane>>>()?;
        let pack = self.pack(&lanes, access.lane)?;
        self.packing.carries.push(Carry { parameter, pack });
        Some(())
    }

    /// A load of adjacent lanes.
    fn load(&mut self, nodes: &[(usize, u32)], ty: Type) -> Option<PackId> {
        let start = |(at, copy): (usize, u32)| {
            let access = &self.accesses.list[self.accesses.at[at]?];
            let moved = i64::from(copy) * self.accesses.groups[access.group].stride;
            (access.lane == ty).then_some((access.group, access.offset + moved))
        };
        let (group, first) = start(nodes[0])?;
        let size = i64::from(ty.bytes());
        if (0..).zip(nodes).any(|(lane, node)| start(*node) != Some((group, first + lane * size))) {
            return None;
        }
        let members: Vec<usize> = nodes.iter().map(|(at, copy)| self.position(*at, *copy)).collect();
        let position = *members.iter().min()?;
        let first = (self.accesses.at[nodes[0].0]?, nodes[0].1);
        let pack = self.push(ty.by(nodes.len() as u32)?, Operation::Load)?;
        self.packing.transfers.push(Transfer { pack, first, members, position, stores: false });
        Some(pack)
    }

    /// The vector of the operands with this number of all nodes.
    pub(super) fn operand(&mut self, nodes: &[(usize, u32)], number: usize, ty: Type) -> Option<PackId> {
        let lanes = nodes.iter().map(|(at, copy)| {
            let operand = *self.body.function.dfg.inst_args(self.body.chain.body[*at]).get(number)?;
            self.lane(operand, *copy)
        });
        let lanes = lanes.collect::<Option<Vec<Lane>>>()?;
        self.pack(&lanes, ty)
    }

    /// The same instruction on other operands.
    fn operation(&mut self, nodes: &[(usize, u32)], ty: Type) -> Option<PackId> {
        let first = self.body.inst(nodes[0].0);
        let opcode = first.opcode();
        let value_type =
            |at: usize| self.body.value_type(self.body.function.dfg.first_result(self.body.chain.body[at]));
        let result = value_type(nodes[0].0);
        if nodes.iter().any(|(at, _)| self.body.inst(*at).opcode() != opcode || value_type(*at) != result) {
            return None;
        }
        let vector = ty.by(nodes.len() as u32)?;
        let narrow = result != ty;
        if narrow && !(result.is_int() && ty.is_int() && ty.bits() < result.bits()) {
            return None;
        }
        let operation = match opcode {
            Opcode::Select if !narrow => self.select(nodes, ty)?,
            Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => self.shift(nodes, ty, opcode, narrow)?,
            _ if is_unary(opcode, ty) => Operation::Unary(opcode, self.operand(nodes, 0, ty)?),
            _ if is_binary(opcode, ty) => {
                Operation::Binary(opcode, self.operand(nodes, 0, ty)?, self.operand(nodes, 1, ty)?)
            }
            _ => return None,
        };
        self.push(vector, operation)
    }

    fn shift(&mut self, nodes: &[(usize, u32)], ty: Type, opcode: Opcode, narrow: bool) -> Option<Operation> {
        let amount = |at: usize| {
            let operand = *self.body.function.dfg.inst_args(self.body.chain.body[at]).get(1)?;
            let bits = self.body.bits(self.body.resolve(operand))?;
            let value = self.body.value_type(self.body.function.dfg.first_result(self.body.chain.body[at]));
            Some(bits & u64::from(value.bits() - 1))
        };
        let by = amount(nodes[0].0)?;
        let same = nodes.iter().all(|(at, _)| amount(*at) == Some(by));
        // Bits that come from above a narrow lane are missing in it. Bytes, and signs of 64 bits, have no shift of their own.
        let possible = match ty {
            types::I16 | types::I32 => !narrow || opcode == Opcode::Ishl && by < ty.bits().into(),
            types::I64 => opcode != Opcode::Sshr,
            _ => false,
        };
        if !same || !possible {
            return None;
        }
        Some(Operation::Shift(opcode, self.operand(nodes, 0, ty)?, by as u8))
    }

    fn select(&mut self, nodes: &[(usize, u32)], ty: Type) -> Option<Operation> {
        let condition = |(at, copy): &(usize, u32)| {
            let operand = *self.body.function.dfg.inst_args(self.body.chain.body[*at]).first()?;
            match self.lane(operand, *copy)? {
                Lane::Node(at, copy) => Some((at, copy)),
                _ => None,
            }
        };
        let conditions = nodes.iter().map(condition).collect::<Option<Vec<(usize, u32)>>>()?;
        let (mask, inverted) = self.compare(&conditions, ty)?;
        let (one, other) = (self.operand(nodes, 1, ty)?, self.operand(nodes, 2, ty)?);
        Some(if inverted { Operation::Select(mask, other, one) } else { Operation::Select(mask, one, other) })
    }

    /// The mask of comparisons, and whether it is to be inverted. Compared is what is as wide as `ty`.
    pub(super) fn compare(&mut self, nodes: &[(usize, u32)], ty: Type) -> Option<(PackId, bool)> {
        let compared = |at: usize| {
            let operand = self.body.function.dfg.inst_args(self.body.chain.body[at]).first();
            operand.map(|value| self.body.value_type(*value))
        };
        let lane = compared(nodes[0].0)?;
        if lane.bits() != ty.bits() || nodes.iter().any(|(at, _)| compared(*at) != Some(lane)) {
            return None;
        }
        let vector = lane.by(nodes.len() as u32)?.as_truthy();
        match *self.body.inst(nodes[0].0) {
            InstructionData::IntCompare { cond, .. } => {
                let same = |at: usize| matches!(self.body.inst(at), InstructionData::IntCompare { cond: other, .. } if *other == cond);
                let (condition, inverted) = match cond {
                    IntCC::Equal | IntCC::SignedGreaterThan | IntCC::SignedLessThan => (cond, false),
                    IntCC::NotEqual | IntCC::SignedGreaterThanOrEqual | IntCC::SignedLessThanOrEqual => {
                        (cond.complement(), true)
                    }
                    _ => return None,
                };
                // Lanes of 64 bits are not compared by one instruction.
                if lane == types::I64 || nodes.iter().any(|(at, _)| !same(*at)) {
                    return None;
                }
                let (x, y) = (self.operand(nodes, 0, lane)?, self.operand(nodes, 1, lane)?);
                Some((self.push(vector, Operation::CompareIntegers(condition, x, y))?, inverted))
            }
            InstructionData::FloatCompare { cond, .. } => {
                let same = |at: usize| matches!(self.body.inst(at), InstructionData::FloatCompare { cond: other, .. } if *other == cond);
                if !is_float_order(cond) || nodes.iter().any(|(at, _)| !same(*at)) {
                    return None;
                }
                let (x, y) = (self.operand(nodes, 0, lane)?, self.operand(nodes, 1, lane)?);
                self.packing.packs[x].compared = true;
                self.packing.packs[y].compared = true;
                Some((self.push(vector, Operation::CompareFloats(cond, x, y))?, false))
            }
            _ => None,
        }
    }
}

fn is_unary(opcode: Opcode, ty: Type) -> bool {
    match opcode {
        Opcode::Fneg | Opcode::Fabs | Opcode::Sqrt => ty.is_float(),
        Opcode::Bnot => ty.is_int(),
        _ => false,
    }
}

/// Whether the low bits of the result depend on the low bits of the operands alone, or the type is a float, and there is an
/// instruction for it on vectors.
fn is_binary(opcode: Opcode, ty: Type) -> bool {
    match opcode {
        Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv => ty.is_float(),
        Opcode::Iadd | Opcode::Isub | Opcode::Band | Opcode::Bor | Opcode::Bxor => ty.is_int(),
        Opcode::Imul => ty == types::I16,
        _ => false,
    }
}

/// Whether a comparison is one that WebAssembly has, on vectors too.
fn is_float_order(condition: FloatCC) -> bool {
    matches!(
        condition,
        FloatCC::Equal
            | FloatCC::NotEqual
            | FloatCC::LessThan
            | FloatCC::LessThanOrEqual
            | FloatCC::GreaterThan
            | FloatCC::GreaterThanOrEqual
    )
}
