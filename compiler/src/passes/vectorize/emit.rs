//! Writes the loop with vectors: a guard that decides whether it may run, the loop, and the way to the loop as it was, which runs
//! the last iterations, or all of them.

use std::mem::offset_of;

use abi::layout::{FIXED_MEMORY_BASE, Memory};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{
    Block, BlockArg, ConstantData, Endianness, Function, GlobalValue, InsertBuilder, InstBuilder, InstBuilderBase,
    InstructionData, MemFlagsData, SourceLoc, Type, Value, types,
};

use super::Plan;
use super::access::{Access, Accesses, Root};
use super::accumulate;
use super::linear::{Linear, Role};
use super::loops::Loop;
use super::pack::{Lane, Operation, PackId, VECTOR_BYTES};
use crate::translate::STRUCTURES_REGION;

/// Fewer iterations are not worth it.
const MIN_ITERATIONS: i64 = 2;

/// More are out of bounds of any memory. It fits into the field of an instruction.
const MAX_ITERATIONS: i64 = 1 << 30;

/// The code before the loop, which goes on to the loop as it was as soon as a condition does not hold.
pub(super) struct Guard<'f, 'a> {
    pub(super) cursor: FuncCursor<'f>,
    chain: &'a Loop,
    /// The header's parameters.
    parameters: Vec<Value>,
    /// Their values on entry.
    pub(super) arguments: Vec<Value>,
}

impl<'f, 'a> Guard<'f, 'a> {
    /// At a new block through which every way to the loop leads.
    pub(super) fn new(function: &'f mut Function, chain: &'a Loop) -> Self {
        let entry = enter(function, chain);
        let parameters = function.dfg.block_params(chain.header).to_vec();
        let arguments = function.dfg.block_params(entry).to_vec();
        Guard { cursor: FuncCursor::new(function).at_bottom(entry), chain, parameters, arguments }
    }

    /// Inserts an instruction.
    pub(super) fn ins(&mut self) -> InsertBuilder<'_, &mut FuncCursor<'f>> {
        self.cursor.ins()
    }

    /// Goes on only if `condition` holds.
    pub(super) fn require(&mut self, condition: Value) {
        let next = self.block();
        let arguments: Vec<BlockArg> = self.arguments.iter().copied().map(BlockArg::Value).collect();
        let header = self.chain.header;
        self.ins().brif(condition, next, &[], header, &arguments);
        self.cursor.goto_bottom(next);
    }

    /// Goes on only if so many rounds with vectors are worth it, and may be inside a memory: whatever the loop's conditions say, what
    /// follows computes with numbers that do not wrap.
    pub(super) fn require_rounds(&mut self, rounds: Value, least: i64) {
        // One comparison with both bounds.
        let beyond = self.ins().iadd_imm_s(rounds, -least);
        let enough = self.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, beyond, MAX_ITERATIONS - least);
        self.require(enough);
    }

    /// A new block before the loop.
    pub(super) fn block(&mut self) -> Block {
        let block = self.cursor.func.dfg.make_block();
        self.cursor.func.layout.insert_block(block, self.chain.header);
        block
    }

    /// What a value that does not change in the loop is, and a parameter on entry.
    pub(super) fn value(&self, value: Value) -> Value {
        let at = self.parameters.iter().position(|parameter| *parameter == value);
        at.map_or(value, |at| self.arguments[at])
    }

    /// A sum, on entry (i32).
    pub(super) fn sum(&mut self, sum: &Linear) -> Value {
        let mut total = None;
        for (value, by) in &sum.terms {
            let value = self.value(*value);
            let term = if *by == 1 { value } else { self.ins().imul_imm_s(value, i64::from(*by)) };
            total = Some(match total {
                Some(total) => self.ins().iadd(total, term),
                None => term,
            });
        }
        match total {
            Some(total) if sum.constant == 0 => total,
            Some(total) => self.ins().iadd_imm_s(total, i64::from(sum.constant)),
            None => self.ins().iconst(types::I32, i64::from(sum.constant as u32)),
        }
    }

    /// What a parameter that grows by `step` in each iteration is after so many.
    pub(super) fn grown(&mut self, at: usize, step: i64, iterations: Value) -> Value {
        let argument = self.arguments[at];
        if step == 0 {
            return argument;
        }
        let wide = self.cursor.func.dfg.value_type(argument) == types::I64;
        let count = if wide { iterations } else { self.ins().ireduce(types::I32, iterations) };
        let growth = self.ins().imul_imm_s(count, step);
        self.ins().iadd(argument, growth)
    }

    /// A number of 64 bits divided by a positive constant, without a sign.
    pub(super) fn divided(&mut self, value: Value, by: i64) -> Value {
        match by {
            1 => value,
            _ if by.count_ones() == 1 => self.ins().ushr_imm_u(value, i64::from(by.trailing_zeros())),
            _ => {
                let by = self.ins().iconst(types::I64, by);
                self.ins().udiv(value, by)
            }
        }
    }
}

