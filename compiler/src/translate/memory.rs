//! Linear memory: how an index becomes an address, scalar loads and stores, size and growth, bulk copies and fills.

use std::mem::offset_of;

use abi::layout::{FIXED_MEMORY_BASE, Memory};
use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Opcode, Type, Value, types};
use wasmparser::{MemArg, MemArgTarget};

use super::state::{Translator, host_signature, trap_code};
use crate::memory_plan::{Base, Bounds, byte_length, page_size_log2};
use crate::program::Location;
use crate::symbols::SymbolId;

impl Translator<'_, '_> {
    fn memory(&self, index: u32) -> (Location, SymbolId) {
        let location = self.env.program.links[self.env.module].memories[index as usize];
        (location, self.env.symbols.memories[&location])
    }

    fn heap_flags(&self) -> MemFlagsData {
        MemFlagsData::new()
            .with_endianness(Endianness::Little)
            .with_trap_code(Some(trap_code(TrapKind::MemoryOutOfBounds)))
            .with_alias_region(Some(self.regions.heap))
    }

    /// Host address of byte 0 of a memory.
    fn memory_base(&mut self, location: Location, symbol: SymbolId) -> Value {
        let flags = self.structure_flags();
        let flags = match self.env.facts.memories[&location].base {
            Base::Fixed => return self.ins().iconst(types::I64, FIXED_MEMORY_BASE as i64),
            Base::Stable => flags.with_readonly().with_can_move(),
            Base::Moving => flags,
        };
        let structure = self.instance_address(symbol, 0);
        self.ins().load(types::I64, flags, structure, offset_of!(Memory, base) as i32)
    }

    /// Pops the index of an access of `size` bytes; gives flags, address and displacement. An access out of bounds faults
    /// there, or traps before.
    pub fn address(&mut self, memarg: &MemArg, size: u8) -> (MemFlagsData, Value, i32) {
        let MemArgTarget::Memory(memory) = memarg.target else { unreachable!("arrays need the GC proposal") };
        let (location, symbol) = self.memory(memory);
        let index = self.pop();
        let mut index = self.extend_index(index);
        let mut offset = memarg.offset;
        let flags = self.heap_flags();
        let plan = self.env.facts.memories[&location];
        match plan.bounds {
            Bounds::Reserved => {}
            Bounds::Clamped(limit) => (index, offset) = self.clamp_index(index, offset, limit),
            Bounds::Compared => {
                let extent = offset.saturating_add(size.into());
                if i64::try_from(extent).is_err() {
                    // No memory is as large.
                    return (flags, self.ins().iconst(types::I64, 0), 0);
                }
                let outside = self.is_outside(location, symbol, index, extent);
                return (flags, self.address_or_null(location, symbol, index, offset, outside), 0);
            }
        }
        // The fixed base folds into the displacement, which the processor sign-extends.
        let (start, displacement) = match plan.base {
            Base::Fixed => (index, FIXED_MEMORY_BASE + offset),
            Base::Stable | Base::Moving => {
                let base = self.memory_base(location, symbol);
                (self.ins().iadd(base, index), offset)
            }
        };
        match i32::try_from(displacement) {
            Ok(displacement) => (flags, start, displacement),
            Err(_) => {
                let displacement = self.ins().iconst(types::I64, displacement as i64);
                (flags, self.ins().iadd(start, displacement), 0)
            }
        }
    }

    /// An index and an offset, of 32 bits, whose sum is in the guard behind the memory if those given are beyond `limit`. This is no
    /// branch, so it holds under speculation too.
    fn clamp_index(&mut self, index: Value, offset: u64, limit: u64) -> (Value, u64) {
        let (index, offset) = if offset > u64::from(u32::MAX) {
            let offset = self.ins().iconst(types::I64, offset as i64);
            (self.ins().uadd_overflow_trap(index, offset, trap_code(TrapKind::MemoryOutOfBounds)), 0)
        } else {
            (index, offset)
        };
        let limit = self.ins().iconst(types::I64, limit as i64);
        (self.ins().umin(index, limit), offset)
    }

    /// Whether an access that ends `extent` bytes after `index` is outside the memory.
    fn is_outside(&mut self, location: Location, symbol: SymbolId, index: Value, extent: u64) -> Value {
        let ty = self.env.program.memory(location);
        let length = self.load_field(symbol, offset_of!(Memory, byte_length));
        let extent_value = self.ins().iconst(types::I64, extent as i64);
        if !ty.memory64 {
            let end = self.ins().iadd(index, extent_value);
            self.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
        } else if extent <= byte_length(ty, ty.initial) {
            // A memory does not shrink, so this is not below zero.
            let last = self.ins().isub(length, extent_value);
            self.ins().icmp(IntCC::UnsignedGreaterThan, index, last)
        } else {
            let end = self.ins().uadd_overflow_trap(index, extent_value, trap_code(TrapKind::MemoryOutOfBounds));
            self.ins().icmp(IntCC::UnsignedGreaterThan, end, length)
        }
    }

    /// The address of an access, or null, where it faults, if that is `outside`. This is no branch, so it holds under speculation too.
    fn address_or_null(
        &mut self,
        location: Location,
        symbol: SymbolId,
        index: Value,
        offset: u64,
        outside: Value,
    ) -> Value {
        let base = self.memory_base(location, symbol);
        let address = self.ins().iadd(base, index);
        let offset = self.ins().iconst(types::I64, offset as i64);
        let address = self.ins().iadd(address, offset);
        let null = self.ins().iconst(types::I64, 0);
        self.ins().select_spectre_guard(outside, null, address)
    }

