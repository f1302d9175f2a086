//! Loops that add up what is in an array, or how often something holds of it: what becomes reductions of vectors.

use super::body::Body;
use super::expression::positions;
use ValType::{I32, I64};
use wasm_encoder::{BlockType, Instruction, MemArg, MemArgTarget, ValType};

/// A load, log2 of its width, and what it loads.
type Load = (fn(MemArg) -> Instruction<'static>, u32, ValType);

const LOADS: &[Load] = &[
    (Instruction::I32Load8U, 0, I32),
    (Instruction::I32Load8S, 0, I32),
    (Instruction::I32Load16U, 1, I32),
    (Instruction::I32Load16S, 1, I32),
    (Instruction::I32Load, 2, I32),
    (Instruction::I64Load8U, 0, I64),
    (Instruction::I64Load16S, 1, I64),
    (Instruction::I64Load32U, 2, I64),
    (Instruction::I64Load32S, 2, I64),
    (Instruction::I64Load, 3, I64),
];

const COMPARISONS: &[Instruction<'static>] = &[
    Instruction::I32Eq,
    Instruction::I32Ne,
    Instruction::I32LtS,
    Instruction::I32LtU,
    Instruction::I32GtS,
    Instruction::I32GtU,
    Instruction::I32LeS,
    Instruction::I32LeU,
    Instruction::I32GeS,
    Instruction::I32GeU,
];

/// A loop while it is made.
struct Sum {
    load: Load,
    memory: u32,
    counter: u32,
    pointers: [u32; 2],
    total: u32,
    ty: ValType,
}

impl Body<'_> {
    /// Such a loop, if there is a memory with addresses of 32 bits. The digest learns of the sum.
    pub fn sum_loop(&mut self) {
        let memories = positions(self.plan.memories.iter(), |memory| !memory.is_64);
        let (Some(counter), Some(second)) = (self.counter(), self.counter_after(1)) else { return };
        if memories.is_empty() {
            return;
        }
        let load = self.random.pick(LOADS);
        let ty = if load.2 == I64 || self.random.chance(40) { I64 } else { I32 };
        let sum = Sum {
            load,
            memory: self.random.pick(&memories),
            counter,
            pointers: [self.pointer(), self.pointer()],
            total: if ty == I64 { self.scratch(I64) } else { second },
            ty,
        };
        let lanes = self.random.pick(&[1, 1, 1, 2, 3, 4, 4]);
        let step = lanes << load.1;
        let start = if self.random.chance(5) { i32::from(u16::MAX) - 0x200 } else { 0 };
        let end = start + step * (1 + self.random.below(200) as i32);
        self.constant(ty, 1, 1000);
        self.emit(Instruction::LocalSet(sum.total));
        self.emit(Instruction::I32Const(start));
        self.emit(Instruction::LocalSet(counter));
        self.emit(Instruction::Loop(BlockType::Empty));
        let alike = self.random.chance(90);
        let pattern = self.random.clone();
        for lane in 0..lanes {
            if alike {
                self.random = pattern.clone();
            }
            self.emit(Instruction::LocalGet(sum.total));
            self.sum_term(&sum, lane);
            let subtract = self.random.chance(25);
            self.emit(match (ty, subtract) {
                (I32, false) => Instruction::I32Add,
                (I32, true) => Instruction::I32Sub,
                (_, false) => Instruction::I64Add,
                (_, true) => Instruction::I64Sub,
            });
            self.emit(Instruction::LocalSet(sum.total));
        }
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Const(step));
        self.emit(Instruction::I32Add);
        self.emit(Instruction::LocalTee(counter));
        self.emit(Instruction::I32Const(end));
        self.emit(Instruction::I32Ne);
        self.emit(Instruction::BrIf(0));
        self.emit(Instruction::End);
        self.emit(Instruction::LocalGet(sum.total));
        self.digest(ty);
    }

    /// An element, whether something holds of it, or a small computation with two.
    fn sum_term(&mut self, sum: &Sum, lane: i32) {
        let ty = sum.load.2;
        match self.random.below(4) {
            0 if ty == I32 => {
                self.sum_load(sum, 0, lane);
                if self.random.chance(20) {
                    self.emit(Instruction::LocalGet(sum.pointers[1]));
                } else if self.random.chance(50) {
                    let edge = self.random.pick(&[0, 1, 3, 127, 128, 200, 255, 256, -1, -128, -129, 65535, -32768]);
                    self.emit(Instruction::I32Const(edge));
                } else {
                    self.sum_load(sum, 1, lane);
                }
                let comparison = self.random.below(COMPARISONS.len());
                self.emit(COMPARISONS[comparison].clone());
            }
            1 => {
                self.sum_load(sum, 0, lane);
                self.sum_load(sum, 1, lane);
                let choice = self.random.below(2);
                self.emit(match (ty, choice) {
                    (I32, 0) => Instruction::I32Sub,
                    (I32, _) => Instruction::I32And,
                    (_, 0) => Instruction::I64Add,
                    _ => Instruction::I64Xor,
                });
            }
            _ => self.sum_load(sum, 0, lane),
        }
        if ty != sum.ty {
            let signed = self.random.chance(50);
            self.emit(if signed { Instruction::I64ExtendI32S } else { Instruction::I64ExtendI32U });
        }
    }

    fn sum_load(&mut self, sum: &Sum, array: usize, lane: i32) {
        self.emit(Instruction::LocalGet(sum.pointers[array]));
        self.emit(Instruction::LocalGet(sum.counter));
        self.emit(Instruction::I32Add);
        let offset = (lane as u64) << sum.load.1;
        self.emit(sum.load.0(MemArg { offset, align: 0, target: MemArgTarget::Memory(sum.memory), ordering: None }));
    }
}
