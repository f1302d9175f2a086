//! Structures.

use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmparser::{CompositeInnerType, StorageType};

use super::object::Place;
use crate::translate::state::Translator;
use crate::types::{DefinedType, HEADER_SIZE};

/// Structures up to this size are zeroed by stores, larger ones by a call.
const INLINE_ZEROES: u32 = 128;

impl<'a> Translator<'a, '_> {
    fn struct_type(&self, index: u32) -> &'a DefinedType {
        &self.env.parsed().types[index as usize]
    }

    fn field(&self, ty: &DefinedType, index: u32) -> (StorageType, u32) {
        let CompositeInnerType::Struct(composite) = &ty.composite else {
            unreachable!("validated code uses {} as a structure", ty.composite)
        };
        (composite.fields[index as usize].element_type, ty.layout.offsets[index as usize])
    }

    fn place_of_field(&mut self, object: Value, offset: u32) -> Place {
        let flags = self.flags_of(object);
        let (address, displacement) = self.object_address(object, offset);
        Place { address, displacement, flags }
    }

    /// `struct.new`
    pub fn struct_new(&mut self, type_index: u32) {
        let ty = self.struct_type(type_index);
        let count = ty.layout.offsets.len();
        let values = self.stack.split_off(self.stack.len() - count);
        let size = self.ins().iconst(types::I64, i64::from(ty.layout.size));
        let object = self.allocate(ty.id.0, size);
        for (index, value) in (0..).zip(values) {
            let (field, offset) = self.field(ty, index);
            let place = self.place_of_field(object, offset);
            self.write(place, field, value);
        }
        self.push(object);
    }

    /// `struct.new_default`
    pub fn struct_new_default(&mut self, type_index: u32) {
        let ty = self.struct_type(type_index);
        let size = self.ins().iconst(types::I64, i64::from(ty.layout.size));
        let object = self.allocate(ty.id.0, size);
        if ty.layout.size > INLINE_ZEROES {
            let (address, displacement) = self.object_address(object, HEADER_SIZE);
            let start = self.ins().iadd_imm_s(address, i64::from(displacement));
            let len = self.ins().iconst(types::I64, i64::from(ty.layout.size - HEADER_SIZE));
            self.zero_bytes(start, len);
        } else {
            for index in 0..ty.layout.offsets.len() as u32 {
                let (field, offset) = self.field(ty, index);
                let place = self.place_of_field(object, offset);
                let zero = self.zero_of(field);
                self.write(place, field, zero);
            }
        }
        self.push(object);
    }

    /// `struct.get`, `struct.get_s`, `struct.get_u`
    pub fn struct_get(&mut self, type_index: u32, field_index: u32, signed: bool) {
        let object = self.pop();
        let (field, offset) = self.field(self.struct_type(type_index), field_index);
        let place = self.place_of_field(object, offset);
        self.read(place, field, signed);
    }

    /// `struct.set`
    pub fn struct_set(&mut self, type_index: u32, field_index: u32) {
        let (object, value) = self.pop2();
        let (field, offset) = self.field(self.struct_type(type_index), field_index);
        let place = self.place_of_field(object, offset);
        self.write(place, field, value);
        if self.is_traced_storage(field) {
            self.write_barrier(object, value, place);
        }
    }
}
