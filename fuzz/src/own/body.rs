//! One function body while it is made.

use super::exception::EXNREF;
use super::object::reference_to;
use super::plan::{DIGEST, FUEL, Plan, Signature};
use crate::random::Random;
use ValType::{F32, F64, I32, I64, V128};
use wasm_encoder::{BlockType, Function, Instruction, ValType};

/// Bits of the NaN that all others become before their bits show.
const NAN_32: u32 = 0x7fc0_0000;
const NAN_64: u64 = 0x7ff8_0000_0000_0000;

/// One function body.
pub struct Body<'a> {
    /// What the module has.
    pub plan: &'a Plan,
    /// Decides everything.
    pub random: Random,
    /// This function.
    pub signature: &'a Signature,
    /// Locals that can be used, parameters included.
    pub locals: Vec<ValType>,
    /// Locals that count the rounds of the loops around.
    pub counters: Vec<u32>,
    /// Expressions that may still be made.
    pub budget: u32,
    /// Blocks around whose label takes no values: 0 is a block, from the outermost on; false stands for any other label.
    pub labels: Vec<bool>,
    function: Function,
    /// First of the locals that only code below here knows.
    hidden: u32,
}

/// Hidden locals: three that hold addresses, one scratch for each type, and counters.
const POINTERS: u32 = 3;
const SCRATCH: u32 = 6;
const COUNTERS: u32 = 4;

