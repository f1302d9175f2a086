//! Exceptions as objects of the heap: what they carry, and how handlers receive them.

use abi::heap::TYPE_SHIFT;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::{RefType, ValType};

use super::state::Translator;
use crate::program::Location;

impl<'a> Translator<'a, '_> {
    /// What exceptions of a tag carry.
    fn tag_values(&self, tag: Location) -> &'a [ValType] {
        self.env.program.modules[tag.module].tag_type(tag.index).function().params()
    }

    /// The header of exceptions of a tag.
    pub(super) fn exception_header(&self, tag: Location) -> u32 {
        self.env.program.tag_number(tag) << TYPE_SHIFT
    }

    /// A new exception.
    pub(super) fn allocate_exception(&mut self, tag: Location, values: &[Value]) -> Value {
        let layout = self.env.program.types.exception_layout(self.tag_values(tag));
        let size = self.ins().iconst(types::I64, i64::from(layout.size));
        let exception = self.allocate(self.env.program.tag_number(tag), size);
        let flags = self.object_flags();
        for (offset, value) in layout.offsets.into_iter().zip(values) {
            let (address, displacement) = self.object_address(exception, offset);
            self.ins().store(flags, *value, address, displacement);
        }
        exception
    }

    /// What an exception of a tag carries; `address` is where it is, which holds until something is allocated.
    pub(super) fn payload(&mut self, tag: Location, address: Value) -> Vec<Value> {
        let types = self.tag_values(tag);
        let layout = self.env.program.types.exception_layout(types);
        let flags = self.object_flags();
        let values = types.iter().zip(layout.offsets).map(|(ty, offset)| {
            let ty = self.env.value_type(*ty);
            self.ins().load(ty, flags, address, offset as i32)
        });
        let values: Vec<Value> = values.collect();
        for (value, ty) in values.iter().zip(types) {
            self.trace(*value, *ty);
        }
        values
    }

    /// The header of an exception; traps when the reference is null.
    pub(super) fn load_exception_header(&mut self, exception: Value) -> Value {
        let flags = self.nullable_object_flags();
        let (address, displacement) = self.object_address(exception, 0);
        self.ins().load(types::I32, flags, address, displacement)
    }

    /// The exception that arrives in a handler.
    pub(super) fn exception_from_payload(&mut self, payload: Value) -> Value {
        let exception = self.ins().ireduce(types::I32, payload);
        self.trace(exception, ValType::Ref(RefType::EXNREF));
        exception
    }

    /// An exception as it arrives in a handler, and its address.
    pub(super) fn exception_as_payload(&mut self, exception: Value) -> [Value; 2] {
        let (address, displacement) = self.object_address(exception, 0);
        let displacement = self.ins().iconst(types::I64, i64::from(displacement));
        [self.ins().uextend(types::I64, exception), self.ins().iadd(address, displacement)]
    }
}
