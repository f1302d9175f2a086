//! Runs the instructions of a block on what is known, and collects what is wrong with them.

use std::collections::{BTreeMap, BTreeSet};

use iced_x86::{ConditionCode, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpKind, Register};

use crate::code::{self, Body, Destination};
use crate::condition;
use crate::function::Contracts;
use crate::image::{Function, Image, Spot, Target};
use crate::state::{Flags, State};
use crate::value::{Id, Place, Value};
use crate::{Assumption, Finding, Problem};

/// What checking a function gives.
#[derive(Default)]
pub struct Outcome {
    pub accesses: usize,
    pub findings: Vec<Finding>,
    pub assumptions: BTreeMap<Assumption, usize>,
    pub runtime: BTreeSet<String>,
    /// The register that holds the address of a place for results, and how many bytes of it are used.
    pub area: Option<(Register, i64)>,
    /// Calls whose callees may ask for such a place.
    pub calls: Vec<crate::call::AreaCall>,
}

/// A function that is looked at.
pub struct Machine<'a> {
    pub image: &'a Image,
    /// The function's first instruction.
    pub spot: Spot,
    pub function: &'a Function,
    pub body: &'a Body,
    pub contracts: &'a Contracts,
    pub state: State,
    /// Whether to check, rather than to find out what is known.
    pub checking: bool,
    pub outcome: Outcome,
    pub infos: InstructionInfoFactory,
    block: usize,
    names: u32,
    at: u64,
}

impl<'a> Machine<'a> {
    /// Nothing has been run.
    pub fn new(image: &'a Image, spot: Spot, function: &'a Function, body: &'a Body, contracts: &'a Contracts) -> Self {
        Machine {
            image,
            spot,
            function,
            body,
            contracts,
            state: State::unknown(),
            checking: false,
            outcome: Outcome::default(),
            infos: InstructionInfoFactory::new(),
            block: 0,
            names: 0,
            at: 0,
        }
    }

    /// Runs a block. Gives the blocks that follow, and what is known on the ways to them.
    pub fn run(&mut self, block: usize, state: State) -> Vec<(usize, State)> {
        let body = self.body;
        (self.state, self.block, self.names) = (state, block, 0);
        let range = body.blocks[block].clone();
        for instruction in &body.instructions[range.first..range.end - 1] {
            self.now(instruction);
            self.step(instruction);
        }
        let last = &body.instructions[range.end - 1];
        self.now(last);
        self.leave(last)
    }

    /// Values are named by the instruction that makes them.
    fn now(&mut self, instruction: &Instruction) {
        self.at = instruction.ip();
        let first = &self.body.instructions[self.body.blocks[self.block].first];
        self.names = ((instruction.ip() - first.ip()) as u32).wrapping_mul(8) & ((1 << 30) - 1);
    }

    /// The block's last instruction.
    fn leave(&mut self, last: &Instruction) -> Vec<(usize, State)> {
        match last.flow_control() {
            FlowControl::UnconditionalBranch => match code::destination(self.image, self.spot, self.function, last) {
                Destination::Own(target) => self.go(target, self.state.clone()).into_iter().collect(),
                Destination::Function(_) => {
                    self.check_exit();
                    Vec::new()
                }
                _ => self.stop(Problem::Branch),
            },
            FlowControl::ConditionalBranch => {
                let condition = last.condition_code();
                let Destination::Own(target) = code::destination(self.image, self.spot, self.function, last) else {
                    return self.stop(Problem::Branch);
                };
                let ways = [(condition, target), (negated(condition), last.next_ip())];
                let ways = ways.into_iter().filter_map(|(condition, target)| {
                    let consequences = condition::consequences(&self.state, condition)?;
                    let mut state = self.state.clone();
                    consequences.apply(&mut state);
                    Some((target, state))
                });
                let ways: Vec<_> = ways.collect();
                ways.into_iter().filter_map(|(target, state)| self.go(target, state)).collect()
            }
            FlowControl::IndirectBranch => self.indirect(last),
            FlowControl::Return => {
                self.check_exit();
                Vec::new()
            }
            FlowControl::Exception | FlowControl::Interrupt => Vec::new(),
            _ => {
                self.step(last);
                let mut ways: Vec<_> = self.handlers(last);
                ways.extend(self.go(last.next_ip(), self.state.clone()));
                ways
            }
        }
    }

