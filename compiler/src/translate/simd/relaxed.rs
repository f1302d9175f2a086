//! Relaxed SIMD. Each operator has the one result that the specification's deterministic profile gives it, so that programs
//! compute the same on every processor and target. For most that is an operator which other files have; multiply-add rounds
//! twice even where the processor could round once.

use cranelift_codegen::ir::types::{F32X4, F64X2, I16X8, I32X4};
use cranelift_codegen::ir::{InstBuilder, Type, Value};
use wasmparser::Operator as Op;

use super::{bitwise, float, integer, lanes};
use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::I8x16RelaxedSwizzle => lanes::translate(t, &Op::I8x16Swizzle),
        Op::I32x4RelaxedTruncF32x4S => float::translate(t, &Op::I32x4TruncSatF32x4S),
        Op::I32x4RelaxedTruncF32x4U => float::translate(t, &Op::I32x4TruncSatF32x4U),
        Op::I32x4RelaxedTruncF64x2SZero => float::translate(t, &Op::I32x4TruncSatF64x2SZero),
        Op::I32x4RelaxedTruncF64x2UZero => float::translate(t, &Op::I32x4TruncSatF64x2UZero),
        Op::F32x4RelaxedMadd => multiply_add(t, F32X4),
        Op::F32x4RelaxedNmadd => negative_multiply_add(t, F32X4),
        Op::F64x2RelaxedMadd => multiply_add(t, F64X2),
        Op::F64x2RelaxedNmadd => negative_multiply_add(t, F64X2),
        Op::I8x16RelaxedLaneselect
        | Op::I16x8RelaxedLaneselect
        | Op::I32x4RelaxedLaneselect
        | Op::I64x2RelaxedLaneselect => bitwise::translate(t, &Op::V128Bitselect),
        Op::F32x4RelaxedMin => float::translate(t, &Op::F32x4Min),
        Op::F32x4RelaxedMax => float::translate(t, &Op::F32x4Max),
        Op::F64x2RelaxedMin => float::translate(t, &Op::F64x2Min),
        Op::F64x2RelaxedMax => float::translate(t, &Op::F64x2Max),
        Op::I16x8RelaxedQ15mulrS => integer::translate(t, &Op::I16x8Q15MulrSatS),
        Op::I16x8RelaxedDotI8x16I7x16S => dot(t),
        Op::I32x4RelaxedDotI8x16I7x16AddS => dot_add(t),
        _ => false,
    }
}

/// `x * y + z`, the product rounded.
fn multiply_add(t: &mut Translator, ty: Type) -> bool {
    let (x, y, z) = pop3(t, ty);
    let product = t.ins().fmul(x, y);
    let result = t.ins().fadd(product, z);
    t.push(result);
    true
}

/// `-(x * y) + z`, the product rounded.
fn negative_multiply_add(t: &mut Translator, ty: Type) -> bool {
    let (x, y, z) = pop3(t, ty);
    let product = t.ins().fmul(x, y);
    let result = t.ins().fsub(z, product);
    t.push(result);
    true
}

fn pop3(t: &mut Translator, ty: Type) -> (Value, Value, Value) {
    let z = t.pop_v128(ty);
    let (x, y) = t.pop2_v128(ty);
    (x, y, z)
}

fn dot(t: &mut Translator) -> bool {
    let result = dot_product(t);
    t.push(result);
    true
}

fn dot_add(t: &mut Translator) -> bool {
    let z = t.pop_v128(I32X4);
    let pairs = dot_product(t);
    let (low, high) = (t.ins().swiden_low(pairs), t.ins().swiden_high(pairs));
    let sums = t.ins().iadd_pairwise(low, high);
    let result = t.ins().iadd(sums, z);
    t.push(result);
    true
}

/// Products of signed bytes, those of neighbours added with saturation. The odd byte of a lane is its upper half, the even one
/// becomes that by a shift.
fn dot_product(t: &mut Translator) -> Value {
    let (x, y) = t.pop2_v128(I16X8);
    let odd = [x, y].map(|value| t.ins().sshr_imm_u(value, 8));
    let even = [x, y].map(|value| {
        let upper = t.ins().ishl_imm_u(value, 8);
        t.ins().sshr_imm_u(upper, 8)
    });
    let even = t.ins().imul(even[0], even[1]);
    let odd = t.ins().imul(odd[0], odd[1]);
    t.ins().sadd_sat(even, odd)
}
