//! Operators on lanes of floats, conversions included.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::types::{F32X4, F64X2, I8X16, I32X4, I64X2};
use cranelift_codegen::ir::{ConstantData, InstBuilder, Opcode, Type, Value};
use wasmparser::Operator as Op;

use super::{binary, constant, convert, emit_unary, unary};
use crate::translate::numeric::rounding::{self, Rounding};
use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::F32x4Eq => compare(t, F32X4, FloatCC::Equal),
        Op::F32x4Ne => compare(t, F32X4, FloatCC::NotEqual),
        Op::F32x4Lt => compare(t, F32X4, FloatCC::LessThan),
        Op::F32x4Gt => compare(t, F32X4, FloatCC::GreaterThan),
        Op::F32x4Le => compare(t, F32X4, FloatCC::LessThanOrEqual),
        Op::F32x4Ge => compare(t, F32X4, FloatCC::GreaterThanOrEqual),
        Op::F32x4Ceil => round(t, F32X4, Rounding::Ceil),
        Op::F32x4Floor => round(t, F32X4, Rounding::Floor),
        Op::F32x4Trunc => round(t, F32X4, Rounding::Trunc),
        Op::F32x4Nearest => round(t, F32X4, Rounding::Nearest),
        Op::F32x4Abs => unary(t, F32X4, Opcode::Fabs),
        Op::F32x4Neg => unary(t, F32X4, Opcode::Fneg),
        Op::F32x4Sqrt => unary(t, F32X4, Opcode::Sqrt),
        Op::F32x4Add => binary(t, F32X4, Opcode::Fadd),
        Op::F32x4Sub => binary(t, F32X4, Opcode::Fsub),
        Op::F32x4Mul => binary(t, F32X4, Opcode::Fmul),
        Op::F32x4Div => binary(t, F32X4, Opcode::Fdiv),
        Op::F32x4Min => binary(t, F32X4, Opcode::Fmin),
        Op::F32x4Max => binary(t, F32X4, Opcode::Fmax),
        Op::F32x4PMin => pseudo_min(t, F32X4),
        Op::F32x4PMax => pseudo_max(t, F32X4),
        Op::F32x4ConvertI32x4S => convert(t, I32X4, Opcode::FcvtFromSint, F32X4),
        Op::F32x4ConvertI32x4U => convert(t, I32X4, Opcode::FcvtFromUint, F32X4),
        Op::F32x4DemoteF64x2Zero => demote_zero(t),

        Op::F64x2Eq => compare(t, F64X2, FloatCC::Equal),
        Op::F64x2Ne => compare(t, F64X2, FloatCC::NotEqual),
        Op::F64x2Lt => compare(t, F64X2, FloatCC::LessThan),
        Op::F64x2Gt => compare(t, F64X2, FloatCC::GreaterThan),
        Op::F64x2Le => compare(t, F64X2, FloatCC::LessThanOrEqual),
        Op::F64x2Ge => compare(t, F64X2, FloatCC::GreaterThanOrEqual),
        Op::F64x2Ceil => round(t, F64X2, Rounding::Ceil),
        Op::F64x2Floor => round(t, F64X2, Rounding::Floor),
        Op::F64x2Trunc => round(t, F64X2, Rounding::Trunc),
        Op::F64x2Nearest => round(t, F64X2, Rounding::Nearest),
        Op::F64x2Abs => unary(t, F64X2, Opcode::Fabs),
        Op::F64x2Neg => unary(t, F64X2, Opcode::Fneg),
        Op::F64x2Sqrt => unary(t, F64X2, Opcode::Sqrt),
        Op::F64x2Add => binary(t, F64X2, Opcode::Fadd),
        Op::F64x2Sub => binary(t, F64X2, Opcode::Fsub),
        Op::F64x2Mul => binary(t, F64X2, Opcode::Fmul),
        Op::F64x2Div => binary(t, F64X2, Opcode::Fdiv),
        Op::F64x2Min => binary(t, F64X2, Opcode::Fmin),
        Op::F64x2Max => binary(t, F64X2, Opcode::Fmax),
        Op::F64x2PMin => pseudo_min(t, F64X2),
        Op::F64x2PMax => pseudo_max(t, F64X2),
        Op::F64x2ConvertLowI32x4S => convert_low(t, Opcode::SwidenLow, Opcode::FcvtFromSint),
        Op::F64x2ConvertLowI32x4U => convert_low(t, Opcode::UwidenLow, Opcode::FcvtFromUint),
        Op::F64x2PromoteLowF32x4 => promote_low(t),

        Op::I32x4TruncSatF32x4S => convert(t, F32X4, Opcode::FcvtToSintSat, I32X4),
        Op::I32x4TruncSatF32x4U => convert(t, F32X4, Opcode::FcvtToUintSat, I32X4),
        Op::I32x4TruncSatF64x2SZero => truncate_signed_zero(t),
        Op::I32x4TruncSatF64x2UZero => truncate_unsigned_zero(t),
        _ => return false,
    }
    true
}

