//! Tests of a type against a supertype, in constant time.
//!
//! Each type has a display: the numbers of its supertypes from the root down, itself last. A type of depth d is a supertype of
//! another if and only if it is at position d of the other's display. Reading past the end of a display gives entries
//! of the following ones, whose positions are not their depths, so no length is compared.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::state::Translator;
use crate::types::TypeId;

impl Translator<'_, '_> {
    /// Whether `wanted` is the type with number `found` (i32) or among its supertypes; i8.
    pub fn has_supertype(&mut self, found: Value, wanted: TypeId) -> Value {
        let displays = self.symbol_address(self.env.symbols.displays, 0);
        let flags = self.structure_flags().with_readonly();
        let found = self.ins().uextend(types::I64, found);
        let scaled = self.ins().ishl_imm_u(found, 2);
        let start_cell = self.ins().iadd(displays, scaled);
        let start = self.ins().uload32(flags, start_cell, 0);
        let display = self.ins().iadd(displays, start);
        let depth = self.env.program.types.get(wanted).depth;
        let entry = self.ins().load(types::I32, flags, display, depth as i32 * 4);
        self.ins().icmp_imm_u(IntCC::Equal, entry, i64::from(wanted.0))
    }
}
