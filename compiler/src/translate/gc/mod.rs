//! Garbage collection: structures, arrays, small integers as references, and casts.

mod array;
mod cast;
mod object;
mod structure;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::Operator;

use super::state::{Translator, trap_code};
use abi::trap::TrapKind;

/// Translates an instruction of the proposal; gives whether it is one.
pub fn translate(t: &mut Translator, op: &Operator) -> bool {
    match *op {
        Operator::RefEq => t.ref_eq(),
        Operator::RefI31 => t.ref_i31(),
        Operator::I31GetS => t.i31_get(true),
        Operator::I31GetU => t.i31_get(false),
        // The identity on the representation.
        Operator::AnyConvertExtern | Operator::ExternConvertAny => {}
        _ => return structure(t, op) || array(t, op) || cast(t, op),
    }
    true
}

fn structure(t: &mut Translator, op: &Operator) -> bool {
    match *op {
        Operator::StructNew { struct_type_index } => t.struct_new(struct_type_index),
        Operator::StructNewDefault { struct_type_index } => t.struct_new_default(struct_type_index),
        Operator::StructGet { struct_type_index, field_index }
        | Operator::StructGetU { struct_type_index, field_index } => {
            t.struct_get(struct_type_index, field_index, false);
        }
        Operator::StructGetS { struct_type_index, field_index } => t.struct_get(struct_type_index, field_index, true),
        Operator::StructSet { struct_type_index, field_index } => t.struct_set(struct_type_index, field_index),
        _ => return false,
    }
    true
}

fn array(t: &mut Translator, op: &Operator) -> bool {
    match *op {
        Operator::ArrayNew { array_type_index } => t.array_new(array_type_index),
        Operator::ArrayNewDefault { array_type_index } => t.array_new_default(array_type_index),
        Operator::ArrayNewFixed { array_type_index, array_size } => t.array_new_fixed(array_type_index, array_size),
        Operator::ArrayNewData { array_type_index, array_data_index } => {
            t.array_new_data(array_type_index, array_data_index);
        }
        Operator::ArrayNewElem { array_type_index, array_elem_index } => {
            t.array_new_elem(array_type_index, array_elem_index);
        }
        Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
            t.array_get(array_type_index, false);
        }
        Operator::ArrayGetS { array_type_index } => t.array_get(array_type_index, true),
        Operator::ArraySet { array_type_index } => t.array_set(array_type_index),
        Operator::ArrayLen => t.array_len(),
        Operator::ArrayFill { array_type_index } => t.array_fill(array_type_index),
        Operator::ArrayCopy { array_type_index_dst, .. } => t.array_copy(array_type_index_dst),
        Operator::ArrayInitData { array_type_index, array_data_index } => {
            t.array_init_data(array_type_index, array_data_index);
        }
        Operator::ArrayInitElem { array_type_index, array_elem_index } => {
            t.array_init_elem(array_type_index, array_elem_index);
        }
        _ => return false,
    }
    true
}

fn cast(t: &mut Translator, op: &Operator) -> bool {
    match *op {
        Operator::RefTestNonNull { hty } => t.ref_test(hty, false),
        Operator::RefTestNullable { hty } => t.ref_test(hty, true),
        Operator::RefCastNonNull { hty } => t.ref_cast(hty, false),
        Operator::RefCastNullable { hty } => t.ref_cast(hty, true),
        Operator::BrOnCast { relative_depth, to_ref_type, .. } => t.br_on_cast(relative_depth, to_ref_type, true),
        Operator::BrOnCastFail { relative_depth, to_ref_type, .. } => t.br_on_cast(relative_depth, to_ref_type, false),
        _ => return false,
    }
    true
}

impl Translator<'_, '_> {
    /// `ref.eq`
    fn ref_eq(&mut self) {
        let (first, second) = self.pop2();
        let equal = self.ins().icmp(IntCC::Equal, first, second);
        let equal = self.ins().uextend(types::I32, equal);
        self.push(equal);
    }

    /// `ref.i31`
    fn ref_i31(&mut self) {
        let value = self.pop();
        let shifted = self.ins().ishl_imm_u(value, 1);
        let reference = self.ins().bor_imm_u(shifted, 1);
        self.push(reference);
    }

    /// `i31.get_s`, `i31.get_u`
    fn i31_get(&mut self, signed: bool) {
        let reference = self.pop();
        self.ins().trapz(reference, trap_code(TrapKind::NullReference));
        let value = match signed {
            true => self.ins().sshr_imm_u(reference, 1),
            false => self.ins().ushr_imm_u(reference, 1),
        };
        self.push(value);
    }
}
