//! Locals and globals.

use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmparser::ValType;

use super::state::Translator;
use crate::constant::ConstValue;
use crate::program::Location;

/// Bytes of a global's cell.
pub const GLOBAL_SIZE: u32 = 16;

impl Translator<'_, '_> {
    /// Declares `count` locals of a type, zero or null.
    pub fn declare_locals(&mut self, count: u32, ty: ValType) {
        if count == 0 {
            return;
        }
        let zero = self.zero(ty);
        for _ in 0..count {
            let variable = self.declare_local(ty);
            self.builder.def_var(variable, zero);
            self.locals.push((variable, ty));
        }
    }

    /// Zero or null.
    pub fn zero(&mut self, ty: ValType) -> Value {
        match ty {
            ValType::I32 => self.ins().iconst(types::I32, 0),
            ValType::I64 => self.ins().iconst(types::I64, 0),
            ValType::Ref(_) => {
                let ty = self.env.value_type(ty);
                self.ins().iconst(ty, 0)
            }
            ValType::F32 => self.ins().f32const(0.0),
            ValType::F64 => self.ins().f64const(0.0),
            ValType::V128 => self.v128_const([0; 16]),
        }
    }

    /// A constant vector, as I8X16.
    pub fn v128_const(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.builder.func.dfg.constants.insert(bytes.to_vec().into());
        self.ins().vconst(types::I8X16, constant)
    }

    /// `local.get`
    pub fn local_get(&mut self, index: u32) {
        let (variable, ty) = self.locals[index as usize];
        let value = self.builder.use_var(variable);
        self.note_local(value, ty);
        self.push(value);
    }

    /// `local.set`
    pub fn local_set(&mut self, index: u32) {
        let value = self.pop();
        let value = self.canonical(value);
        self.builder.def_var(self.locals[index as usize].0, value);
    }

    /// `local.tee`
    pub fn local_tee(&mut self, index: u32) {
        self.local_set(index);
        self.local_get(index);
    }

    /// `global.get`: a constant where the global is immutable.
    pub fn global_get(&mut self, index: u32) {
        let location = self.env.program.links[self.env.module].globals[index as usize];
        let ty = self.env.program.global(location);
        let constant = self.env.facts.globals[location.module][location.index as usize];
        let value = match constant {
            Some(constant) if !ty.mutable => self.constant(constant, ty.content_type),
            _ => {
                let (address, flags) = self.global_cell(location);
                let value_type = self.env.value_type(ty.content_type);
                let value = self.ins().load(value_type, flags, address, 0);
                self.trace(value, ty.content_type);
                value
            }
        };
        self.push(value);
    }

    /// `global.set`
    pub fn global_set(&mut self, index: u32) {
        let location = self.env.program.links[self.env.module].globals[index as usize];
        let value = self.pop();
        let value = self.canonical(value);
        let (address, flags) = self.global_cell(location);
        self.ins().store(flags, value, address, 0);
    }

    /// The cell of a global.
    fn global_cell(&mut self, location: Location) -> (Value, MemFlagsData) {
        let defined = location.index - self.env.program.modules[location.module].imported_globals.len() as u32;
        let symbol = self.env.symbols.globals[location.module];
        let address = self.instance_address(symbol, i64::from(defined * GLOBAL_SIZE));
        (address, MemFlagsData::trusted().with_alias_region(Some(self.regions.globals)))
    }

    /// A value known at compile time.
    fn constant(&mut self, constant: ConstValue, ty: ValType) -> Value {
        match constant {
            ConstValue::I32(value) => self.ins().iconst(types::I32, i64::from(value as u32)),
            ConstValue::I64(value) => self.ins().iconst(types::I64, value),
            ConstValue::F32(bits) => self.ins().f32const(f32::from_bits(bits)),
            ConstValue::F64(bits) => self.ins().f64const(f64::from_bits(bits)),
            ConstValue::V128(bytes) => self.v128_const(bytes),
            ConstValue::Null => self.zero(ty),
            ConstValue::I31(value) => self.ins().iconst(types::I32, i64::from(value)),
            ConstValue::Function(location) => self.function_reference(location),
        }
    }
}
