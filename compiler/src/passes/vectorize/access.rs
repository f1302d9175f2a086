//! The loads and stores of a loop: which memory, which sum of values, and how far from each other.

use cranelift_codegen::ir::{GlobalValue, Inst, InstructionData, MemFlagsData, Opcode, Type, Value, types};

use super::linear::{Body, Linear};
use crate::translate::HEAP_REGION;

/// Greatest distance between accesses that are addressed from one place, in bytes.
const MAX_EXTENT: i64 = 1 << 28;
/// Greatest stride, in bytes.
const MAX_STRIDE: i64 = 1 << 12;
/// Most groups of a loop: each pair of them may be compared before it.
const MAX_GROUPS: usize = 8;

/// Where byte 0 of a memory is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Root {
    /// At a fixed address, which is part of the displacement.
    Fixed,
    /// What this instruction loads, from the structure of the memory that is this symbol.
    Loaded(GlobalValue, Inst),
}

impl Root {
    fn same(self, other: Root) -> bool {
        match (self, other) {
            (Root::Fixed, Root::Fixed) => true,
            (Root::Loaded(one, _), Root::Loaded(other, _)) => one == other,
            _ => false,
        }
    }
}

/// Accesses whose distances are constants.
#[derive(Debug)]
pub(super) struct Group {
    /// Their common part: the terms, and the least of their constants.
    pub(super) base: Linear,
    /// How much the address grows in each iteration; positive.
    pub(super) stride: i64,
    /// End of the bytes that the first iteration accesses, relative to `base`.
    pub(super) end: i64,
    /// Start of them.
    pub(super) start: i64,
    /// Whether there are stores.
    pub(super) stores: bool,
}

/// A load or store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// Its position in the body.
    pub(super) at: usize,
    /// Its group.
    pub(super) group: usize,
    /// Its first byte in the first iteration, relative to the group's base.
    pub(super) offset: i64,
    /// What one lane of it is, in memory.
    pub(super) lane: Type,
    /// What is stored.
    pub(super) stored: Option<Value>,
    /// Its flags.
    pub(super) flags: MemFlagsData,
}

impl Access {
    /// Its length in bytes.
    pub(super) fn size(&self) -> i64 {
        self.lane.bytes().into()
    }
}

/// All accesses of a loop.
pub(super) struct Accesses {
    /// Which memory.
    pub(super) root: Root,
    /// The groups.
    pub(super) groups: Vec<Group>,
    /// The accesses, in order.
    pub(super) list: Vec<Access>,
    /// The access at each position of the body.
    pub(super) at: Vec<Option<usize>>,
}

/// An address, taken apart.
struct Address {
    root: Root,
    sum: Linear,
    displacement: i64,
}

/// All accesses of a loop, if they are understood and nothing else in it has an effect.
pub(super) fn collect(body: &Body<'_>, fixed_base: i64) -> Option<Accesses> {
    let mut list = Vec::new();
    let mut found: Vec<(Linear, i64)> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut root = None;
    let mut at_position = vec![None; body.chain.body.len()];
    for (at, inst) in body.chain.body.iter().enumerate() {
        let data = &body.function.dfg.insts[*inst];
        let opcode = data.opcode();
        if !opcode.can_load() && !opcode.can_store() {
            if opcode.can_trap() || opcode.other_side_effects() || opcode.is_call() || opcode.is_branch() {
                return None;
            }
            continue;
        }
        let flags = data.memflags_data(&body.function.dfg)?;
        if is_root(data, flags) {
            continue;
        }
        let (access, address) = access(body, at, data, flags, fixed_base)?;
        if !root.get_or_insert(address.root).same(address.root) {
            return None;
        }
        let stride = body.stride(&address.sum.terms)?;
        if !(1..=MAX_STRIDE).contains(&stride) {
            return None;
        }
        let known = groups.iter().position(|group| group.base.terms == address.sum.terms);
        let group = known.unwrap_or(groups.len());
        match known {
            Some(known) => groups[known].base.constant = groups[known].base.constant.min(address.sum.constant),
            None => groups.push(Group { base: address.sum.clone(), stride, start: i64::MAX, end: 0, stores: false }),
        }
        at_position[at] = Some(list.len());
        list.push(Access { group, ..access });
        found.push((address.sum, address.displacement));
    }
    for (access, (sum, displacement)) in list.iter_mut().zip(found) {
        let group = &mut groups[access.group];
        access.offset = i64::from(sum.constant) - i64::from(group.base.constant) + displacement;
        group.start = group.start.min(access.offset);
        group.end = group.end.max(access.offset + access.size());
        group.stores |= access.stored.is_some();
    }
    let fits = groups.len() <= MAX_GROUPS && groups.iter().all(|group| group.end <= MAX_EXTENT);
    fits.then_some(Accesses { root: root?, groups, list, at: at_position })
}