/// Rewrites a loop. `structure` is that of the memory at the fixed address.
pub(super) fn emit(
    function: &mut Function,
    chain: &Loop,
    plan: &Plan,
    structure: impl FnOnce(&mut Function) -> GlobalValue,
) {
    let symbol = match plan.accesses.root {
        Root::Fixed => structure(function),
        Root::Loaded(symbol, _) => symbol,
    };
    let mut guard = Guard::new(function, chain);

    let log2 = i64::from(plan.packing.copies.trailing_zeros());
    let complete = plan.trip.emit(&mut guard);
    let rounds = guard.ins().ushr_imm_u(complete, log2);
    guard.require_rounds(rounds, MIN_ITERATIONS);
    let iterations = guard.ins().ishl_imm_u(rounds, log2);
    let starts = check_bounds(&mut guard, &plan.accesses, symbol, iterations);
    check_overlaps(&mut guard, plan, &starts, iterations);
    accumulate::check_narrow(&mut guard, &plan.packing.narrow);
    let writer = Writer { guard, plan, values: Vec::new() };
    writer.vector_loop(&starts, iterations);
}

/// A block through which every way to the loop leads, with the parameters of its header.
fn enter(function: &mut Function, chain: &Loop) -> Block {
    let entry = function.dfg.make_block();
    function.layout.insert_block(entry, chain.header);
    let types: Vec<Type> =
        function.dfg.block_params(chain.header).iter().map(|value| function.dfg.value_type(*value)).collect();
    for ty in types {
        function.dfg.append_block_param(entry, ty);
    }
    for branch in &chain.entries {
        let dfg = &mut function.dfg;
        let calls = dfg.insts[*branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        for call in calls {
            if call.block(&dfg.value_lists) == chain.header {
                call.set_block(entry, &mut dfg.value_lists);
            }
        }
    }
    entry
}

/// Requires all accesses of so many iterations to be inside the memory. Gives the first address of each group.
pub(super) fn check_bounds(
    guard: &mut Guard<'_, '_>,
    accesses: &Accesses,
    symbol: GlobalValue,
    iterations: Value,
) -> Vec<Value> {
    let region = guard.cursor.func.dfg.alias_regions.get(STRUCTURES_REGION);
    let flags = MemFlagsData::trusted().with_alias_region(region);
    let structure = guard.ins().symbol_value(types::I64, symbol);
    let length = guard.ins().load(types::I64, flags, structure, offset_of!(Memory, byte_length) as i32);
    let base = match accesses.root {
        Root::Fixed => None,
        Root::Loaded(..) => Some(guard.ins().load(
            types::I64,
            flags.with_readonly().with_can_move(),
            structure,
            offset_of!(Memory, base) as i32,
        )),
    };
    let mut starts = Vec::new();
    for group in &accesses.groups {
        let index = guard.sum(&group.base);
        let index = guard.ins().uextend(types::I64, index);
        let span = guard.ins().imul_imm_s(iterations, group.stride);
        let end = guard.ins().iadd(index, span);
        let end = guard.ins().iadd_imm_s(end, group.end - group.stride);
        let inside = guard.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, length);
        guard.require(inside);
        starts.push(base.map_or(index, |base| guard.ins().iadd(base, index)));
    }
    starts
}