    /// A load of a whole value.
    pub fn load(&mut self, memarg: &MemArg, ty: Type) {
        let (flags, address, displacement) = self.address(memarg, ty.bytes() as u8);
        let value = self.ins().load(ty, flags, address, displacement);
        self.push(value);
    }

    /// A load of a narrow integer, extended to `ty` by `opcode` (`Uload8` and its like).
    pub fn load_extend(&mut self, memarg: &MemArg, opcode: Opcode, ty: Type) {
        let size = match opcode {
            Opcode::Uload8 | Opcode::Sload8 => 1,
            Opcode::Uload16 | Opcode::Sload16 => 2,
            _ => 4,
        };
        let (flags, address, displacement) = self.address(memarg, size);
        let ins = self.ins();
        let value = match opcode {
            Opcode::Uload8 => ins.uload8(ty, flags, address, displacement),
            Opcode::Sload8 => ins.sload8(ty, flags, address, displacement),
            Opcode::Uload16 => ins.uload16(ty, flags, address, displacement),
            Opcode::Sload16 => ins.sload16(ty, flags, address, displacement),
            Opcode::Uload32 => ins.uload32(flags, address, displacement),
            _ => ins.sload32(flags, address, displacement),
        };
        self.push(value);
    }

    /// A store of a whole value of `size` bytes.
    pub fn store(&mut self, memarg: &MemArg, size: u8) {
        let value = self.pop();
        let (flags, address, displacement) = self.address(memarg, size);
        self.ins().store(flags, value, address, displacement);
    }

    /// A store of the low `size` bytes of an integer.
    pub fn store_narrow(&mut self, memarg: &MemArg, size: u8) {
        let value = self.pop();
        let (flags, address, displacement) = self.address(memarg, size);
        match size {
            1 => self.ins().istore8(flags, value, address, displacement),
            2 => self.ins().istore16(flags, value, address, displacement),
            _ => self.ins().istore32(flags, value, address, displacement),
        };
    }

    /// An index or size as the memory's index type.
    fn narrow_index(&mut self, location: Location, value: Value) -> Value {
        if self.env.program.memory(location).memory64 { value } else { self.ins().ireduce(types::I32, value) }
    }

    /// Whether other threads may access a memory.
    pub fn is_shared(&self, index: u32) -> bool {
        self.env.program.memory(self.memory(index).0).shared
    }

    /// `memory.size`
    pub fn memory_size(&mut self, index: u32) {
        let (location, symbol) = self.memory(index);
        let length = if self.is_shared(index) {
            let structure = self.instance_address(symbol, offset_of!(Memory, byte_length) as i64);
            let flags = self.structure_flags();
            self.ins().atomic_load(types::I64, flags, structure)
        } else {
            self.load_field(symbol, offset_of!(Memory, byte_length))
        };
        let page_size_log2 = page_size_log2(self.env.program.memory(location));
        let shift = self.ins().iconst(types::I32, i64::from(page_size_log2));
        let pages = self.ins().ushr(length, shift);
        let pages = self.narrow_index(location, pages);
        self.push(pages);
    }

    /// `memory.grow`
    pub fn memory_grow(&mut self, index: u32) {
        let (location, symbol) = self.memory(index);
        let delta = self.pop();
        let delta = self.extend_index(delta);
        let structure = self.instance_address(symbol, 0);
        let signature = host_signature(&[types::I64; 2], &[types::I64]);
        let builtin = if self.is_shared(index) { builtin::SHARED_MEMORY_GROW } else { builtin::MEMORY_GROW };
        let old = self.builtin(builtin, signature, &[structure, delta]);
        let old = self.narrow_index(location, old[0]);
        self.push(old);
    }

    /// Checks that `len` bytes from `index` (i64) are inside a memory and gives their host address. `len` is at most 32 bits
    /// wide unless the memory is 64-bit.
    pub fn bulk_address(&mut self, memory: u32, index: Value, len: Value) -> Value {
        let (location, symbol) = self.memory(memory);
        let end = if self.env.program.memory(location).memory64 {
            self.ins().uadd_overflow_trap(index, len, trap_code(TrapKind::MemoryOutOfBounds))
        } else {
            self.ins().iadd(index, len)
        };
        let length = self.load_field(symbol, offset_of!(Memory, byte_length));
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(outside, TrapKind::MemoryOutOfBounds);
        let base = self.memory_base(location, symbol);
        self.ins().iadd(base, index)
    }

    /// `memory.copy`
    pub fn memory_copy(&mut self, destination_memory: u32, source_memory: u32) {
        let (destination, source, len) = self.pop3();
        let [destination, source, len] = [destination, source, len].map(|value| self.extend_index(value));
        let destination = self.bulk_address(destination_memory, destination, len);
        let source = self.bulk_address(source_memory, source, len);
        self.move_bytes(destination, source, len);
    }

    /// Copies bytes between checked host addresses, which may overlap.
    pub fn move_bytes(&mut self, destination: Value, source: Value, len: Value) {
        let signature = host_signature(&[types::I64; 3], &[types::I64]);
        self.builtin(builtin::MEMMOVE, signature, &[destination, source, len]);
    }

    /// `memory.fill`
    pub fn memory_fill(&mut self, memory: u32) {
        let (destination, byte, len) = self.pop3();
        let [destination, len] = [destination, len].map(|value| self.extend_index(value));
        let destination = self.bulk_address(memory, destination, len);
        let signature = host_signature(&[types::I64, types::I32, types::I64], &[types::I64]);
        self.builtin(builtin::MEMSET, signature, &[destination, byte, len]);
    }
}
