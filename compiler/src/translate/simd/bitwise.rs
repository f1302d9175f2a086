//! Operators on the 128 bits as such.

use cranelift_codegen::ir::types::I8X16;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use wasmparser::Operator as Op;

use super::emit_binary;
use crate::translate::numeric::push_condition;
use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::V128Not => not(t),
        Op::V128And => combine(t, Opcode::Band),
        Op::V128AndNot => and_not(t),
        Op::V128Or => combine(t, Opcode::Bor),
        Op::V128Xor => combine(t, Opcode::Bxor),
        Op::V128Bitselect => bitselect(t),
        Op::V128AnyTrue => any_true(t),
        _ => return false,
    }
    true
}

/// The type to operate with when `x` has a say: its own, so that Cranelift still sees how a mask was made. Not so for
/// floats, as Cranelift's rules for bitwise instructions are about integers.
fn bitwise_type(t: &Translator, x: Value) -> Type {
    let ty = t.value_type(x);
    if ty.lane_type().is_int() { ty } else { I8X16 }
}

/// Pops two operands, as vectors of the first one's type.
fn pop2(t: &mut Translator) -> (Value, Value) {
    let (x, y) = t.pop2();
    let ty = bitwise_type(t, x);
    (t.bitcast_v128(x, ty), t.bitcast_v128(y, ty))
}

fn not(t: &mut Translator) {
    let x = t.pop();
    let ty = bitwise_type(t, x);
    let x = t.bitcast_v128(x, ty);
    let result = t.ins().bnot(x);
    t.push(result);
}

fn combine(t: &mut Translator, opcode: Opcode) {
    let (x, y) = pop2(t);
    let result = emit_binary(t, opcode, x, y);
    t.push(result);
}

fn and_not(t: &mut Translator) {
    let (x, y) = pop2(t);
    let result = t.ins().band_not(x, y);
    t.push(result);
}

/// In the type of the mask: a comparison in this place becomes a blend, a minimum or a maximum.
fn bitselect(t: &mut Translator) {
    let (x, y, mask) = t.pop3();
    let ty = bitwise_type(t, mask);
    let (x, y, mask) = (t.bitcast_v128(x, ty), t.bitcast_v128(y, ty), t.bitcast_v128(mask, ty));
    let result = t.ins().bitselect(mask, x, y);
    t.push(result);
}

fn any_true(t: &mut Translator) {
    let x = t.pop();
    let ty = bitwise_type(t, x);
    let x = t.bitcast_v128(x, ty);
    let condition = t.ins().vany_true(x);
    push_condition(t, condition);
}
