//! Passive segments: `memory.init`, `table.init`, and their drops.
//!
//! A segment's current length is a cell that a drop sets to 0. Active segments count as dropped: their cell is 0.

use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};

use super::state::{Translator, trap_code};

impl Translator<'_, '_> {
    fn segment_length(&mut self, segment: usize) -> (Value, MemFlagsData) {
        let symbol = self.env.symbols.segment_lengths[self.env.module];
        (self.instance_address(symbol, segment as i64 * 8), self.structure_flags())
    }

    /// Position of an element segment's cell: after those of the data segments.
    pub fn element_cell(&self, index: u32) -> usize {
        self.env.parsed().data.len() + index as usize
    }

    /// Traps unless `len` items from `source` are inside the segment.
    pub fn check_segment(&mut self, segment: usize, source: Value, len: Value, kind: TrapKind) {
        let (cell, flags) = self.segment_length(segment);
        let length = self.ins().load(types::I64, flags, cell, 0);
        let end = self.ins().uadd_overflow_trap(source, len, trap_code(kind));
        let outside = self.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        self.trap_if(outside, kind);
    }

    fn drop_segment(&mut self, segment: usize) {
        let (cell, flags) = self.segment_length(segment);
        let zero = self.ins().iconst(types::I64, 0);
        self.ins().store(flags, zero, cell, 0);
    }

    /// `memory.init`
    pub fn memory_init(&mut self, data: u32, memory: u32) {
        let (destination, source, len) = self.pop3();
        let [destination, source, len] = [destination, source, len].map(|value| self.extend_index(value));
        self.check_segment(data as usize, source, len, TrapKind::MemoryOutOfBounds);
        let destination = self.bulk_address(memory, destination, len);
        let bytes = self.symbol_address(self.env.symbols.data[&(self.env.module, data as usize)], 0);
        let source = self.ins().iadd(bytes, source);
        self.move_bytes(destination, source, len);
    }

    /// `data.drop`
    pub fn data_drop(&mut self, data: u32) {
        self.drop_segment(data as usize);
    }

    /// `table.init`
    pub fn table_init(&mut self, element: u32, table: u32) {
        let (destination, source, len) = self.pop3();
        let [destination, source, len] = [destination, source, len].map(|value| self.extend_index(value));
        let cell = self.element_cell(element);
        self.check_segment(cell, source, len, TrapKind::TableOutOfBounds);
        let table = self.env.program.links[self.env.module].tables[table as usize];
        let destination = self.table_range(table, destination, len);
        let key = (self.env.module, element as usize);
        // A declared segment has no contents: its cell is 0, so only a length of 0 gets here.
        let Some(symbol) = self.env.symbols.elements.get(&key).copied() else { return };
        let items = self.instance_address(symbol, 0);
        let offset = self.ins().ishl_imm_u(source, 3);
        let source = self.ins().iadd(items, offset);
        let size = self.ins().ishl_imm_u(len, 3);
        self.move_bytes(destination, source, size);
    }

    /// `elem.drop`
    pub fn elem_drop(&mut self, element: u32) {
        let cell = self.element_cell(element);
        self.drop_segment(cell);
    }
}
