//! Fixed-width SIMD, a file per kind of operator: each has the table of its operators first, then the few translations that
//! take more than one instruction. Proposals that add vector operators get a file here and a line in [`translate`].
//!
//! A v128 on the operand stack has whatever 128-bit type its producer gave it; consumers cast (for free) to the type they
//! compute with.

mod bitwise;
mod float;
mod integer;
mod lanes;
mod memory;
mod relaxed;

use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator as Op;

use super::state::Translator;

/// Translates `op` when it is a vector operator; tells whether it was one.
pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    integer::translate(t, op)
        || float::translate(t, op)
        || memory::translate(t, op)
        || lanes::translate(t, op)
        || bitwise::translate(t, op)
        || relaxed::translate(t, op)
}

/// `opcode` on a vector of type `ty`, with a result of the same type.
fn unary(t: &mut Translator, ty: Type, opcode: Opcode) {
    convert(t, ty, opcode, ty);
}

/// `opcode` on two vectors of type `ty`, with a result of the same type.
fn binary(t: &mut Translator, ty: Type, opcode: Opcode) {
    let (x, y) = t.pop2_v128(ty);
    let result = emit_binary(t, opcode, x, y);
    t.push(result);
}

/// `opcode`, whose result type is its controlling type, on a vector of type `from`.
fn convert(t: &mut Translator, from: Type, opcode: Opcode, to: Type) {
    let x = t.pop_v128(from);
    let (inst, dfg) = t.ins().Unary(opcode, to, x);
    let result = dfg.first_result(inst);
    t.push(result);
}

/// An instruction whose controlling type is that of its operand.
fn emit_unary(t: &mut Translator, opcode: Opcode, x: Value) -> Value {
    let ty = t.value_type(x);
    let (inst, dfg) = t.ins().Unary(opcode, ty, x);
    dfg.first_result(inst)
}

/// An instruction whose controlling type is that of its operands.
fn emit_binary(t: &mut Translator, opcode: Opcode, x: Value, y: Value) -> Value {
    let ty = t.value_type(x);
    let (inst, dfg) = t.ins().Binary(opcode, ty, x, y);
    dfg.first_result(inst)
}

/// The constant vector of type `ty` with these bytes.
fn constant(t: &mut Translator, ty: Type, bytes: &[u8; 16]) -> Value {
    let constant = t.builder.func.dfg.constants.insert(bytes.to_vec().into());
    t.ins().vconst(ty, constant)
}