fn compare(t: &mut Translator, ty: Type, condition: FloatCC) {
    let (x, y) = t.pop2_v128(ty);
    let result = t.ins().fcmp(condition, x, y);
    t.push(result);
}

fn round(t: &mut Translator, ty: Type, rounding: Rounding) {
    let x = t.pop_v128(ty);
    let result = rounding::round_vector(t, rounding, x);
    t.push(result);
}

/// `y < x ? y : x`. Cranelift recognises this order of operands as one instruction.
fn pseudo_min(t: &mut Translator, ty: Type) {
    let (x, y) = t.pop2_v128(ty);
    let result = select_less(t, (y, x), y, x);
    t.push(result);
}

/// `x < y ? y : x`.
fn pseudo_max(t: &mut Translator, ty: Type) {
    let (x, y) = t.pop2_v128(ty);
    let result = select_less(t, (x, y), y, x);
    t.push(result);
}

/// In each lane `yes` where the first of `compared` is less than the second, else `no`.
fn select_less(t: &mut Translator, compared: (Value, Value), yes: Value, no: Value) -> Value {
    let ty = t.value_type(yes);
    let mask = t.ins().fcmp(FloatCC::LessThan, compared.0, compared.1);
    let mask = t.bitcast_v128(mask, ty);
    t.ins().bitselect(mask, yes, no)
}

/// Cranelift recognises the pair, so nothing is widened to 64-bit integers in between.
fn convert_low(t: &mut Translator, widen: Opcode, opcode: Opcode) {
    let x = t.pop_v128(I32X4);
    let wide = emit_unary(t, widen, x);
    let (inst, dfg) = t.ins().Unary(opcode, F64X2, wide);
    let result = dfg.first_result(inst);
    t.push(result);
}

fn promote_low(t: &mut Translator) {
    let x = t.pop_v128(F32X4);
    let result = t.ins().fvpromote_low(x);
    t.push(result);
}

fn demote_zero(t: &mut Translator) {
    let x = t.pop_v128(F64X2);
    let result = t.ins().fvdemote(x);
    t.push(result);
}

fn truncate_signed_zero(t: &mut Translator) {
    let x = t.pop_v128(F64X2);
    let wide = t.ins().fcvt_to_sint_sat(I64X2, x);
    let zero = constant(t, I64X2, &[0; 16]);
    let result = t.ins().snarrow(wide, zero);
    t.push(result);
}

fn truncate_unsigned_zero(t: &mut Translator) {
    let x = t.pop_v128(F64X2);
    let result = if t.env.isa.has_round() {
        let wide = t.ins().fcvt_to_uint_sat(I64X2, x);
        let zero = constant(t, I64X2, &[0; 16]);
        t.ins().uunarrow(wide, zero)
    } else {
        truncate_unsigned_by_magic_number(t, x)
    };
    t.push(result);
}

/// For want of a rounding instruction. After clamping to the range of u32 (which also makes NaN 0), adding 2^52 leaves the
/// integer part in the low half of each lane, rounded to nearest; where that was upwards, it is one too large.
fn truncate_unsigned_by_magic_number(t: &mut Translator, x: Value) -> Value {
    const MAGIC: f64 = 4_503_599_627_370_496.0;
    let zero = constant(t, F64X2, &[0; 16]);
    let max = splat(t, f64::from(u32::MAX));
    let magic = splat(t, MAGIC);
    let positive = select_less(t, (zero, x), x, zero);
    let clamped = select_less(t, (positive, max), positive, max);
    let sum = t.ins().fadd(clamped, magic);
    let nearest = t.ins().fsub(sum, magic);
    let minus_one_where_above = t.ins().fcmp(FloatCC::LessThan, clamped, nearest);
    let sum = t.bitcast_v128(sum, I64X2);
    let integers = t.ins().iadd(sum, minus_one_where_above);
    let (integers, zero) = (t.bitcast_v128(integers, I8X16), t.bitcast_v128(zero, I8X16));
    let low_words = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23];
    let mask = t.builder.func.dfg.immediates.push(ConstantData::from(&low_words[..]));
    t.ins().shuffle(integers, zero, mask)
}

fn splat(t: &mut Translator, value: f64) -> Value {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&value.to_le_bytes());
    bytes[8..].copy_from_slice(&value.to_le_bytes());
    constant(t, F64X2, &bytes)
}
