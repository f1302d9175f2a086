//! Tables and references.

use std::mem::offset_of;

use abi::layout::Table;
use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Type, Value, types};
use wasmparser::{HeapType, RefType, ValType};

use super::state::{Translator, host_signature, trap_code};
use crate::analyze::TablePlan;
use crate::program::Location;

impl Translator<'_, '_> {
    fn table(&self, index: u32) -> Location {
        self.env.program.links[self.env.module].tables[index as usize]
    }

    /// Current number of elements of a dynamic table, i64.
    pub fn table_len(&mut self, table: Location) -> Value {
        if let TablePlan::Dynamic { grows: false, .. } = self.env.facts.tables[&table] {
            let len = self.env.program.table(table).initial;
            return self.ins().iconst(types::I64, len as i64);
        }
        self.load_field(self.env.symbols.tables[&table], offset_of!(Table, len))
    }

    /// Address of the first element of a dynamic table.
    fn table_start(&mut self, table: Location) -> Value {
        match self.env.facts.tables[&table] {
            TablePlan::Dynamic { stored: true, grows: false } => {
                self.instance_address(self.env.symbols.table_elements[&table], 0)
            }
            _ => self.load_field(self.env.symbols.tables[&table], offset_of!(Table, elements)),
        }
    }

    /// Address of an element after a bounds check; under speculation past the check, of the first.
    fn element_address(&mut self, table: Location, index: Value, kind: TrapKind) -> Value {
        let len = self.table_len(table);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(outside, kind);
        let zero = self.ins().iconst(types::I64, 0);
        let index = self.ins().select_spectre_guard(outside, zero, index);
        let start = self.table_start(table);
        let scaled = self.ins().ishl_imm_u(index, 3);
        self.ins().iadd(start, scaled)
    }

    /// An element, which has Cranelift type `ty`, of a dynamic table; traps with `kind` when the index is outside.
    pub fn table_element(&mut self, table: Location, index: Value, ty: Type, kind: TrapKind) -> Value {
        let address = self.element_address(table, index, kind);
        let flags = self.structure_flags();
        self.ins().load(ty, flags, address, 0)
    }

    /// Type of a table's elements.
    fn element_type(&self, table: Location) -> ValType {
        ValType::Ref(self.env.program.table(table).element_type)
    }

    /// A reference as tables hold it: 64 bits.
    pub fn widen_reference(&mut self, reference: Value) -> Value {
        if self.value_type(reference) == types::I64 { reference } else { self.ins().uextend(types::I64, reference) }
    }

    /// A table's length or index as its index type.
    fn table_index_type(&mut self, table: Location, value: Value) -> Value {
        if self.env.program.table(table).table64 { value } else { self.ins().ireduce(types::I32, value) }
    }

    /// `table.get`
    pub fn table_get(&mut self, index: u32) {
        let table = self.table(index);
        let at = self.pop();
        let at = self.extend_index(at);
        let ty = self.element_type(table);
        let element = self.table_element(table, at, self.env.value_type(ty), TrapKind::TableOutOfBounds);
        self.trace(element, ty);
        self.push(element);
    }

    /// `table.set`
    pub fn table_set(&mut self, index: u32) {
        let table = self.table(index);
        let (at, value) = self.pop2();
        let at = self.extend_index(at);
        let value = self.widen_reference(value);
        let address = self.element_address(table, at, TrapKind::TableOutOfBounds);
        let flags = self.structure_flags();
        self.ins().store(flags, value, address, 0);
    }

    /// `table.size`
    pub fn table_size(&mut self, index: u32) {
        let table = self.table(index);
        let len = self.table_len(table);
        let len = self.table_index_type(table, len);
        self.push(len);
    }

    /// `table.grow`
    pub fn table_grow(&mut self, index: u32) {
        let table = self.table(index);
        let (value, delta) = self.pop2();
        let value = self.widen_reference(value);
        let delta = self.extend_index(delta);
        let structure = self.instance_address(self.env.symbols.tables[&table], 0);
        let signature = host_signature(&[types::I64; 3], &[types::I64]);
        let old = self.builtin(builtin::TABLE_GROW, signature, &[structure, delta, value]);
        let old = self.table_index_type(table, old[0]);
        self.push(old);
    }

    /// Checks that `len` elements from `index` are inside a table and gives the address of the first.
    pub fn table_range(&mut self, table: Location, index: Value, len: Value) -> Value {
        let end = self.ins().uadd_overflow_trap(index, len, trap_code(TrapKind::TableOutOfBounds));
        let table_len = self.table_len(table);
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThan, end, table_len);
        self.trap_if(outside, TrapKind::TableOutOfBounds);
        let start = self.table_start(table);
        let scaled = self.ins().ishl_imm_u(index, 3);
        self.ins().iadd(start, scaled)
    }

    /// `table.fill`
    pub fn table_fill(&mut self, index: u32) {
        let table = self.table(index);
        let (at, value, len) = self.pop3();
        let [at, len] = [at, len].map(|value| self.extend_index(value));
        self.fill_elements(table, at, value, len);
    }

    /// Sets `len` elements from `at` on, after a check.
    pub fn fill_elements(&mut self, table: Location, at: Value, value: Value, len: Value) {
        let value = self.widen_reference(value);
        let start = self.table_range(table, at, len);
        self.builtin(builtin::TABLE_FILL, host_signature(&[types::I64; 3], &[]), &[start, value, len]);
    }

    /// `table.copy`
    pub fn table_copy(&mut self, destination_table: u32, source_table: u32) {
        let (destination, source, len) = self.pop3();
        let [destination, source, len] = [destination, source, len].map(|value| self.extend_index(value));
        let (destination_table, source_table) = (self.table(destination_table), self.table(source_table));
        let destination = self.table_range(destination_table, destination, len);
        let source = self.table_range(source_table, source, len);
        let size = self.ins().ishl_imm_u(len, 3);
        self.move_bytes(destination, source, size);
    }

    /// `ref.null`
    pub fn ref_null(&mut self, heap_type: HeapType) {
        let ty = RefType::new(true, heap_type).map_or(types::I32, |ty| self.env.value_type(ValType::Ref(ty)));
        let null = self.ins().iconst(ty, 0);
        self.push(null);
    }

    /// `ref.as_non_null`
    pub fn ref_as_non_null(&mut self) {
        let reference = self.stack[self.stack.len() - 1];
        self.ins().trapz(reference, trap_code(TrapKind::NullReference));
    }

    /// `ref.is_null`
    pub fn ref_is_null(&mut self) {
        let reference = self.pop();
        let null = self.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        let null = self.ins().uextend(types::I32, null);
        self.push(null);
    }

    /// `ref.func`
    pub fn ref_func(&mut self, index: u32) {
        let location = crate::analyze::code_of(self.env.program, self.env.module, index);
        let reference = self.function_reference(location);
        self.push(reference);
    }

    /// A non-null funcref.
    pub fn function_reference(&mut self, location: Location) -> Value {
        self.symbol_address(self.env.symbols.funcrefs[&location], 0)
    }
}