    /// The ways to the handlers of what a call throws.
    fn handlers(&mut self, call: &Instruction) -> Vec<(usize, State)> {
        let unit = &self.image.units[self.spot.unit];
        let is_call = matches!(call.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
        let Some((frame_size, handlers)) = unit.handlers.get(&call.next_ip()).filter(|_| is_call) else {
            return Vec::new();
        };
        let frame = self.state.register(Register::RBP);
        let mut state = self.state.clone();
        for register in crate::state::REGISTERS {
            if register != Register::RBP {
                state.set(register, Value::ANY);
            }
        }
        // The exception and its address.
        state.set(Register::RAX, Value::u32());
        state.set(Register::RDX, Value { place: Place::Heap, ..Value::u32() });
        state.set(Register::RSP, frame.add(&Value::constant(-i64::from(*frame_size))));
        if self.image.instance_size.is_some() {
            state.set(Register::R15, Value::at(Place::Instance, 0));
        }
        handlers.iter().filter_map(|handler| self.go(*handler, state.clone())).collect()
    }

    fn indirect(&mut self, jump: &Instruction) -> Vec<(usize, State)> {
        let target = self.indirect_target(jump);
        match target.place {
            Place::Function => {
                self.check_exit();
                Vec::new()
            }
            Place::JumpTarget(table) => {
                let targets: BTreeSet<u64> = self.body.tables[&table].targets.iter().copied().collect();
                let state = self.state.clone();
                targets.into_iter().filter_map(|target| self.go(target, state.clone())).collect()
            }
            _ => self.stop(Problem::IndirectBranch(format!("a jump to {target:?}"))),
        }
    }

    /// Where an indirect jump or call leads.
    pub fn indirect_target(&mut self, instruction: &Instruction) -> Value {
        match instruction.op0_kind() {
            OpKind::Register => self.state.register(instruction.op0_register()),
            _ => {
                let address = self.address(instruction);
                self.load(instruction, address, 8, false)
            }
        }
    }

    fn go(&mut self, target: u64, state: State) -> Option<(usize, State)> {
        match self.body.block_at.get(&target) {
            Some(block) => Some((*block, state)),
            None => {
                self.report(Problem::Branch);
                None
            }
        }
    }

    fn stop(&mut self, problem: Problem) -> Vec<(usize, State)> {
        self.report(problem);
        Vec::new()
    }

    /// Offset in the code of the current instruction.
    pub fn here(&self) -> u64 {
        self.at
    }

    /// Notes what is wrong with the current instruction.
    pub fn report(&mut self, problem: Problem) {
        if self.checking {
            self.outcome.findings.push(Finding { unit: self.spot.unit, offset: self.at, problem });
        }
    }

    /// Notes that something is taken as given.
    pub fn assume(&mut self, assumption: Assumption) {
        if self.checking {
            *self.outcome.assumptions.entry(assumption).or_default() += 1;
        }
    }

    /// A name for a value that the current instruction makes.
    pub fn name(&mut self) -> Id {
        self.names += 1;
        Id::new(self.block, self.names)
    }

    /// A value with a name.
    pub fn named(&mut self, value: Value) -> Value {
        if value.id.is_some() { value } else { Value { id: self.name(), ..value } }
    }

    /// The address of an instruction's memory operand.
    pub fn address(&mut self, instruction: &Instruction) -> Value {
        let base = instruction.memory_base();
        let index = instruction.memory_index();
        let mut displacement = instruction.memory_displacement64() as i64;
        let mut start = match base {
            Register::None => Value::constant(0),
            Register::RIP => {
                displacement = 0;
                self.relative(instruction)
            }
            _ if base.is_gpr64() => self.state.register(base),
            _ => Value::ANY,
        };
        // A field that the linker fills in.
        if base != Register::RIP && self.has_relocated_displacement(instruction) {
            return Value::ANY;
        }
        if index != Register::None {
            if !index.is_gpr64() {
                return Value::ANY;
            }
            let index = self.state.register(index).shl(instruction.memory_index_scale().trailing_zeros());
            start = start.add(&index);
        }
        start.add(&Value::constant(displacement))
    }

    fn has_relocated_displacement(&self, instruction: &Instruction) -> bool {
        code::relocation(self.image, self.spot, instruction).is_some()
    }

    /// An address relative to the instruction pointer.
    fn relative(&mut self, instruction: &Instruction) -> Value {
        let spot = match code::relocation(self.image, self.spot, instruction) {
            None => Spot { offset: instruction.ip_rel_memory_address(), ..self.spot },
            Some((at, reference)) => match &reference.target {
                // The distance counts from the field, the address from the end of the instruction.
                Target::Spot(target) if reference.relative => target.at(instruction.len() as u64 - at),
                _ => return Value::ANY,
            },
        };
        if spot.unit == self.spot.unit && spot.section == self.spot.section {
            return Value::at(Place::Code, spot.offset as i64);
        }
        match self.image.item_at(spot) {
            Some((item, offset)) => Value::at(Place::Item(item as u32), offset),
            None => Value::ANY,
        }
    }

    /// The value of an operand, extended to 64 bits by zeroes.
    pub fn operand(&mut self, instruction: &Instruction, op: u32) -> Value {
        match instruction.op_kind(op) {
            OpKind::Register => {
                let register = instruction.op_register(op);
                let value = self.state.register(register);
                match register.size() {
                    8 => value,
                    4 => self.state.low(&value.as_number()),
                    2 => narrow(&value, 0xffff),
                    _ if is_high_byte(register) => Value::between(0, 0xff),
                    _ => narrow(&value, 0xff),
                }
            }
            OpKind::Memory => {
                let size = instruction.memory_size().size();
                let address = self.address(instruction);
                self.load(instruction, address, size, false)
            }
            _ => Value::constant(instruction.immediate(op) as i64),
        }
    }

    /// Sets an operand of a general register or memory to a value, which the narrower sizes truncate.
    pub fn set_operand(&mut self, instruction: &Instruction, op: u32, value: Value) {
        match instruction.op_kind(op) {
            OpKind::Register => {
                let register = instruction.op_register(op);
                let value = match register.size() {
                    8 => value,
                    4 => self.state.low(&value.as_number()),
                    _ => Value::ANY,
                };
                let value = self.named(value);
                self.state.set(register, value);
            }
            _ => {
                let size = instruction.memory_size().size();
                let address = self.address(instruction);
                self.store(instruction, address, size, value);
            }
        }
    }

    /// Flags of a comparison.
    pub fn compare(&mut self, instruction: &Instruction, one: Value, other: Value) {
        let bits = operand_bits(instruction);
        self.state.flags = match instruction.mnemonic() {
            Mnemonic::Test => Flags::Tested(one, other, bits),
            _ => Flags::Compared(one, other, bits),
        };
    }
}

/// Bits of an instruction's first operand.
pub fn operand_bits(instruction: &Instruction) -> u32 {
    match instruction.op0_kind() {
        OpKind::Register => instruction.op0_register().size() as u32 * 8,
        _ => instruction.memory_size().size() as u32 * 8,
    }
}

fn is_high_byte(register: Register) -> bool {
    matches!(register, Register::AH | Register::BH | Register::CH | Register::DH)
}

fn narrow(value: &Value, max: i64) -> Value {
    if value.place == Place::Number && value.lo >= 0 && value.hi <= max { *value } else { Value::between(0, max) }
}

/// The condition that holds when another one does not.
pub fn negated(condition: ConditionCode) -> ConditionCode {
    use ConditionCode as C;
    match condition {
        C::o => C::no,
        C::no => C::o,
        C::b => C::ae,
        C::ae => C::b,
        C::e => C::ne,
        C::ne => C::e,
        C::be => C::a,
        C::a => C::be,
        C::s => C::ns,
        C::ns => C::s,
        C::p => C::np,
        C::np => C::p,
        C::l => C::ge,
        C::ge => C::l,
        C::le => C::g,
        C::g => C::le,
        C::None => C::None,
    }
}
