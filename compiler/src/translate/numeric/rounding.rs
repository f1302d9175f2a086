//! ceil, floor, trunc and nearest. Processors without an instruction for them (x86 before SSE4.1) get a few vector
//! instructions in its place: Cranelift would call a function for every lane.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{F32, F32X4, F64X2};
use cranelift_codegen::ir::{InstBuilder, Type, Value};

use crate::translate::state::Translator;

/// A direction of rounding, by the name of its operator.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::translate) enum Rounding {
    Ceil,
    Floor,
    Trunc,
    Nearest,
}

/// Rounds the f32 or f64 `x`.
pub(in crate::translate) fn round_scalar(t: &mut Translator, rounding: Rounding, x: Value) -> Value {
    if t.env.isa.has_round() {
        return round_natively(t, rounding, x);
    }
    let vector = if t.value_type(x) == F32 { F32X4 } else { F64X2 };
    // In every lane, so that none computes on a stale value, which could be subnormal and slow.
    let lanes = t.ins().splat(vector, x);
    let rounded = round_by_magic_number(t, rounding, lanes);
    t.ins().extractlane(rounded, 0)
}

/// Rounds each lane of `x`, an f32x4 or f64x2.
pub(in crate::translate) fn round_vector(t: &mut Translator, rounding: Rounding, x: Value) -> Value {
    if t.env.isa.has_round() { round_natively(t, rounding, x) } else { round_by_magic_number(t, rounding, x) }
}

fn round_natively(t: &mut Translator, rounding: Rounding, x: Value) -> Value {
    match rounding {
        Rounding::Ceil => t.ins().ceil(x),
        Rounding::Floor => t.ins().floor(x),
        Rounding::Trunc => t.ins().trunc(x),
        Rounding::Nearest => t.ins().nearest(x),
    }
}

/// Adding 2^m to a smaller positive value, where m is the width of the mantissa, leaves no bits for a fraction, so it rounds
/// to nearest, ties to even; subtracting 2^m again gives the rounded value. The other directions correct that by one.
///
/// Values that are not smaller are integers, infinities or NaN. They get ±0 in place of 2^m, which changes nothing but makes
/// a signalling NaN quiet. The sign is put back last, for results of zero.
fn round_by_magic_number(t: &mut Translator, rounding: Rounding, x: Value) -> Value {
    let ty = t.value_type(x);
    let (magic, one) = if ty == F32X4 {
        (splat_constant(t, ty, &8_388_608f32.to_le_bytes()), splat_constant(t, ty, &1f32.to_le_bytes()))
    } else {
        (splat_constant(t, ty, &4_503_599_627_370_496f64.to_le_bytes()), splat_constant(t, ty, &1f64.to_le_bytes()))
    };

    let magnitude = t.ins().fabs(x);
    let sign = t.ins().bxor(magnitude, x);
    let magic = masked_where(t, FloatCC::LessThan, magnitude, magic, magic);
    // trunc rounds the magnitude down, so its operand and its 2^m are positive; for the others both have the sign of x.
    let (operand, magic) = if rounding == Rounding::Trunc { (magnitude, magic) } else { (x, t.ins().bor(magic, sign)) };
    let sum = t.ins().fadd(operand, magic);
    let nearest = t.ins().fsub(sum, magic);
    let rounded = match rounding {
        Rounding::Nearest => nearest,
        Rounding::Floor | Rounding::Trunc => {
            let excess = masked_where(t, FloatCC::LessThan, operand, nearest, one);
            t.ins().fsub(nearest, excess)
        }
        Rounding::Ceil => {
            let lack = masked_where(t, FloatCC::LessThan, nearest, operand, one);
            t.ins().fadd(nearest, lack)
        }
    };
    t.ins().bor(rounded, sign)
}

/// `value` in the lanes where the comparison of `x` and `y` holds, +0 elsewhere.
fn masked_where(t: &mut Translator, condition: FloatCC, x: Value, y: Value, value: Value) -> Value {
    let ty = t.value_type(value);
    let mask = t.ins().fcmp(condition, x, y);
    let mask = t.bitcast_v128(mask, ty);
    t.ins().band(mask, value)
}

/// A vector of type `ty` with `lane` in every lane.
fn splat_constant(t: &mut Translator, ty: Type, lane: &[u8]) -> Value {
    let constant = t.builder.func.dfg.constants.insert(lane.repeat(16 / lane.len()).into());
    t.ins().vconst(ty, constant)
}