/// Requires stores not to concern what another group accesses: in one iteration with vectors, or in any if they move apart.
fn check_overlaps(guard: &mut Guard<'_, '_>, plan: &Plan, starts: &[Value], iterations: Value) {
    let groups = &plan.accesses.groups;
    let copies = i64::from(plan.packing.copies);
    for (at, one) in groups.iter().enumerate() {
        for (other_at, other) in groups.iter().enumerate().skip(at + 1) {
            if !one.stores && !other.stores {
                continue;
            }
            let (start, other_start) = (starts[at], starts[other_at]);
            if one.stride == other.stride {
                let end = one.end + (copies - 1) * one.stride;
                let other_end = other.end + (copies - 1) * other.stride;
                // They overlap if the distance is more than `low` and less than `high`.
                let (low, high) = (one.start - other_end, end - other.start);
                let distance = guard.ins().isub(other_start, start);
                let distance = guard.ins().iadd_imm_s(distance, -(low + 1));
                let apart = guard.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, distance, high - low - 1);
                guard.require(apart);
            } else {
                let [first, other_first] = [(start, one), (other_start, other)]
                    .map(|(start, group)| guard.ins().iadd_imm_s(start, group.start));
                let [end, other_end] = [(start, one), (other_start, other)].map(|(start, group)| {
                    let span = guard.ins().imul_imm_s(iterations, group.stride);
                    let end = guard.ins().iadd(start, span);
                    guard.ins().iadd_imm_s(end, group.end - group.stride)
                });
                let before = guard.ins().icmp(IntCC::UnsignedLessThanOrEqual, end, other_first);
                let behind = guard.ins().icmp(IntCC::UnsignedLessThanOrEqual, other_end, first);
                let apart = guard.ins().bor(before, behind);
                guard.require(apart);
            }
        }
    }
}

/// Writes the loop itself.
pub(super) struct Writer<'f, 'a> {
    pub(super) guard: Guard<'f, 'a>,
    plan: &'a Plan,
    /// The vectors that have been made.
    values: Vec<Option<Value>>,
}

/// What the iterations with vectors share.
pub(super) struct Round {
    /// Parameters that are the vectors of [`super::pack::Carry`].
    carried: Vec<Value>,
    /// The address of each group.
    addresses: Vec<Value>,
}

impl Writer<'_, '_> {
    fn vector_loop(mut self, starts: &[Value], iterations: Value) {
        let plan = self.plan;
        self.values = plan.packing.packs.iter().map(|pack| self.gather(&pack.operation, pack.ty)).collect();
        let mut strides: Vec<i64> = plan.accesses.groups.iter().map(|group| group.stride).collect();
        strides.sort_unstable();
        strides.dedup();
        let end = self.guard.ins().imul_imm_s(iterations, strides[0]);
        let zero = self.guard.ins().iconst(types::I64, 0);
        let mut arguments = vec![BlockArg::Value(zero); strides.len()];
        for carry in &plan.packing.carries {
            let initial = self.guard.arguments[carry.parameter];
            arguments.push(BlockArg::Value(self.guard.ins().splat(plan.packing.packs[carry.pack].ty, initial)));
        }
        let (rounds, after) = (self.guard.block(), self.guard.block());
        for accumulation in &plan.packing.accumulations {
            arguments.push(BlockArg::Value(self.nothing(accumulation)));
        }
        self.guard.ins().jump(rounds, &arguments);

        self.guard.cursor.goto_bottom(rounds);
        let dfg = &mut self.guard.cursor.func.dfg;
        let counters: Vec<Value> = strides.iter().map(|_| dfg.append_block_param(rounds, types::I64)).collect();
        let carries = plan.packing.carries.iter();
        let carried = carries.map(|carry| dfg.append_block_param(rounds, plan.packing.packs[carry.pack].ty)).collect();
        let accumulations = plan.packing.accumulations.iter();
        let sums: Vec<Value> = accumulations.map(|it| dfg.append_block_param(rounds, it.vector())).collect();
        let addresses = plan.accesses.groups.iter().zip(starts).map(|(group, start)| {
            let counter = strides.iter().position(|stride| *stride == group.stride).map_or(zero, |at| counters[at]);
            self.guard.ins().iadd(*start, counter)
        });
        let addresses = addresses.collect();
        let round = Round { carried, addresses };
        self.round(&round);
        let accumulations = plan.packing.accumulations.iter().zip(sums);
        let sums: Vec<Value> = accumulations.map(|(it, before)| self.accumulate(it, before, &round)).collect();
        let grown = strides
            .iter()
            .zip(&counters)
            .map(|(stride, counter)| self.guard.ins().iadd_imm_s(*counter, stride * i64::from(plan.packing.copies)));
        let grown: Vec<Value> = grown.collect();
        // They are equal at the end; but this says by itself that no iteration begins behind it.
        let more = self.guard.ins().icmp(IntCC::UnsignedLessThan, grown[0], end);
        let next = grown.into_iter().chain(plan.packing.carries.iter().map(|carry| self.made(carry.pack)));
        let next: Vec<BlockArg> = next.chain(sums.iter().copied()).map(BlockArg::Value).collect();
        self.guard.ins().brif(more, rounds, &next, after, &[]);

        self.guard.cursor.goto_bottom(after);
        self.leave(iterations, &sums);
    }

