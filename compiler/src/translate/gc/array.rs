//! Arrays.

use abi::heap::{ARRAY_ELEMENTS, ARRAY_LENGTH, OBJECT_ALIGNMENT};
use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use wasmparser::{CompositeInnerType, StorageType};

use super::object::Place;
use crate::translate::state::{Translator, host_signature};
use crate::types::DefinedType;

/// The type of an array as instructions need it.
#[derive(Clone, Copy)]
struct ArrayType {
    /// Number of the type.
    number: u32,
    /// Of the elements.
    element: StorageType,
    /// Log2 of an element's size in bytes.
    shift: u32,
}

impl<'a> Translator<'a, '_> {
    fn array_type(&self, index: u32) -> ArrayType {
        let ty: &'a DefinedType = &self.env.parsed().types[index as usize];
        let CompositeInnerType::Array(composite) = &ty.composite else {
            unreachable!("validated code uses {} as an array", ty.composite)
        };
        let element = composite.0.element_type;
        ArrayType { number: ty.id.0, element, shift: self.env.program.types.size(element).trailing_zeros() }
    }

    /// A new array of `len` elements (i32), which are not initialised.
    fn allocate_array(&mut self, ty: ArrayType, len: Value) -> Value {
        let wide = self.ins().uextend(types::I64, len);
        let bytes = self.ins().ishl_imm_u(wide, i64::from(ty.shift));
        let slack = ARRAY_ELEMENTS + OBJECT_ALIGNMENT - 1;
        let end = self.ins().iadd_imm_u(bytes, slack as i64);
        let size = self.ins().band_imm_s(end, -(OBJECT_ALIGNMENT as i64));
        let array = self.allocate(ty.number, size);
        let (address, displacement) = self.object_address(array, ARRAY_LENGTH as u32);
        let flags = self.object_flags();
        self.ins().store(flags, len, address, displacement);
        array
    }

    /// Host address of the element at an index (i64), as an address and a displacement.
    fn element(&mut self, array: Value, ty: ArrayType, index: Value) -> Place {
        let (start, displacement) = self.object_address(array, ARRAY_ELEMENTS as u32);
        let scaled = self.ins().ishl_imm_u(index, i64::from(ty.shift));
        Place { address: self.ins().iadd(start, scaled), displacement, flags: self.object_flags() }
    }

    /// Host address of the element at an index (i64).
    fn address_of_element(&mut self, array: Value, ty: ArrayType, index: Value) -> Value {
        let Place { address, displacement, .. } = self.element(array, ty, index);
        self.ins().iadd_imm_s(address, i64::from(displacement))
    }

    /// Length of an array, i32; null traps.
    fn length(&mut self, array: Value) -> Value {
        let flags = self.flags_of(array);
        let (address, displacement) = self.object_address(array, ARRAY_LENGTH as u32);
        self.ins().load(types::I32, flags, address, displacement)
    }

    /// Checks an index (i32) and gives it as i64.
    fn checked_index(&mut self, array: Value, index: Value) -> Value {
        let len = self.length(array);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(outside, TrapKind::ArrayOutOfBounds);
        self.ins().uextend(types::I64, index)
    }

    /// Checks that `len` elements from `index` (both i32) are in an array and gives both as i64.
    fn checked_range(&mut self, array: Value, index: Value, len: Value) -> (Value, Value) {
        let length = self.length(array);
        let [index, len, length] = [index, len, length].map(|value| self.ins().uextend(types::I64, value));
        let end = self.ins().iadd(index, len);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(outside, TrapKind::ArrayOutOfBounds);
        (index, len)
    }

    /// Sets `len` bytes from `start` (both i64) to zero.
    pub fn zero_bytes(&mut self, start: Value, len: Value) {
        let zero = self.ins().iconst(types::I32, 0);
        let signature = host_signature(&[types::I64, types::I32, types::I64], &[types::I64]);
        self.builtin(builtin::MEMSET, signature, &[start, zero, len]);
    }

    /// Sets `len` elements from `index` (both i64).
    fn fill(&mut self, array: Value, ty: ArrayType, index: Value, value: Value, len: Value) {
        let start = self.address_of_element(array, ty, index);
        if self.constant_of(value) == Some(0) {
            let bytes = self.ins().ishl_imm_u(len, i64::from(ty.shift));
            return self.zero_bytes(start, bytes);
        }
        if ty.element == StorageType::I8 {
            let signature = host_signature(&[types::I64, types::I32, types::I64], &[types::I64]);
            self.builtin(builtin::MEMSET, signature, &[start, value, len]);
            return;
        }
        let flags = self.object_flags();
        self.count_to(len, |this, at| {
            let scaled = this.ins().ishl_imm_u(at, i64::from(ty.shift));
            let address = this.ins().iadd(start, scaled);
            this.write(Place { address, displacement: 0, flags }, ty.element, value);
        });
    }

    /// A loop over 0..`count` (i64).
    fn count_to(&mut self, count: Value, body: impl FnOnce(&mut Self, Value)) {
        let (head, inside, end) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let at = self.builder.append_block_param(head, types::I64);
        let zero = self.ins().iconst(types::I64, 0);
        self.ins().jump(head, &[BlockArg::Value(zero)]);
        self.builder.switch_to_block(head);
        let more = self.ins().icmp(IntCC::UnsignedLessThan, at, count);
        self.ins().brif(more, inside, &[], end, &[]);
        self.builder.seal_block(inside);
        self.builder.switch_to_block(inside);
        body(self, at);
        let next = self.ins().iadd_imm_u(at, 1);
        self.ins().jump(head, &[BlockArg::Value(next)]);
        self.builder.seal_block(head);
        self.builder.seal_block(end);
        self.builder.switch_to_block(end);
    }

    /// `array.new`
    pub fn array_new(&mut self, type_index: u32) {
        let (value, len) = self.pop2();
        let value = self.canonical(value);
        self.new_filled(self.array_type(type_index), value, len);
    }

    /// `array.new_default`
    pub fn array_new_default(&mut self, type_index: u32) {
        let len = self.pop();
        let ty = self.array_type(type_index);
        let array = self.allocate_array(ty, len);
        let first = self.ins().iconst(types::I64, 0);
        let start = self.address_of_element(array, ty, first);
        let len = self.ins().uextend(types::I64, len);
        let bytes = self.ins().ishl_imm_u(len, i64::from(ty.shift));
        self.zero_bytes(start, bytes);
        self.push(array);
    }

    fn new_filled(&mut self, ty: ArrayType, value: Value, len: Value) {
        let array = self.allocate_array(ty, len);
        let first = self.ins().iconst(types::I64, 0);
        let len = self.ins().uextend(types::I64, len);
        self.fill(array, ty, first, value, len);
        self.push(array);
    }

    /// `array.new_fixed`
    pub fn array_new_fixed(&mut self, type_index: u32, count: u32) {
        let ty = self.array_type(type_index);
        let values = self.stack.split_off(self.stack.len() - count as usize);
        let len = self.ins().iconst(types::I32, i64::from(count));
        let array = self.allocate_array(ty, len);
        for (at, value) in (0..).zip(values) {
            let (address, displacement) = self.object_address(array, ARRAY_ELEMENTS as u32 + (at << ty.shift));
            let flags = self.object_flags();
            self.write(Place { address, displacement, flags }, ty.element, value);
        }
        self.push(array);
    }

    /// `array.new_data`
    pub fn array_new_data(&mut self, type_index: u32, data: u32) {
        let ty = self.array_type(type_index);
        let (offset, len) = self.pop2();
        let source = self.data_range(ty, data, offset, len);
        let array = self.allocate_array(ty, len);
        let first = self.ins().iconst(types::I64, 0);
        let destination = self.address_of_element(array, ty, first);
        self.copy_elements_from(ty, destination, source, len);
        self.push(array);
    }

    /// `array.init_data`
    pub fn array_init_data(&mut self, type_index: u32, data: u32) {
        let ty = self.array_type(type_index);
        let (offset, len) = self.pop2();
        let (array, index) = self.pop2();
        let (index, _) = self.checked_range(array, index, len);
        let source = self.data_range(ty, data, offset, len);
        let destination = self.address_of_element(array, ty, index);
        self.copy_elements_from(ty, destination, source, len);
    }

    /// Host address of `len` elements at a byte offset (both i32) of a data segment, checked.
    fn data_range(&mut self, ty: ArrayType, data: u32, offset: Value, len: Value) -> Value {
        let offset = self.ins().uextend(types::I64, offset);
        let len = self.ins().uextend(types::I64, len);
        let bytes = self.ins().ishl_imm_u(len, i64::from(ty.shift));
        self.check_segment(data as usize, offset, bytes, TrapKind::MemoryOutOfBounds);
        let start = self.symbol_address(self.env.symbols.data[&(self.env.module, data as usize)], 0);
        self.ins().iadd(start, offset)
    }

    fn copy_elements_from(&mut self, ty: ArrayType, destination: Value, source: Value, len: Value) {
        let len = self.ins().uextend(types::I64, len);
        let bytes = self.ins().ishl_imm_u(len, i64::from(ty.shift));
        self.move_bytes(destination, source, bytes);
    }

    /// `array.new_elem`
    pub fn array_new_elem(&mut self, type_index: u32, element: u32) {
        let ty = self.array_type(type_index);
        let (offset, len) = self.pop2();
        let [offset, wide_len] = [offset, len].map(|value| self.ins().uextend(types::I64, value));
        let cell = self.element_cell(element);
        self.check_segment(cell, offset, wide_len, TrapKind::TableOutOfBounds);
        let array = self.allocate_array(ty, len);
        let first = self.ins().iconst(types::I64, 0);
        self.copy_items(array, ty, first, (element, offset, wide_len));
        self.push(array);
    }

    /// `array.init_elem`
    pub fn array_init_elem(&mut self, type_index: u32, element: u32) {
        let ty = self.array_type(type_index);
        let (offset, len) = self.pop2();
        let (array, index) = self.pop2();
        let (index, len) = self.checked_range(array, index, len);
        let offset = self.ins().uextend(types::I64, offset);
        let cell = self.element_cell(element);
        self.check_segment(cell, offset, len, TrapKind::TableOutOfBounds);
        self.copy_items(array, ty, index, (element, offset, len));
        if self.is_traced_storage(ty.element) {
            self.write_barrier_for_all(array);
        }
    }

    /// Copies checked items of an element segment, 8 bytes each, to elements of 4 or 8 bytes.
    fn copy_items(&mut self, array: Value, ty: ArrayType, index: Value, (element, offset, len): (u32, Value, Value)) {
        // A declared segment has no contents: its length is 0, so only a length of 0 gets here.
        let Some(symbol) = self.env.symbols.elements.get(&(self.env.module, element as usize)).copied() else { return };
        let StorageType::Val(value_type) = ty.element else { return };
        let value_type = self.env.value_type(value_type);
        let items = self.instance_address(symbol, 0);
        let skipped = self.ins().ishl_imm_u(offset, 3);
        let source = self.ins().iadd(items, skipped);
        let destination = self.address_of_element(array, ty, index);
        let (from, to) = (self.structure_flags(), self.object_flags());
        self.count_to(len, |this, at| {
            let scaled = this.ins().ishl_imm_u(at, 3);
            let item = this.ins().iadd(source, scaled);
            let value = this.ins().load(value_type, from, item, 0);
            let scaled = this.ins().ishl_imm_u(at, i64::from(ty.shift));
            let address = this.ins().iadd(destination, scaled);
            this.ins().store(to, value, address, 0);
        });
    }

    /// `array.get`, `array.get_s`, `array.get_u`
    pub fn array_get(&mut self, type_index: u32, signed: bool) {
        let (array, index) = self.pop2();
        let ty = self.array_type(type_index);
        let index = self.checked_index(array, index);
        let place = self.element(array, ty, index);
        self.read(place, ty.element, signed);
    }

    /// `array.set`
    pub fn array_set(&mut self, type_index: u32) {
        let (array, index, value) = self.pop3();
        let ty = self.array_type(type_index);
        let index = self.checked_index(array, index);
        let place = self.element(array, ty, index);
        self.write(place, ty.element, value);
        if self.is_traced_storage(ty.element) {
            self.write_barrier(array, value, place);
        }
    }

    /// `array.len`
    pub fn array_len(&mut self) {
        let array = self.pop();
        let len = self.length(array);
        self.push(len);
    }

    /// `array.fill`
    pub fn array_fill(&mut self, type_index: u32) {
        let (index, value, len) = self.pop3();
        let array = self.pop();
        let ty = self.array_type(type_index);
        let value = self.canonical(value);
        let (index, len) = self.checked_range(array, index, len);
        self.fill(array, ty, index, value, len);
        if self.is_traced_storage(ty.element) {
            self.write_barrier_for_all(array);
        }
    }

    /// `array.copy`
    pub fn array_copy(&mut self, type_index: u32) {
        let (source, source_index, len) = self.pop3();
        let (array, index) = self.pop2();
        let ty = self.array_type(type_index);
        let (index, wide_len) = self.checked_range(array, index, len);
        let (source_index, _) = self.checked_range(source, source_index, len);
        let destination = self.address_of_element(array, ty, index);
        let from = self.address_of_element(source, ty, source_index);
        let bytes = self.ins().ishl_imm_u(wide_len, i64::from(ty.shift));
        self.move_bytes(destination, from, bytes);
        if self.is_traced_storage(ty.element) {
            self.write_barrier_for_all(array);
        }
    }
}
