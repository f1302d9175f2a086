//! What each instruction does to what is known.

use iced_x86::{ConditionCode, Instruction, Mnemonic, OpAccess, OpKind, Register};

use crate::condition;
use crate::derived::{Derived, Step};
use crate::image::Spot;
use crate::machine::{Machine, negated, operand_bits};
use crate::state::Flags;
use crate::value::{MAX_U32, Place, Value};

impl Machine<'_> {
    /// Runs an instruction that does not end a block.
    pub fn step(&mut self, instruction: &Instruction) {
        use Mnemonic::*;
        if instruction.mnemonic() == Nop || instruction.mnemonic() == Mfence {
            return;
        }
        let general = operand_is_general(instruction);
        match instruction.mnemonic() {
            Call => self.call(instruction),
            Push => self.push(instruction),
            Pop => self.pop(instruction),
            Leave => self.leave_frame(instruction),
            Mov if general => {
                let value = self.operand(instruction, 1);
                self.set_operand(instruction, 0, value);
            }
            Movzx => {
                let value = self.operand(instruction, 1);
                self.set_operand(instruction, 0, value);
            }
            Movsx | Movsxd => self.sign_extend(instruction),
            Lea => {
                let address = self.address(instruction);
                let value = match address.place {
                    Place::Entry(_) => self.sum_of_numbers(instruction),
                    _ => address,
                };
                self.set_operand(instruction, 0, value);
            }
            Add | Sub | And | Or | Xor | Shl | Shr | Sar if general => self.binary(instruction),
            Imul if instruction.op_count() == 3 => self.multiply(instruction),
            Cmp | Test => {
                let (one, other) = (self.operand(instruction, 0), self.operand(instruction, 1));
                self.compare(instruction, one, other);
            }
            Mul => self.multiply_wide(instruction),
            Div => self.divide(instruction),
            Popcnt | Lzcnt | Tzcnt | Bsf | Bsr => {
                self.other(instruction);
                let value = self.named(Value::between(0, 64));
                // With a source of 0 the last two leave the register as it was.
                if !matches!(instruction.mnemonic(), Bsf | Bsr) {
                    self.state.set(instruction.op0_register(), value);
                }
            }
            _ if is_conditional_move(instruction) => self.conditional_move(instruction),
            _ => self.other(instruction),
        }
    }

    fn push(&mut self, instruction: &Instruction) {
        let value = self.operand(instruction, 0);
        let pointer = self.state.register(Register::RSP).add(&Value::constant(-8));
        self.state.set(Register::RSP, pointer);
        self.store(instruction, pointer, 8, value);
    }

    fn pop(&mut self, instruction: &Instruction) {
        let pointer = self.state.register(Register::RSP);
        let value = self.load(instruction, pointer, 8, false);
        self.state.set(Register::RSP, pointer.add(&Value::constant(8)));
        self.set_operand(instruction, 0, value);
    }

    /// The frame pointer becomes the stack pointer, and is popped.
    fn leave_frame(&mut self, instruction: &Instruction) {
        let frame = self.state.register(Register::RBP);
        let value = self.load(instruction, frame, 8, false);
        self.state.set(Register::RSP, frame.add(&Value::constant(8)));
        self.state.set(Register::RBP, value);
    }

    /// What `lea` makes of a number and a constant.
    fn sum_of_numbers(&mut self, instruction: &Instruction) -> Value {
        let base = self.state.register(instruction.memory_base()).as_number();
        base.add(&Value::constant(instruction.memory_displacement64() as i64))
    }

    fn sign_extend(&mut self, instruction: &Instruction) {
        let value = match instruction.op1_kind() {
            OpKind::Memory => {
                let size = instruction.memory_size().size();
                let address = self.address(instruction);
                self.load(instruction, address, size, true)
            }
            _ => self.operand(instruction, 1),
        };
        let bits = match instruction.op1_kind() {
            OpKind::Memory => instruction.memory_size().size() as u32 * 8,
            _ => instruction.op1_register().size() as u32 * 8,
        };
        let top = 1i64 << (bits - 1);
        let value = match value.place {
            Place::Number if value.lo < 0 || value.hi >= top => Value::between(-top, top - 1),
            _ => value,
        };
        self.set_operand(instruction, 0, value);
    }

    fn binary(&mut self, instruction: &Instruction) {
        let bits = operand_bits(instruction);
        let same = instruction.op0_kind() == OpKind::Register
            && instruction.op1_kind() == OpKind::Register
            && instruction.op0_register() == instruction.op1_register();
        let (one, other) = (self.operand(instruction, 0), self.operand(instruction, 1));
        let same = same || bits >= 32 && one.id.is_some() && one.id == other.id;
        let result = match instruction.mnemonic() {
            Mnemonic::Xor | Mnemonic::Sub if same => Value::constant(0),
            mnemonic => {
                let number =
                    |value: Value| if matches!(value.place, Place::Entry(_)) { value.as_number() } else { value };
                arithmetic(mnemonic, &number(one), &number(other), bits)
            }
        };
        let result = match bits {
            64 => result,
            32 if result.is_u32() => result,
            32 => Value::u32(),
            _ => Value::ANY,
        };
        let remainder = (instruction.mnemonic() == Mnemonic::Sub && bits == 64).then(|| self.remainder(&one, &other));
        let result = remainder.flatten().unwrap_or(result);
        let result = self.named(Value { id: crate::value::Id::NONE, ..result });
        if let (Mnemonic::Sub, 64, Some(number)) = (instruction.mnemonic(), bits, one.as_constant())
            && !result.is_any()
            && other.place == Place::Number
        {
            self.state.derive(Derived { value: result.id, of: other.id, step: Step::From(number) });
        }
        if let (Some(by), 64) = (other.as_constant(), bits) {
            self.note_division(instruction.mnemonic(), &one, by, result.id);
            let step = match instruction.mnemonic() {
                Mnemonic::Shr if (1..=62).contains(&by) => Some(Step::Upper(by as u8)),
                Mnemonic::And if by < 0 && by.unsigned_abs().is_power_of_two() => {
                    Some(Step::Clear(by.trailing_zeros() as u8)).filter(|_| by != i64::MIN)
                }
                _ => None,
            };
            if let Some(step) = step {
                self.state.derive(Derived { value: result.id, of: one.id, step });
            }
        }
        self.set_operand(instruction, 0, result);
        self.state.flags = match instruction.mnemonic() {
            Mnemonic::Sub => Flags::Compared(one, other, bits),
            Mnemonic::Add if bits == 64 => Flags::Added(result),
            _ => Flags::Unknown,
        };
    }

    fn multiply(&mut self, instruction: &Instruction) {
        let (one, other) = (self.operand(instruction, 1), self.operand(instruction, 2));
        let product = if one.is_positive() && other.is_positive() { one.hi.checked_mul(other.hi) } else { None };
        let max = if operand_bits(instruction) == 32 { MAX_U32 } else { i64::MAX };
        let value = match product.filter(|product| *product <= max) {
            Some(product) => Value::between(0, product),
            None if max == MAX_U32 => Value::u32(),
            None => Value::ANY,
        };
        let value = self.named(value);
        if let (Some(factor), 64) = (other.as_constant(), operand_bits(instruction)) {
            self.note_division(Mnemonic::Imul, &one, factor, value.id);
            if factor > 0 && product.is_some() {
                self.state.derive(Derived { value: value.id, of: one.id, step: Step::Times(factor) });
            }
        }
        self.set_operand(instruction, 0, value);
        self.state.flags = Flags::Unknown;
    }

    fn divide(&mut self, instruction: &Instruction) {
        let (low, high) = (self.state.register(Register::RAX), self.state.register(Register::RDX));
        self.other(instruction);
        if operand_bits(instruction) == 64 && high.as_constant() == Some(0) && low.is_positive() {
            let quotient = self.named(Value::between(0, low.hi));
            self.state.set(Register::RAX, quotient);
        }
    }

    /// What is moved, and what stays, is known by the condition.
    fn conditional_move(&mut self, instruction: &Instruction) {
        let condition = instruction.condition_code();
        let (old, new) = (self.operand(instruction, 0), self.operand(instruction, 1));
        let stays = condition::consequences(&self.state, negated(condition)).map(|it| it.apply_to(old));
        let moved = condition::consequences(&self.state, condition).map(|it| it.apply_to(new));
        let value = match (stays, moved) {
            (Some(value), None) | (None, Some(value)) => value,
            (Some(stays), Some(moved)) => stays.join(&moved),
            (None, None) => Value::ANY,
        };
        let value = if operand_bits(instruction) == 32 && !value.is_u32() { Value::u32() } else { value };
        self.set_operand(instruction, 0, value);
    }

    /// Any other instruction: its memory is accessed, and its results are unknown.
    pub fn other(&mut self, instruction: &Instruction) {
        let has_memory = (0..instruction.op_count()).any(|op| instruction.op_kind(op) == OpKind::Memory);
        let info = self.infos.info(instruction);
        let writes = |access: OpAccess| {
            matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite)
        };
        let vectors = info.used_registers().iter().filter(|used| writes(used.access()));
        let vectors: Vec<Register> = vectors.map(|used| used.register()).filter(|it| it.is_vector_register()).collect();
        let written = has_memory && info.used_memory().iter().any(|memory| writes(memory.access()));
        let registers = info.used_registers().iter().filter(|used| writes(used.access()));
        let registers: Vec<Register> = registers.map(|used| used.register()).filter(|it| it.is_gpr()).collect();
        // What is written with 32 bits has no upper half, unless a condition leaves all bits as they were. The information gives the
        // register of 64 bits in both cases.
        let is_half = |op: u32| {
            let is_register = instruction.op_kind(op) == OpKind::Register && instruction.op_register(op).is_gpr32();
            is_register && matches!(info.op_access(op), OpAccess::Write | OpAccess::ReadWrite)
        };
        // Whether shifting by 0 writes is left open.
        let may_stay = is_exchange(instruction) || matches!(instruction.mnemonic(), Mnemonic::Shld | Mnemonic::Shrd);
        let halves = (0..instruction.op_count()).filter(|op| is_half(*op) && !may_stay);
        let halves: Vec<Register> = halves.map(|op| instruction.op_register(op).full_register()).collect();
        let bytes = self.vector_bound(instruction);
        if has_memory {
            let size = instruction.memory_size().size();
            let address = self.address(instruction);
            if written {
                self.store(instruction, address, size, Value::ANY);
                if let (Some(bound), Place::Stack, true) =
                    (bytes, address.place, address.lo == address.hi && size == 16)
                {
                    for at in (0..16).filter(|_| bound < u8::MAX) {
                        self.state.set_slot(address.lo + at, 1, Value::between(0, i64::from(bound)));
                    }
                }
            } else {
                self.load(instruction, address, size, false);
            }
        }
        for register in vectors {
            self.state.set_vector(register, bytes.filter(|_| register.is_xmm()).unwrap_or(u8::MAX));
        }
        for register in registers {
            let half = halves.contains(&register) || makes_halves(instruction);
            let value = if half { Value::u32() } else { Value::ANY };
            let value = self.named(value);
            self.state.set(register, value);
        }
        if instruction.rflags_modified() != 0 {
            self.state.flags = Flags::Unknown;
        }
    }
}