    /// Goes on to the loop as it was, after so many iterations.
    fn leave(&mut self, iterations: Value, sums: &[Value]) {
        let plan = self.plan;
        let mut arguments = Vec::new();
        for (at, role) in plan.roles.iter().enumerate() {
            let value = match role {
                Role::Step(step) => self.guard.grown(at, *step, iterations),
                Role::Carried(_) => {
                    let carry = plan.packing.carries.iter().find(|carry| carry.parameter == at);
                    let vector = carry.map_or(self.guard.arguments[at], |carry| self.made(carry.pack));
                    let last = self.guard.cursor.func.dfg.value_type(vector).lane_count() - 1;
                    self.guard.ins().extractlane(vector, last as u8)
                }
                Role::Reduced => {
                    let place = plan.packing.accumulations.iter().position(|it| it.parameter == at);
                    let total = self.total(sums[place.expect("every reduction is accumulated")]);
                    let before = self.guard.arguments[at];
                    self.guard.ins().iadd(before, total)
                }
                Role::Other => unreachable!("no such loop is planned"),
            };
            arguments.push(BlockArg::Value(value));
        }
        let header = self.guard.chain.header;
        self.guard.ins().jump(header, &arguments);
    }

    /// A vector that does not change in the loop.
    fn gather(&mut self, operation: &Operation, ty: Type) -> Option<Value> {
        let Operation::Gather(lanes) = operation else { return None };
        let first = self.scalar(lanes[0], ty.lane_type());
        let mut vector = self.guard.ins().splat(ty, first);
        for (at, lane) in lanes.iter().enumerate().filter(|(_, lane)| **lane != lanes[0]) {
            let value = self.scalar(*lane, ty.lane_type());
            vector = self.guard.ins().insertlane(vector, value, at as u8);
        }
        Some(vector)
    }

    fn scalar(&mut self, lane: Lane, ty: Type) -> Value {
        match lane {
            Lane::Constant(bits) => match ty {
                types::F32 => self.guard.ins().f32const(Ieee32::with_bits(bits as u32)),
                types::F64 => self.guard.ins().f64const(Ieee64::with_bits(bits)),
                _ => self.guard.ins().iconst(ty, (bits & (u64::MAX >> (64 - ty.bits()))) as i64),
            },
            Lane::Invariant(value) => {
                let value = self.guard.value(value);
                let narrow = ty.bits() < self.guard.cursor.func.dfg.value_type(value).bits();
                if narrow { self.guard.ins().ireduce(ty, value) } else { value }
            }
            Lane::Node(..) | Lane::Carried(_) => unreachable!("a lane that changes in the loop"),
        }
    }

