//! Loops over arrays whose statements are alike, as compilers unroll them: what vectorisation looks for. The arrays may overlap, and
//! seldom reach beyond the memory. And loops that look for a difference of arrays, or for a number in one.

use super::body::Body;
use super::expression::positions;
use ValType::{F32, F64, I32, I64, V128};
use wasm_encoder::{BlockType, Instruction, MemArg, MemArgTarget, ValType};

/// An element: its type on the stack, log2 of its width, its load and store.
type Element = (ValType, u32, fn(MemArg) -> Instruction<'static>, fn(MemArg) -> Instruction<'static>);

const ELEMENTS: &[Element] = &[
    (I32, 0, Instruction::I32Load8U, Instruction::I32Store8),
    (I32, 1, Instruction::I32Load16S, Instruction::I32Store16),
    (I32, 2, Instruction::I32Load, Instruction::I32Store),
    (I64, 3, Instruction::I64Load, Instruction::I64Store),
    (F32, 2, Instruction::F32Load, Instruction::F32Store),
    (F64, 3, Instruction::F64Load, Instruction::F64Store),
];

const VECTORS: Element = (V128, 4, Instruction::V128Load, Instruction::V128Store);

/// A loop while it is made.
struct Arrays {
    element: Element,
    memory: u32,
    counter: u32,
    pointers: [u32; 2],
}

impl Body<'_> {
    /// Such a loop, if there is a memory with addresses of 32 bits.
    pub fn array_loop(&mut self) {
        let memories = positions(self.plan.memories.iter(), |memory| !memory.is_64);
        let Some(counter) = self.counter() else { return };
        if memories.is_empty() {
            return;
        }
        let arrays = Arrays {
            element: if self.plan.simd && self.random.chance(25) { VECTORS } else { self.random.pick(ELEMENTS) },
            memory: self.random.pick(&memories),
            counter,
            pointers: [self.pointer(), self.pointer()],
        };
        if arrays.element.0 == I32 && self.random.chance(30) {
            return self.search_loop(&arrays);
        }
        let lanes = 1 + self.random.below(4) as i32;
        let step = lanes << arrays.element.1;
        let end = step * (1 + self.random.below(40) as i32);
        let start = if self.random.chance(5) { i32::from(u16::MAX) - 0x800 } else { 0 };
        self.emit(Instruction::I32Const(start));
        self.emit(Instruction::LocalSet(counter));
        self.emit(Instruction::Loop(BlockType::Empty));
        let alike = self.random.chance(80);
        let pattern = self.random.clone();
        for lane in 0..lanes {
            if alike {
                self.random = pattern.clone();
            }
            self.array_address(&arrays, 0);
            self.array_value(&arrays, lane, 2);
            self.emit(arrays.element.3(self.array_argument(&arrays, lane)));
        }
        self.emit(Instruction::LocalGet(counter));
        self.emit(Instruction::I32Const(step));
        self.emit(Instruction::I32Add);
        self.emit(Instruction::LocalTee(counter));
        self.emit(Instruction::I32Const(start + end));
        let ordered = self.random.chance(50);
        self.emit(if ordered { Instruction::I32LtU } else { Instruction::I32Ne });
        self.emit(Instruction::BrIf(0));
        self.emit(Instruction::End);
    }

    /// A loop that ends at a difference of both arrays, at a number in one of them, or after some elements. What is found is stored.
    fn search_loop(&mut self, arrays: &Arrays) {
        let start = if self.random.chance(20) { i32::from(u16::MAX) - 0x80 } else { 0 };
        let step = 1 << arrays.element.1;
        self.emit(Instruction::I32Const(start));
        self.emit(Instruction::LocalSet(arrays.counter));
        self.emit(Instruction::Block(BlockType::Empty));
        self.emit(Instruction::Loop(BlockType::Empty));
        self.array_address(arrays, 0);
        self.emit(arrays.element.2(self.array_argument(arrays, 0)));
        if self.random.chance(50) {
            self.constant(I32, 1, 200);
            self.emit(Instruction::I32Eq);
        } else {
            self.array_address(arrays, 1);
            self.emit(arrays.element.2(self.array_argument(arrays, 0)));
            self.emit(Instruction::I32Ne);
        }
        self.emit(Instruction::BrIf(1));
        self.emit(Instruction::LocalGet(arrays.counter));
        self.emit(Instruction::I32Const(step));
        self.emit(Instruction::I32Add);
        self.emit(Instruction::LocalTee(arrays.counter));
        let count = 1 + self.random.below(150) as i32;
        self.emit(Instruction::I32Const(start + step * count));
        self.emit(Instruction::I32Ne);
        self.emit(Instruction::BrIf(0));
        self.emit(Instruction::End);
        self.emit(Instruction::End);
        self.array_address(arrays, 0);
        self.emit(Instruction::LocalGet(arrays.counter));
        self.emit(Instruction::I32Store16(self.array_argument(arrays, 0)));
    }

    fn array_address(&mut self, arrays: &Arrays, array: usize) {
        self.emit(Instruction::LocalGet(arrays.pointers[array]));
        self.emit(Instruction::LocalGet(arrays.counter));
        self.emit(Instruction::I32Add);
    }

    fn array_argument(&self, arrays: &Arrays, lane: i32) -> MemArg {
        let offset = (lane as u64) << arrays.element.1;
        MemArg { offset, align: 0, target: MemArgTarget::Memory(arrays.memory), ordering: None }
    }

    /// An element that is computed from others; floats without arithmetic, whose NaNs would show.
    fn array_value(&mut self, arrays: &Arrays, lane: i32, depth: u32) {
        let ty = arrays.element.0;
        match self.random.below(if depth == 0 { 3 } else { 6 }) {
            0 if matches!(ty, I32 | I64) => self.constant(ty, 1, 100),
            0..=2 => {
                let array = self.random.below(2);
                self.array_address(arrays, array);
                let lane = lane + self.random.below(3) as i32;
                self.emit(arrays.element.2(self.array_argument(arrays, lane)));
            }
            choice => {
                self.array_value(arrays, lane, depth - 1);
                if matches!(ty, I32 | I64 | V128) {
                    self.array_value(arrays, lane, depth - 1);
                }
                self.emit(match (ty, choice) {
                    (I32, 3) => Instruction::I32Add,
                    (I32, 4) => Instruction::I32Sub,
                    (I32, _) => Instruction::I32Xor,
                    (I64, 3) => Instruction::I64Add,
                    (I64, 4) => Instruction::I64And,
                    (I64, _) => Instruction::I64Sub,
                    (V128, 3) => Instruction::I8x16Add,
                    (V128, 4) => Instruction::V128Xor,
                    (V128, _) => Instruction::I32x4Mul,
                    (F32, 3) => Instruction::F32Neg,
                    (F32, _) => Instruction::F32Abs,
                    (_, 3) => Instruction::F64Neg,
                    _ => Instruction::F64Abs,
                });
            }
        }
    }
}
