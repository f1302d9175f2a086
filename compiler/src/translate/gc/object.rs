//! What structures and arrays have in common: reading and writing a value in an object, and telling the collector.

use abi::heap::NURSERY_END;
use abi::symbols::builtin;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::{StorageType, ValType};

use crate::translate::state::{Translator, host_signature};

/// Where a value is in an object.
#[derive(Clone, Copy)]
pub struct Place {
    /// Host address.
    pub address: Value,
    /// Added to it.
    pub displacement: i32,
    /// Flags of the access.
    pub flags: MemFlagsData,
}

impl Translator<'_, '_> {
    /// Flags of an access to a field or length of `object`: null faults, where it is possible.
    pub fn flags_of(&self, object: Value) -> MemFlagsData {
        if self.is_known_not_null(object) { self.object_flags() } else { self.nullable_object_flags() }
    }

    /// Reads a value and pushes it; integers of less than 32 bits are extended.
    pub fn read(&mut self, place: Place, ty: StorageType, signed: bool) {
        let Place { address, displacement, flags } = place;
        let value = match (ty, signed) {
            (StorageType::I8, false) => self.ins().uload8(types::I32, flags, address, displacement),
            (StorageType::I8, true) => self.ins().sload8(types::I32, flags, address, displacement),
            (StorageType::I16, false) => self.ins().uload16(types::I32, flags, address, displacement),
            (StorageType::I16, true) => self.ins().sload16(types::I32, flags, address, displacement),
            (StorageType::Val(ty), _) => {
                let value_type = self.env.value_type(ty);
                let value = self.ins().load(value_type, flags, address, displacement);
                self.trace(value, ty);
                value
            }
        };
        self.push(value);
    }

    /// Writes a value. The caller tells the collector where it may be a reference.
    pub fn write(&mut self, place: Place, ty: StorageType, value: Value) {
        let Place { address, displacement, flags } = place;
        match ty {
            StorageType::I8 => self.ins().istore8(flags, value, address, displacement),
            StorageType::I16 => self.ins().istore16(flags, value, address, displacement),
            StorageType::Val(_) => {
                let value = self.canonical(value);
                self.ins().store(flags, value, address, displacement)
            }
        };
    }

    /// Whether objects hold values of this type as references that the collector follows.
    pub fn is_traced_storage(&self, ty: StorageType) -> bool {
        matches!(ty, StorageType::Val(ty) if self.env.is_traced(ty))
    }

    /// Zero or null, as [`Translator::write`] takes it.
    pub fn zero_of(&mut self, ty: StorageType) -> Value {
        match ty {
            StorageType::I8 | StorageType::I16 => self.zero(ValType::I32),
            StorageType::Val(ty) => self.zero(ty),
        }
    }

    /// Tells the collector that `value` has been stored in `object` at `slot`, a host address and displacement: it must know of objects
    /// in the old space that refer to the nursery.
    pub fn write_barrier(&mut self, object: Value, value: Value, place: Place) {
        if self.constant_of(value) == Some(0) {
            return;
        }
        let (check, next) = self.branch_if_old(object);
        self.builder.switch_to_block(check);
        // Neither null nor beyond the nursery: null wraps around.
        let from_one = self.ins().iadd_imm_s(value, -1);
        let low = self.ins().icmp_imm_u(IntCC::UnsignedLessThan, from_one, NURSERY_END as i64 - 1);
        let tag = self.ins().band_imm_u(value, 3);
        let is_object = self.ins().icmp_imm_u(IntCC::Equal, tag, 0);
        let is_young = self.ins().band(low, is_object);
        let remember = self.builder.create_block();
        self.builder.set_cold_block(remember);
        self.ins().brif(is_young, remember, &[], next, &[]);
        self.builder.seal_block(remember);
        self.builder.switch_to_block(remember);
        let slot = self.offset_in_heap(place.address, place.displacement);
        self.remember(object, slot);
        self.ins().jump(next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Tells the collector that any number of references have been stored in `object`.
    pub fn write_barrier_for_all(&mut self, object: Value) {
        let (check, next) = self.branch_if_old(object);
        self.builder.switch_to_block(check);
        let slot = self.ins().iconst(types::I32, 0);
        self.remember(object, slot);
        self.ins().jump(next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    /// Branches to the first block when an object is in the old space, else to the second, which is not sealed.
    fn branch_if_old(&mut self, object: Value) -> (cranelift_codegen::ir::Block, cranelift_codegen::ir::Block) {
        let old = self.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, object, NURSERY_END as i64);
        let (check, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(check);
        self.ins().brif(old, check, &[], next, &[]);
        self.builder.seal_block(check);
        (check, next)
    }

    fn remember(&mut self, object: Value, slot: Value) {
        let heap = self.instance_address(self.env.symbols.heap, 0);
        let signature = host_signature(&[types::I64, types::I32, types::I32], &[]);
        self.builtin(builtin::HEAP_REMEMBER, signature, &[heap, object, slot]);
    }

    /// The constant that a value is, if it is one.
    pub fn constant_of(&self, value: Value) -> Option<i64> {
        let dfg = &self.builder.func.dfg;
        let inst = dfg.value_def(value).inst()?;
        match dfg.insts[inst] {
            cranelift_codegen::ir::InstructionData::UnaryImm { opcode: cranelift_codegen::ir::Opcode::Iconst, imm } => {
                Some(imm.bits())
            }
            _ => None,
        }
    }
}
