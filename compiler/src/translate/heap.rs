//! The garbage-collected heap: allocation inline, and where an object is.

use std::mem::offset_of;

use abi::heap::{Heap, NULL_GUARD, TYPE_SHIFT};
use abi::layout::FIXED_MEMORY_BASE;
use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};

use wasmparser::{RefType, ValType};

use super::state::{Translator, host_signature, trap_code};
use crate::analyze::HeapPlan;

impl Translator<'_, '_> {
    /// A new object of a type and of `size` bytes (i64, a multiple of 8). Its header is written, the rest is not zeroed; all of it must be
    /// written before anything else is allocated or called. References that are live now must be known to the collector.
    pub fn allocate(&mut self, type_number: u32, size: Value) -> Value {
        let state = self.instance_address(self.env.symbols.heap, 0);
        let flags = self.structure_flags();
        let top = self.ins().load(types::I64, flags, state, offset_of!(Heap, top) as i32);
        let limit = self.ins().load(types::I64, flags, state, offset_of!(Heap, limit) as i32);
        let end = self.ins().iadd(top, size);
        let full = self.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        let (collect, bump, done) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let object = self.builder.append_block_param(done, types::I32);
        // Arrays and exceptions too: what matters is that it is an object.
        self.trace(object, ValType::Ref(RefType::STRUCT.as_non_null()));
        self.builder.set_cold_block(collect);
        self.ins().brif(full, collect, &[], bump, &[]);
        self.builder.seal_block(collect);
        self.builder.seal_block(bump);

        self.builder.switch_to_block(collect);
        let state = self.instance_address(self.env.symbols.heap, 0);
        let made =
            self.builtin(builtin::HEAP_ALLOCATE, host_signature(&[types::I64; 2], &[types::I32]), &[state, size])[0];
        self.ins().trapz(made, trap_code(TrapKind::HeapOutOfMemory));
        self.ins().jump(done, &[BlockArg::Value(made)]);

        self.builder.switch_to_block(bump);
        let state = self.instance_address(self.env.symbols.heap, 0);
        self.ins().store(flags, end, state, offset_of!(Heap, top) as i32);
        let made = self.ins().ireduce(types::I32, top);
        self.ins().jump(done, &[BlockArg::Value(made)]);

        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        let header = self.ins().iconst(types::I32, i64::from(type_number << TYPE_SHIFT));
        let (address, displacement) = self.object_address(object, 0);
        let flags = self.object_flags();
        self.ins().store(flags, header, address, displacement);
        object
    }

    /// Address and displacement of the byte at `offset` of an object. Null faults when it is accessed with
    /// [`Translator::nullable_object_flags`], for the offset is below [`NULL_GUARD`]; a larger one is compared first.
    pub fn object_address(&mut self, object: Value, offset: u32) -> (Value, i32) {
        if u64::from(offset) >= NULL_GUARD {
            self.ins().trapz(object, trap_code(TrapKind::NullReference));
        }
        let object = self.ins().uextend(types::I64, object);
        match self.env.facts.heap {
            Some(HeapPlan::Fixed) => match i32::try_from(FIXED_MEMORY_BASE + u64::from(offset)) {
                Ok(displacement) => (object, displacement),
                Err(_) => {
                    let start = self.ins().iconst(types::I64, (FIXED_MEMORY_BASE + u64::from(offset)) as i64);
                    (self.ins().iadd(object, start), 0)
                }
            },
            _ => {
                let base = self.heap_base();
                let address = self.ins().iadd(base, object);
                let offset = self.ins().iconst(types::I64, i64::from(offset));
                (self.ins().iadd(address, offset), 0)
            }
        }
    }

    fn heap_base(&mut self) -> Value {
        let flags = self.structure_flags().with_readonly().with_can_move();
        let state = self.instance_address(self.env.symbols.heap, 0);
        self.ins().load(types::I64, flags, state, offset_of!(Heap, base) as i32)
    }

    /// Offset in the heap (i32) of a host address plus a displacement.
    pub fn offset_in_heap(&mut self, address: Value, displacement: i32) -> Value {
        let address = self.ins().iadd_imm_s(address, i64::from(displacement));
        let offset = match self.env.facts.heap {
            Some(HeapPlan::Fixed) => self.ins().iadd_imm_s(address, -(FIXED_MEMORY_BASE as i64)),
            _ => {
                let base = self.heap_base();
                self.ins().isub(address, base)
            }
        };
        self.ins().ireduce(types::I32, offset)
    }

    /// Flags of accesses to an object that is not null. They do not promise alignment: that of a v128 in an object is 8, too little for
    /// an SSE instruction that reads its operand from memory.
    pub fn object_flags(&self) -> MemFlagsData {
        MemFlagsData::new().with_notrap().with_alias_region(Some(self.regions.objects))
    }

    /// Flags of accesses to what may be null, see [`Translator::object_address`].
    pub fn nullable_object_flags(&self) -> MemFlagsData {
        MemFlagsData::new()
            .with_trap_code(Some(trap_code(TrapKind::NullReference)))
            .with_alias_region(Some(self.regions.objects))
    }
}
