//! Expressions: instructions that leave one value of a type on the stack.

use super::body::Body;
use super::scalar::{self, Operand, Operation};
use super::vector;
use ValType::{F32, F64, I32, I64, V128};
use wasm_encoder::{BlockType, Instruction, ValType};

impl Body<'_> {
    /// A value of this type. A float that is NaN can be any NaN.
    pub fn expression(&mut self, ty: ValType, depth: u32) {
        if depth == 0 || self.budget == 0 {
            return self.leaf(ty);
        }
        self.budget -= 1;
        let depth = depth - 1;
        match self.random.below(32) {
            0..=3 => self.leaf(ty),
            4 => self.select(ty, depth),
            5 => self.if_value(ty, depth),
            6 => self.block_value(ty, depth),
            7 | 8 if !self.signature.is_leaf => self.call_value(ty, depth),
            9..=12 if !matches!(ty, ValType::Ref(_)) && self.load(ty, depth) => {}
            16..=18 if !self.plan.objects.is_empty() && self.field(ty, depth) => {}
            13 => self.tee(ty, depth),
            14 if self.random.chance(2) => self.trapping(ty, depth),
            15 if self.plan.wide_arithmetic && ty == I64 => self.wide(depth),
            _ => self.operation(ty, depth),
        }
    }

    /// A value whose bits may show: a NaN is canonical, or one whose bits are determined.
    pub fn canonical(&mut self, ty: ValType, depth: u32) {
        if matches!(ty, F32 | F64) && self.random.chance(30) {
            return self.exact_float(ty, depth);
        }
        self.expression(ty, depth);
        self.make_canonical(ty);
    }

    /// A float that no instruction computed, so that even the bits of a NaN are determined.
    fn exact_float(&mut self, ty: ValType, depth: u32) {
        let is_f32 = ty == F32;
        match self.random.below(if depth == 0 { 2 } else { 6 }) {
            0 if is_f32 => {
                let bits = 0x7f80_0000 | self.random.next() as u32;
                self.emit(Instruction::F32Const(f32::from_bits(bits).into()));
            }
            0 => {
                let bits = 0x7ff0 << 48 | self.random.next();
                self.emit(Instruction::F64Const(f64::from_bits(bits).into()));
            }
            1 | 2 => {
                self.expression(if is_f32 { I32 } else { I64 }, depth.saturating_sub(1));
                self.emit(if is_f32 { Instruction::F32ReinterpretI32 } else { Instruction::F64ReinterpretI64 });
            }
            3 => {
                self.exact_float(ty, depth - 1);
                self.emit(if is_f32 { Instruction::F32Neg } else { Instruction::F64Neg });
            }
            4 => {
                self.exact_float(ty, depth - 1);
                self.emit(if is_f32 { Instruction::F32Abs } else { Instruction::F64Abs });
            }
            _ => {
                self.exact_float(ty, depth - 1);
                self.exact_float(ty, depth - 1);
                self.emit(if is_f32 { Instruction::F32Copysign } else { Instruction::F64Copysign });
            }
        }
    }

    /// What a branch or a selection depends on.
    pub fn condition(&mut self, depth: u32) {
        if depth == 0 || self.budget == 0 || self.random.chance(25) {
            return self.expression(I32, depth);
        }
        let (instruction, operands) = &scalar::COMPARE[self.random.below(scalar::COMPARE.len())];
        self.apply(instruction, operands, depth - 1);
    }

    /// A constant, a local or a global.
    pub fn leaf(&mut self, ty: ValType) {
        let locals: Vec<u32> = positions(self.locals.iter(), |it| **it == ty);
        let globals: Vec<u32> = positions(self.plan.globals.iter(), |it| it.0 == ty);
        match self.random.below(8) {
            0..=3 if !locals.is_empty() => {
                let local = self.random.pick(&locals);
                self.emit(Instruction::LocalGet(local));
            }
            4 if !globals.is_empty() => {
                let global = self.random.pick(&globals);
                self.emit(Instruction::GlobalGet(global));
            }
            5 if ty == I32 && !self.counters.is_empty() => {
                let counter = self.random.pick(&self.counters.clone());
                self.emit(Instruction::LocalGet(counter));
            }
            _ => self.any_constant(ty),
        }
    }

    /// A constant, or a new object with constants in it.
    pub fn any_constant(&mut self, ty: ValType) {
        let instruction = match ty {
            I32 => Instruction::I32Const(self.random.integer() as i32),
            I64 => Instruction::I64Const(self.random.integer() as i64),
            F32 => Instruction::F32Const(f32::from_bits(self.random.f32()).into()),
            F64 => Instruction::F64Const(f64::from_bits(self.random.f64()).into()),
            V128 => Instruction::V128Const(self.random.v128() as i128),
            ValType::Ref(_) if self.random.chance(80) && self.plain_object(ty) => return,
            ValType::Ref(ty) => Instruction::RefNull(ty.heap_type),
        };
        self.emit(instruction);
    }

    fn select(&mut self, ty: ValType, depth: u32) {
        self.expression(ty, depth);
        self.expression(ty, depth);
        self.condition(depth);
        let typed = self.random.chance(50) || matches!(ty, ValType::Ref(_));
        self.emit(if typed { Instruction::TypedSelect(ty) } else { Instruction::Select });
    }

    fn if_value(&mut self, ty: ValType, depth: u32) {
        self.condition(depth);
        self.emit(Instruction::If(BlockType::Result(ty)));
        self.labels.push(false);
        self.expression(ty, depth);
        self.emit(Instruction::Else);
        self.expression(ty, depth);
        self.labels.pop();
        self.emit(Instruction::End);
    }

    /// A block that is left with one of two values.
    fn block_value(&mut self, ty: ValType, depth: u32) {
        self.emit(Instruction::Block(BlockType::Result(ty)));
        self.labels.push(false);
        self.expression(ty, depth);
        self.condition(depth);
        self.emit(Instruction::BrIf(0));
        self.labels.pop();
        self.emit(Instruction::Drop);
        self.labels.push(false);
        self.expression(ty, depth);
        self.labels.pop();
        self.emit(Instruction::End);
    }

    fn tee(&mut self, ty: ValType, depth: u32) {
        self.expression(ty, depth);
        let locals: Vec<u32> = positions(self.locals.iter(), |it| **it == ty);
        if !locals.is_empty() {
            let local = self.random.pick(&locals);
            self.emit(Instruction::LocalTee(local));
        }
    }

    fn trapping(&mut self, ty: ValType, depth: u32) {
        let known: Vec<&Operation> =
            scalar::TRAPPING.iter().filter(|(gives, _)| *gives == ty).map(|(_, it)| it).collect();
        if known.is_empty() {
            return self.leaf(ty);
        }
        let (instruction, operands) = self.random.pick(&known);
        self.apply(instruction, operands, depth);
    }

    /// An instruction with its operands.
    fn apply(&mut self, instruction: &Instruction<'static>, operands: &[Operand], depth: u32) {
        for operand in operands {
            match *operand {
                Operand::Any(ty) => self.expression(ty, depth),
                Operand::Canonical(ty) => self.canonical(ty, depth),
                Operand::Nonzero(ty) => {
                    self.expression(ty, depth);
                    self.constant(ty, 1, 8);
                    self.emit(if ty == I64 { Instruction::I64Or } else { Instruction::I32Or });
                }
                Operand::Small(ty) if self.random.chance(94) => self.small(ty, depth),
                Operand::Small(ty) => self.expression(ty, depth),
            }
        }
        self.emit(instruction.clone());
    }

    /// A float from 0 up to 2^25, mostly with a fraction.
    fn small(&mut self, ty: ValType, depth: u32) {
        self.expression(I32, depth);
        self.emit(Instruction::I32Const(0x3fff_ffff));
        self.emit(Instruction::I32And);
        let factor = 1.0 / 32.0;
        if ty == F32 {
            self.emit(Instruction::F32ConvertI32S);
            self.emit(Instruction::F32Const((factor as f32).into()));
            self.emit(Instruction::F32Mul);
        } else {
            self.emit(Instruction::F64ConvertI32S);
            self.emit(Instruction::F64Const(factor.into()));
            self.emit(Instruction::F64Mul);
        }
    }

    fn operation(&mut self, ty: ValType, depth: u32) {
        if self.plan.simd && matches!(ty, I32 | I64 | F32 | F64) && self.random.chance(12) {
            return self.fold_vector(ty, depth);
        }
        let known = match ty {
            I32 => scalar::GIVE_I32,
            I64 => scalar::GIVE_I64,
            F32 => scalar::GIVE_F32,
            F64 => scalar::GIVE_F64,
            V128 => return self.vector(depth),
            ValType::Ref(_) => return self.object(ty, depth),
        };
        if ty == I32 && !self.plan.objects.is_empty() && self.random.chance(20) {
            return self.about_object(depth);
        }
        if ty == I32 && self.random.chance(3) {
            return self.sizes();
        }
        if ty == I32 && self.random.chance(15) {
            return self.condition(depth);
        }
        let (instruction, operands) = &known[self.random.below(known.len())];
        self.apply(instruction, operands, depth);
    }

    /// The size of the memory, as an i32.
    fn sizes(&mut self) {
        match self.plan.memories.first() {
            Some(memory) if !memory.is_64 => self.emit(Instruction::MemorySize(0)),
            _ => self.emit(Instruction::TableSize(0)),
        }
    }

    fn fold_vector(&mut self, ty: ValType, depth: u32) {
        if ty == I32 && self.random.chance(50) {
            let (instruction, operands) = &vector::GIVE_I32[self.random.below(vector::GIVE_I32.len())];
            return self.apply(instruction, operands, depth);
        }
        let known: Vec<_> = vector::EXTRACT.iter().filter(|(gives, ..)| *gives == ty).collect();
        let (_, instruction, lanes) = self.random.pick(&known);
        self.expression(V128, depth);
        let lane = self.random.below(usize::from(*lanes)) as u8;
        self.emit(instruction(lane));
    }

    fn vector(&mut self, depth: u32) {
        let pick = |body: &mut Self, known: &'static [Operation]| &known[body.random.below(known.len())];
        match self.random.below(20) {
            0..=2 => {
                let (instruction, operands) = pick(self, vector::GIVE_F32X4);
                self.apply(instruction, operands, depth);
                self.make_lanes_canonical(true);
            }
            3..=5 => {
                let (instruction, operands) = pick(self, vector::GIVE_F64X2);
                self.apply(instruction, operands, depth);
                self.make_lanes_canonical(false);
            }
            6 | 7 => {
                self.expression(V128, depth);
                self.expression(V128, depth);
                let lanes = self.shuffle_lanes();
                self.emit(Instruction::I8x16Shuffle(lanes));
            }
            8 | 9 => {
                let (ty, instruction, lanes) = self.random.pick(vector::REPLACE);
                self.expression(V128, depth);
                self.canonical(ty, depth);
                let lane = self.random.below(usize::from(lanes)) as u8;
                self.emit(instruction(lane));
            }
            10 if self.load_lane(depth) => {}
            _ => {
                let (instruction, operands) = pick(self, vector::GIVE_V128);
                self.apply(instruction, operands, depth);
            }
        }
    }

    /// Lanes in the patterns that machines have instructions for, or any.
    fn shuffle_lanes(&mut self) -> [u8; 16] {
        let width = 1 << self.random.below(4);
        let units = 16 / width;
        let any: Vec<usize> = (0..units).map(|_| self.random.below(2 * units)).collect();
        let start = self.random.below(17);
        let kind = self.random.below(4);
        std::array::from_fn(|byte| {
            let (unit, rest) = (byte / width, byte % width);
            let source = match kind {
                0 => unit / 2 + unit % 2 * units,
                1 => return (start + byte) as u8 % 32,
                2 => any[0],
                _ => any[unit],
            };
            (source * width + rest) as u8
        })
    }

    /// Half of a 128-bit result, the other half flows into the digest.
    fn wide(&mut self, depth: u32) {
        let (instruction, operands) = match self.random.below(4) {
            0 => (Instruction::I64Add128, 4),
            1 => (Instruction::I64Sub128, 4),
            2 => (Instruction::I64MulWideS, 2),
            _ => (Instruction::I64MulWideU, 2),
        };
        for _ in 0..operands {
            self.expression(I64, depth);
        }
        self.emit(instruction);
        self.digest(I64);
    }
}

/// Indices of the items that `wanted` says yes to.
pub fn positions<T>(items: impl Iterator<Item = T>, wanted: impl Fn(&T) -> bool) -> Vec<u32> {
    items.enumerate().filter(|(_, item)| wanted(item)).map(|(index, _)| index as u32).collect()
}
