//! Loads, stores and bulk operations, at addresses that are mostly inside, often at the end and sometimes beyond.

use super::body::Body;
use ValType::{F32, F64, I32, I64, V128};
use wasm_encoder::{Instruction, MemArg, MemArgTarget, ValType};

/// A load or store: its type, the instruction, log2 of its width.
type Access = (ValType, fn(MemArg) -> Instruction<'static>, u32);

const LOADS: &[Access] = &[
    (I32, Instruction::I32Load, 2),
    (I32, Instruction::I32Load8S, 0),
    (I32, Instruction::I32Load8U, 0),
    (I32, Instruction::I32Load16S, 1),
    (I32, Instruction::I32Load16U, 1),
    (I64, Instruction::I64Load, 3),
    (I64, Instruction::I64Load8S, 0),
    (I64, Instruction::I64Load8U, 0),
    (I64, Instruction::I64Load16S, 1),
    (I64, Instruction::I64Load16U, 1),
    (I64, Instruction::I64Load32S, 2),
    (I64, Instruction::I64Load32U, 2),
    (F32, Instruction::F32Load, 2),
    (F64, Instruction::F64Load, 3),
    (V128, Instruction::V128Load, 4),
    (V128, Instruction::V128Load8x8S, 3),
    (V128, Instruction::V128Load8x8U, 3),
    (V128, Instruction::V128Load16x4S, 3),
    (V128, Instruction::V128Load16x4U, 3),
    (V128, Instruction::V128Load32x2S, 3),
    (V128, Instruction::V128Load32x2U, 3),
    (V128, Instruction::V128Load8Splat, 0),
    (V128, Instruction::V128Load16Splat, 1),
    (V128, Instruction::V128Load32Splat, 2),
    (V128, Instruction::V128Load64Splat, 3),
    (V128, Instruction::V128Load32Zero, 2),
    (V128, Instruction::V128Load64Zero, 3),
];

const STORES: &[Access] = &[
    (I32, Instruction::I32Store, 2),
    (I32, Instruction::I32Store8, 0),
    (I32, Instruction::I32Store16, 1),
    (I64, Instruction::I64Store, 3),
    (I64, Instruction::I64Store8, 0),
    (I64, Instruction::I64Store16, 1),
    (I64, Instruction::I64Store32, 2),
    (F32, Instruction::F32Store, 2),
    (F64, Instruction::F64Store, 3),
    (V128, Instruction::V128Store, 4),
];

impl Body<'_> {
    /// Loads a value of this type, every width that there is; false when the module has no memory.
    pub fn load(&mut self, ty: ValType, depth: u32) -> bool {
        let Some(memory) = self.any_memory() else { return false };
        let loads: Vec<Access> = LOADS.iter().copied().filter(|(gives, ..)| *gives == ty).collect();
        let (_, instruction, width) = self.random.pick(&loads);
        let offset = self.address(memory, 1 << width, depth);
        let argument = self.memory_argument(memory, offset, width);
        self.emit(instruction(argument));
        true
    }

    /// Loads a lane into a vector, or stores one; false when there is no memory.
    pub fn load_lane(&mut self, depth: u32) -> bool {
        let Some(memory) = self.any_memory() else { return false };
        let offset = self.address(memory, 16, depth);
        self.expression(V128, depth);
        let width = self.random.below(4) as u32;
        let lane = self.random.below(16 >> width) as u8;
        let memarg = self.memory_argument(memory, offset, width);
        self.emit(match width {
            0 => Instruction::V128Load8Lane { memarg, lane },
            1 => Instruction::V128Load16Lane { memarg, lane },
            2 => Instruction::V128Load32Lane { memarg, lane },
            _ => Instruction::V128Load64Lane { memarg, lane },
        });
        true
    }

    /// Stores a value.
    pub fn store(&mut self, depth: u32) {
        let Some(memory) = self.any_memory() else { return };
        let offset = self.address(memory, 16, depth);
        if self.plan.simd && self.random.chance(5) {
            self.expression(V128, depth);
            let width = self.random.below(4) as u32;
            let lane = self.random.below(16 >> width) as u8;
            let memarg = self.memory_argument(memory, offset, width);
            self.emit(match width {
                0 => Instruction::V128Store8Lane { memarg, lane },
                1 => Instruction::V128Store16Lane { memarg, lane },
                2 => Instruction::V128Store32Lane { memarg, lane },
                _ => Instruction::V128Store64Lane { memarg, lane },
            });
            return;
        }
        let known: Vec<Access> = STORES.iter().copied().filter(|(ty, ..)| self.plan.simd || *ty != V128).collect();
        let (ty, instruction, width) = self.random.pick(&known);
        self.canonical(ty, depth);
        let argument = self.memory_argument(memory, offset, width);
        self.emit(instruction(argument));
    }

    /// Fills, copies or initialises memory, or makes it grow.
    pub fn bulk_memory(&mut self, depth: u32) {
        let Some(memory) = self.any_memory() else { return };
        match self.random.below(4) {
            0 => {
                self.short_range(memory, depth);
                self.expression(I32, depth);
                self.length(memory, 64);
                self.emit(Instruction::MemoryFill(memory));
            }
            1 => {
                let Some(src_mem) = self.any_memory() else { return };
                self.short_range(memory, depth);
                self.short_range(src_mem, depth);
                let both_wide = self.plan.memories[memory as usize].is_64 && self.plan.memories[src_mem as usize].is_64;
                let len = self.random.below(100) as i64;
                self.emit(if both_wide { Instruction::I64Const(len) } else { Instruction::I32Const(len as i32) });
                self.emit(Instruction::MemoryCopy { src_mem, dst_mem: memory });
            }
            2 if self.plan.passive_data > 0 => {
                let data_index = self.random.below(self.plan.passive_data as usize) as u32;
                self.short_range(memory, depth);
                self.constant(I32, 0, 16);
                self.constant(I32, 0, 16);
                self.emit(Instruction::MemoryInit { mem: memory, data_index });
                if self.random.chance(10) {
                    self.emit(Instruction::DataDrop(data_index));
                }
            }
            _ => {
                self.length(memory, 2);
                self.emit(Instruction::MemoryGrow(memory));
                self.digest(self.plan.memories[memory as usize].index_type());
            }
        }
    }

    fn short_range(&mut self, memory: u32, depth: u32) {
        let offset = self.address(memory, 100, depth);
        self.add_offset(memory, offset);
    }

    fn length(&mut self, memory: u32, bound: usize) {
        let len = self.random.below(bound) as i64;
        let is_64 = self.plan.memories[memory as usize].is_64;
        self.emit(if is_64 { Instruction::I64Const(len) } else { Instruction::I32Const(len as i32) });
    }

    fn add_offset(&mut self, memory: u32, offset: u64) {
        if offset == 0 {
            return;
        }
        let is_64 = self.plan.memories[memory as usize].is_64;
        self.emit(if is_64 { Instruction::I64Const(offset as i64) } else { Instruction::I32Const(offset as i32) });
        self.emit(if is_64 { Instruction::I64Add } else { Instruction::I32Add });
    }

    fn any_memory(&mut self) -> Option<u32> {
        let count = self.plan.memories.len();
        (count > 0).then(|| self.random.below(count) as u32)
    }

    fn memory_argument(&mut self, memory: u32, offset: u64, width: u32) -> MemArg {
        let align = self.random.below(width as usize + 1) as u32;
        MemArg { offset, align, target: MemArgTarget::Memory(memory), ordering: None }
    }

    /// Leaves an address on the stack and returns the static offset to go with it, for an access to `width` bytes.
    fn address(&mut self, memory: u32, width: u64, depth: u32) -> u64 {
        let plan = self.plan.memories[memory as usize];
        let size = plan.bytes();
        match self.random.below(100) {
            // Any address: nearly always outside.
            0 if self.random.chance(20) => {
                self.expression(plan.index_type(), depth);
                self.random.pick(&[0, 1, 0x7fff_ffff, 0xffff_ffff])
            }
            // About the end: mostly the last bytes, else some that reach beyond.
            1..=9 => {
                let below = self.random.below(20) as u64;
                let inside = self.random.chance(95);
                let address = if inside { size - width - below } else { size + 1 - width + below };
                let split = self.random.below(size as usize / 2) as u64;
                self.index_constant(plan.is_64, address - split);
                split
            }
            // A negative index that wraps, or an offset that is too large.
            10 if self.random.chance(10) => {
                let below = self.random.below(16) as u64;
                self.index_constant(plan.is_64, below.wrapping_neg());
                self.random.below(32) as u64
            }
            // Inside: a local that holds an address, a counter times a power of two, or any expression cut down.
            11..=50 if !plan.is_64 => {
                let pointer = self.pointer();
                self.emit(Instruction::LocalGet(pointer));
                if self.random.chance(20) {
                    self.constant(I32, 0, 64);
                    self.emit(Instruction::I32Add);
                }
                self.random.below(80) as u64
            }
            51..=70 if !plan.is_64 && !self.counters.is_empty() => {
                let counter = self.random.pick(&self.counters.clone());
                self.emit(Instruction::LocalGet(counter));
                let shift = self.random.below(5) as i32;
                self.emit(Instruction::I32Const(shift));
                self.emit(Instruction::I32Shl);
                if self.random.chance(50) {
                    let pointer = self.pointer();
                    self.emit(Instruction::LocalGet(pointer));
                    self.emit(Instruction::I32Add);
                }
                self.random.below(64) as u64
            }
            _ => {
                self.expression(plan.index_type(), depth);
                let mask = self.random.pick(&[0xff, 0xfff, 0xff8, 0xf00]);
                self.index_constant(plan.is_64, mask);
                self.emit(if plan.is_64 { Instruction::I64And } else { Instruction::I32And });
                self.random.below(200) as u64
            }
        }
    }

    fn index_constant(&mut self, is_64: bool, value: u64) {
        self.emit(if is_64 { Instruction::I64Const(value as i64) } else { Instruction::I32Const(value as i32) });
    }
}