impl Machine<'_> {
    /// The most that any byte of what a vector instruction moves or makes can be.
    fn vector_bound(&mut self, instruction: &Instruction) -> Option<u8> {
        let of_operand = |machine: &mut Self, op: u32| match instruction.op_kind(op) {
            OpKind::Register => Some(machine.state.vector(instruction.op_register(op))),
            OpKind::Memory => {
                let address = machine.address(instruction);
                let spot = Spot { offset: address.lo as u64, ..machine.spot };
                let constant = address.place == Place::Code && address.lo == address.hi;
                constant.then(|| machine.image.bytes(spot, 16)?.iter().max().copied()).flatten()
            }
            _ => None,
        };
        match instruction.mnemonic() {
            Mnemonic::Movdqu | Mnemonic::Movdqa | Mnemonic::Movups | Mnemonic::Movaps => of_operand(self, 1),
            Mnemonic::Pminub => {
                let bounds = [0, 1].map(|op| of_operand(self, op).unwrap_or(u8::MAX));
                bounds.into_iter().min()
            }
            _ => None,
        }
    }
}

/// Whether operands are general registers, memory and constants.
fn operand_is_general(instruction: &Instruction) -> bool {
    let registers = (0..instruction.op_count()).filter(|op| instruction.op_kind(*op) == OpKind::Register);
    { registers }.all(|op| instruction.op_register(op).is_gpr())
}