/// Whether an instruction loads the address of a memory that does not move.
fn is_root(data: &InstructionData, flags: MemFlagsData) -> bool {
    data.opcode() == Opcode::Load && flags.readonly() && flags.can_move() && flags.trap_code().is_none()
}

fn access(
    body: &Body<'_>,
    at: usize,
    data: &InstructionData,
    flags: MemFlagsData,
    fixed_base: i64,
) -> Option<(Access, Address)> {
    let region = flags.alias_region().map(|region| body.function.dfg.alias_regions[region].user_id);
    if region != Some(HEAP_REGION) {
        return None;
    }
    let (opcode, address, stored, offset) = match *data {
        InstructionData::Load { opcode, arg, offset, .. } => (opcode, arg, None, offset),
        InstructionData::Store { opcode, args: [value, address], offset, .. } => {
            (opcode, address, Some(body.resolve(value)), offset)
        }
        _ => return None,
    };
    let lane = match opcode {
        Opcode::Load => body.value_type(body.function.dfg.first_result(body.chain.body[at])),
        Opcode::Store => body.value_type(stored?),
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => types::I8,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => types::I16,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => types::I32,
        _ => return None,
    };
    if lane.bits() > 64 {
        return None;
    }
    let mut address = take_apart(body, body.resolve(address))?;
    address.displacement += i64::from(i32::from(offset));
    if address.root == Root::Fixed {
        address.displacement -= fixed_base;
    }
    let displacement_fits = (0..MAX_EXTENT).contains(&address.displacement);
    let access = Access { at, group: 0, offset: 0, lane, stored, flags };
    displacement_fits.then_some((access, address))
}

/// An address, without the displacement of the access.
fn take_apart(body: &Body<'_>, address: Value) -> Option<Address> {
    if let Some(sum) = index(body, address) {
        return Some(Address { root: Root::Fixed, sum, displacement: 0 });
    }
    let InstructionData::Binary { opcode: Opcode::Iadd, args } = body.function.dfg.insts[body.definition(address)?]
    else {
        return None;
    };
    let [x, y] = args.map(|value| body.resolve(value));
    let sum = index(body, y)?;
    let inst = body.definition(x)?;
    let data = &body.function.dfg.insts[inst];
    let InstructionData::Load { arg, .. } = *data else { return None };
    if !is_root(data, data.memflags_data(&body.function.dfg)?) {
        return None;
    }
    let symbol = body.definition(body.resolve(arg))?;
    let InstructionData::UnaryGlobalValue { opcode: Opcode::SymbolValue, global_value } =
        body.function.dfg.insts[symbol]
    else {
        return None;
    };
    Some(Address { root: Root::Loaded(global_value, inst), sum, displacement: 0 })
}

/// An index of 32 bits that is extended to an address.
fn index(body: &Body<'_>, value: Value) -> Option<Linear> {
    match body.function.dfg.insts[body.definition(value)?] {
        InstructionData::Unary { opcode: Opcode::Uextend, arg } => body.linear(body.resolve(arg)),
        _ => None,
    }
}

impl Accesses {
    /// The position of the load in `group` that is of `lane` and, in some copy of the body below `copies`, starts at `offset`; and
    /// that copy.
    pub(super) fn load_at(&self, group: usize, lane: Type, offset: i64, copies: u32) -> Option<(usize, u32)> {
        let stride = self.groups[group].stride;
        self.list.iter().find_map(|access| {
            let distance = offset - access.offset;
            let copy = u32::try_from(distance / stride).ok()?;
            let exact = distance >= 0 && distance % stride == 0 && copy < copies;
            let matches = access.stored.is_none() && access.group == group && access.lane == lane;
            (matches && exact).then_some((access.at, copy))
        })
    }
}
