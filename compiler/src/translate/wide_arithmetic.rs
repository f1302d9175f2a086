//! Wide arithmetic: sums, differences and products of 128 bits, each a pair of i64 with the low half first.

use cranelift_codegen::ir::types::I128;
use cranelift_codegen::ir::{InstBuilder, Opcode, Value};
use wasmparser::Operator as Op;

use super::state::Translator;

/// Translates `op` when it is one of wide arithmetic; tells whether it was.
pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::I64Add128 => combine(t, Opcode::Iadd),
        Op::I64Sub128 => combine(t, Opcode::Isub),
        Op::I64MulWideS => multiply(t, Opcode::Sextend),
        Op::I64MulWideU => multiply(t, Opcode::Uextend),
        _ => return false,
    }
    true
}

fn combine(t: &mut Translator, opcode: Opcode) {
    let y = pop_pair(t);
    let x = pop_pair(t);
    let (inst, dfg) = t.ins().Binary(opcode, I128, x, y);
    let result = dfg.first_result(inst);
    push_pair(t, result);
}

/// Cranelift recognises the extensions: one multiplication gives both halves.
fn multiply(t: &mut Translator, extend: Opcode) {
    let (x, y) = t.pop2();
    let [x, y] = [x, y].map(|value| {
        let (inst, dfg) = t.ins().Unary(extend, I128, value);
        dfg.first_result(inst)
    });
    let product = t.ins().imul(x, y);
    push_pair(t, product);
}

fn pop_pair(t: &mut Translator) -> Value {
    let (low, high) = t.pop2();
    t.ins().iconcat(low, high)
}

fn push_pair(t: &mut Translator, value: Value) {
    let (low, high) = t.ins().isplit(value);
    t.push(low);
    t.push(high);
}