fn is_conditional_move(instruction: &Instruction) -> bool {
    instruction.condition_code() != ConditionCode::None
        && instruction.op_count() == 2
        && instruction.op0_kind() == OpKind::Register
}

/// Whether all that an instruction writes to general registers that it does not name are numbers of 32 bits.
fn makes_halves(instruction: &Instruction) -> bool {
    let products = matches!(instruction.mnemonic(), Mnemonic::Mul | Mnemonic::Imul) && instruction.op_count() == 1;
    let quotients = matches!(instruction.mnemonic(), Mnemonic::Div | Mnemonic::Idiv);
    (products || quotients) && operand_bits(instruction) == 32 || instruction.mnemonic() == Mnemonic::Cdq
}

/// Whether an instruction writes to a register only under a condition.
fn is_exchange(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Cmpxchg | Mnemonic::Cmpxchg16b | Mnemonic::Cmpxchg8b)
}

fn arithmetic(mnemonic: Mnemonic, one: &Value, other: &Value, bits: u32) -> Value {
    let constant = other.as_constant();
    let positive = one.is_positive() && other.is_positive();
    match mnemonic {
        Mnemonic::Add => one.add(other),
        Mnemonic::Sub => one.sub(other),
        Mnemonic::And if one.is_positive() || other.is_positive() => {
            let max = |value: &Value| if value.is_positive() { value.hi } else { i64::MAX };
            Value::between(0, max(one).min(max(other)))
        }
        Mnemonic::Or | Mnemonic::Xor if positive => {
            let bits = 64 - (one.hi | other.hi).leading_zeros();
            Value::between(0, 1i64.checked_shl(bits).map_or(i64::MAX, |power| power.wrapping_sub(1)))
        }
        Mnemonic::Shl => match constant {
            Some(by) if (0..i64::from(bits)).contains(&by) => one.shl(by as u32),
            _ => Value::ANY,
        },
        Mnemonic::Shr => match constant {
            Some(by) if by > 0 && by < i64::from(bits) => {
                let max = if one.is_positive() { one.hi >> by } else { (u64::MAX >> by) as i64 };
                Value::between(if one.is_positive() { one.lo >> by } else { 0 }, max)
            }
            _ if one.is_positive() => Value::between(0, one.hi),
            _ => Value::ANY,
        },
        Mnemonic::Sar => match constant {
            Some(by) if one.is_positive() && bits == 64 && (0..64).contains(&by) => {
                Value::between(one.lo >> by, one.hi >> by)
            }
            _ => Value::ANY,
        },
        _ => Value::ANY,
    }
}