    /// Everything that the iterations of one round do.
    fn round(&mut self, round: &Round) {
        let plan = self.plan;
        for transfer in &plan.packing.transfers {
            let access = &plan.accesses.list[transfer.first.0];
            let displacement = self.displacement(access, transfer.first.1);
            let value = if transfer.stores { Some(self.make(transfer.pack, round)) } else { None };
            let location = self.guard.cursor.func.srcloc(self.guard.chain.body[access.at]);
            self.guard.cursor.set_srcloc(location);
            let address = round.addresses[access.group];
            match value {
                Some(value) => {
                    self.guard.ins().store(access.flags, value, address, displacement);
                }
                None => {
                    let pack = &plan.packing.packs[transfer.pack];
                    let loaded = if pack.compared { pack.ty.as_int() } else { pack.ty };
                    let value = self.guard.ins().load(loaded, access.flags, address, displacement);
                    self.values[transfer.pack] = Some(self.bitcast(value, pack.ty));
                }
            }
            self.guard.cursor.set_srcloc(SourceLoc::default());
        }
        for carry in &plan.packing.carries {
            self.make(carry.pack, round);
        }
    }

    /// How far an access is from the address of its group.
    fn displacement(&self, access: &Access, copy: u32) -> i32 {
        let base = if matches!(self.plan.accesses.root, Root::Fixed) { FIXED_MEMORY_BASE as i64 } else { 0 };
        let stride = self.plan.accesses.groups[access.group].stride;
        i32::try_from(base + access.offset + i64::from(copy) * stride).expect("bounded extents")
    }

    fn made(&self, pack: PackId) -> Value {
        self.values[pack].expect("operands come first")
    }

    /// A vector. Loads have been made.
    pub(super) fn make(&mut self, pack: PackId, round: &Round) -> Value {
        if let Some(value) = self.values[pack] {
            return value;
        }
        let plan = self.plan;
        let ty = plan.packing.packs[pack].ty;
        let value = match plan.packing.packs[pack].operation {
            Operation::Gather(_) | Operation::Load => self.made(pack),
            Operation::Splice(parameter, following) => {
                let at = plan.packing.carries.iter().position(|carry| carry.parameter == parameter);
                let before = round.carried[at.expect("every carried parameter is a vector")];
                let following = self.make(following, round);
                self.splice(before, following, ty)
            }
            Operation::Unary(opcode, x) => {
                let x = self.make(x, round);
                self.insert(InstructionData::Unary { opcode, arg: x }, ty)
            }
            Operation::Binary(opcode, x, y) => {
                let args = [self.make(x, round), self.make(y, round)];
                self.insert(InstructionData::Binary { opcode, args }, ty)
            }
            Operation::Shift(opcode, x, by) => {
                let x = self.make(x, round);
                let by = self.guard.ins().iconst(types::I32, i64::from(by));
                self.insert(InstructionData::Binary { opcode, args: [x, by] }, ty)
            }
            Operation::CompareIntegers(cond, x, y) => {
                let args = [self.make(x, round), self.make(y, round)];
                self.guard.ins().icmp(cond, args[0], args[1])
            }
            Operation::CompareFloats(cond, x, y) => {
                let args = [self.make(x, round), self.make(y, round)];
                self.guard.ins().fcmp(cond, args[0], args[1])
            }
            Operation::Select(mask, x, y) => {
                let mask = self.make(mask, round);
                let mask = self.bitcast(mask, ty);
                let (x, y) = (self.make(x, round), self.make(y, round));
                self.guard.ins().bitselect(mask, x, y)
            }
        };
        self.values[pack] = Some(value);
        value
    }

    /// An instruction whose operands and result are of one type.
    fn insert(&mut self, data: InstructionData, ty: Type) -> Value {
        let (inst, dfg) = self.guard.ins().build(data, ty);
        dfg.first_result(inst)
    }

    fn bitcast(&mut self, value: Value, ty: Type) -> Value {
        if self.guard.cursor.func.dfg.value_type(value) == ty {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.guard.ins().bitcast(ty, flags, value)
    }

    /// The last lane of one vector and all but the last of another.
    fn splice(&mut self, before: Value, following: Value, ty: Type) -> Value {
        let first = VECTOR_BYTES - ty.lane_type().bytes();
        let lanes: Vec<u8> = (first..first + VECTOR_BYTES).map(|lane| lane as u8).collect();
        let [before, following] = [before, following].map(|value| self.bitcast(value, types::I8X16));
        let lanes = self.guard.cursor.func.dfg.immediates.push(ConstantData::from(&lanes[..]));
        let spliced = self.guard.ins().shuffle(before, following, lanes);
        self.bitcast(spliced, ty)
    }
}