impl<'a> Body<'a> {
    /// An empty body.
    pub fn new(plan: &'a Plan, index: usize, mut random: Random) -> Body<'a> {
        let signature = &plan.functions[index];
        let mut declared = plan.local_types(&mut random);
        if signature.is_leaf {
            declared.truncate(random.below(3));
        }
        let locals: Vec<ValType> = signature.params.iter().copied().chain(declared.iter().copied()).collect();
        let mut groups: Vec<(u32, ValType)> = declared.iter().map(|ty| (1, *ty)).collect();
        groups.extend([(POINTERS, I32), (2, F32), (2, F64), (1, I64), (u32::from(plan.simd), V128)]);
        groups.push((if plan.simd { 0 } else { 1 }, I32));
        groups.push((COUNTERS, I32));
        groups.extend((0..plan.objects.len()).map(|object| (1, reference_to(object as u32))));
        groups.extend((!plan.tags.is_empty()).then_some((1, EXNREF)));
        let hidden = locals.len() as u32;
        let budget = if signature.is_leaf { 12 } else { 40 << random.below(4) };
        let labels = Vec::new();
        let function = Function::new(groups);
        Body { plan, random, signature, locals, counters: Vec::new(), budget, labels, function, hidden }
    }

    /// Makes the whole body.
    pub fn make(mut self) -> Function {
        if !self.signature.is_leaf {
            self.pay();
        }
        for local in self.signature.params.len()..self.locals.len() {
            if self.random.chance(70) {
                self.leaf(self.locals[local]);
                self.emit(Instruction::LocalSet(local as u32));
            }
        }
        for pointer in 0..POINTERS {
            self.set_pointer(self.hidden + pointer);
        }
        let statements = if self.signature.is_leaf { self.random.below(2) } else { 2 + self.random.below(8) };
        self.statements(statements);
        self.finish();
        self.emit(Instruction::End);
        self.function
    }

    /// Counts fuel down; without any left the function returns at once.
    fn pay(&mut self) {
        self.take_fuel();
        self.emit(Instruction::If(BlockType::Empty));
        for ty in &self.signature.results {
            self.zero(*ty);
        }
        self.emit(Instruction::Return);
        self.emit(Instruction::End);
    }

    /// Counts fuel down and leaves whether none is left.
    pub fn take_fuel(&mut self) {
        self.emit(Instruction::GlobalGet(FUEL));
        self.emit(Instruction::I32Const(1));
        self.emit(Instruction::I32Sub);
        self.emit(Instruction::GlobalSet(FUEL));
        self.emit(Instruction::GlobalGet(FUEL));
        self.emit(Instruction::I32Const(0));
        self.emit(Instruction::I32LtS);
    }

    /// Everything that the locals hold flows into the digest, then the results are made.
    fn finish(&mut self) {
        if !self.signature.is_leaf || self.random.chance(30) {
            for (index, ty) in self.locals.clone().into_iter().enumerate() {
                self.emit(Instruction::LocalGet(index as u32));
                self.make_canonical(ty);
                self.digest(ty);
            }
        }
        if self.plan.tail_calls && !self.signature.is_leaf && self.tail_call() {
            return;
        }
        for ty in &self.signature.results {
            self.canonical(*ty, 3);
        }
    }

    /// Appends an instruction.
    pub fn emit(&mut self, instruction: Instruction<'_>) {
        self.function.instruction(&instruction);
    }

    /// A local that holds an address in the part that data fill.
    pub fn pointer(&mut self) -> u32 {
        self.hidden + self.random.below(POINTERS as usize) as u32
    }

    /// Gives such a local another address.
    pub fn set_pointer(&mut self, pointer: u32) {
        self.expression(I32, 2);
        let mask = self.random.pick(&[0xffc, 0xfff, 0x3f0]);
        self.emit(Instruction::I32Const(mask));
        self.emit(Instruction::I32And);
        self.emit(Instruction::LocalSet(pointer));
    }

    /// A local for a loop that has `self.counters` around it; `None` when there are too many.
    pub fn counter(&self) -> Option<u32> {
        self.counter_after(0)
    }

    /// The one for so many loops further in.
    pub fn counter_after(&self, loops: u32) -> Option<u32> {
        let used = self.counters.len() as u32 + loops;
        (used < COUNTERS).then_some(self.hidden + POINTERS + SCRATCH + used)
    }

    /// A local of this type that holds nothing from one expression to the next; floats have a second one.
    pub fn scratch(&self, ty: ValType) -> u32 {
        let first = self.hidden + POINTERS;
        match ty {
            F32 => first,
            F64 => first + 2,
            I64 => first + 4,
            _ => first + 5,
        }
    }

    /// The local that holds an object of this type while something is done with it.
    pub fn object_scratch(&self, object: u32) -> u32 {
        self.hidden + POINTERS + SCRATCH + COUNTERS + object
    }

    /// The local that holds an exception.
    pub fn exception_scratch(&self) -> u32 {
        self.object_scratch(self.plan.objects.len() as u32)
    }

    /// Folds the value on the stack, which is canonical, into the digest.
    pub fn digest(&mut self, ty: ValType) {
        match ty {
            I32 => self.emit(Instruction::I64ExtendI32U),
            I64 => {}
            F32 => {
                self.emit(Instruction::I32ReinterpretF32);
                self.emit(Instruction::I64ExtendI32U);
            }
            F64 => self.emit(Instruction::I64ReinterpretF64),
            ValType::Ref(_) => return self.digest_object(ty),
            V128 => {
                let scratch = self.scratch(V128);
                self.emit(Instruction::LocalTee(scratch));
                self.emit(Instruction::I64x2ExtractLane(0));
                self.emit(Instruction::LocalGet(scratch));
                self.emit(Instruction::I64x2ExtractLane(1));
                self.emit(Instruction::I64Const(0x5851_f42d_4c95_7f2d));
                self.emit(Instruction::I64Mul);
                self.emit(Instruction::I64Xor);
            }
        }
        self.emit(Instruction::GlobalGet(DIGEST));
        self.emit(Instruction::I64Const(9));
        self.emit(Instruction::I64Rotl);
        self.emit(Instruction::I64Xor);
        self.emit(Instruction::I64Const(0x2545_f491_4f6c_dd1d));
        self.emit(Instruction::I64Mul);
        self.emit(Instruction::GlobalSet(DIGEST));
    }

    /// Replaces a NaN on the stack by the canonical one.
    pub fn make_canonical(&mut self, ty: ValType) {
        let (nan, equal) = match ty {
            F32 => (Instruction::F32Const(f32::from_bits(NAN_32).into()), Instruction::F32Eq),
            F64 => (Instruction::F64Const(f64::from_bits(NAN_64).into()), Instruction::F64Eq),
            _ => return,
        };
        let scratch = self.scratch(ty);
        self.emit(Instruction::LocalTee(scratch));
        self.emit(nan);
        self.emit(Instruction::LocalGet(scratch));
        self.emit(Instruction::LocalGet(scratch));
        self.emit(equal);
        self.emit(Instruction::Select);
    }

    /// Replaces every lane of a vector on the stack that is NaN.
    pub fn make_lanes_canonical(&mut self, is_f32: bool) {
        let nan = if is_f32 {
            u128::from(NAN_32) * (1 | 1 << 32 | 1 << 64 | 1 << 96)
        } else {
            u128::from(NAN_64) * (1 | 1 << 64)
        };
        let scratch = self.scratch(V128);
        self.emit(Instruction::LocalTee(scratch));
        self.emit(Instruction::V128Const(nan as i128));
        self.emit(Instruction::LocalGet(scratch));
        self.emit(Instruction::LocalGet(scratch));
        self.emit(if is_f32 { Instruction::F32x4Eq } else { Instruction::F64x2Eq });
        self.emit(Instruction::V128Bitselect);
    }

    /// A zero.
    pub fn zero(&mut self, ty: ValType) {
        self.emit(match ty {
            I32 => Instruction::I32Const(0),
            I64 => Instruction::I64Const(0),
            F32 => Instruction::F32Const(0f32.into()),
            F64 => Instruction::F64Const(0f64.into()),
            V128 => Instruction::V128Const(0),
            ValType::Ref(ty) => Instruction::RefNull(ty.heap_type),
        });
    }

    /// An i32 or i64 from `low` on, below `high`.
    pub fn constant(&mut self, ty: ValType, low: i64, high: i64) {
        let value = low + self.random.below((high - low) as usize) as i64;
        self.emit(if ty == I64 { Instruction::I64Const(value) } else { Instruction::I32Const(value as i32) });
    }
}
