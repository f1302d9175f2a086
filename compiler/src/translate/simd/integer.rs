//! Operators on lanes of integers.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8X16, I16X8, I32, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};
use wasmparser::Operator as Op;

use super::{binary, constant, emit_binary, emit_unary, unary};
use crate::translate::numeric::push_condition;
use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::I8x16Eq => compare(t, I8X16, IntCC::Equal),
        Op::I8x16Ne => compare(t, I8X16, IntCC::NotEqual),
        Op::I8x16LtS => compare(t, I8X16, IntCC::SignedLessThan),
        Op::I8x16LtU => compare(t, I8X16, IntCC::UnsignedLessThan),
        Op::I8x16GtS => compare(t, I8X16, IntCC::SignedGreaterThan),
        Op::I8x16GtU => compare(t, I8X16, IntCC::UnsignedGreaterThan),
        Op::I8x16LeS => compare(t, I8X16, IntCC::SignedLessThanOrEqual),
        Op::I8x16LeU => compare(t, I8X16, IntCC::UnsignedLessThanOrEqual),
        Op::I8x16GeS => compare(t, I8X16, IntCC::SignedGreaterThanOrEqual),
        Op::I8x16GeU => compare(t, I8X16, IntCC::UnsignedGreaterThanOrEqual),
        Op::I8x16Abs => unary(t, I8X16, Opcode::Iabs),
        Op::I8x16Neg => unary(t, I8X16, Opcode::Ineg),
        Op::I8x16Popcnt => unary(t, I8X16, Opcode::Popcnt),
        Op::I8x16AllTrue => all_true(t, I8X16),
        Op::I8x16Bitmask => bitmask(t, I8X16),
        Op::I8x16NarrowI16x8S => binary(t, I16X8, Opcode::Snarrow),
        Op::I8x16NarrowI16x8U => binary(t, I16X8, Opcode::Unarrow),
        Op::I8x16Shl => shift(t, I8X16, Opcode::Ishl),
        Op::I8x16ShrS => shift(t, I8X16, Opcode::Sshr),
        Op::I8x16ShrU => shift(t, I8X16, Opcode::Ushr),
        Op::I8x16Add => binary(t, I8X16, Opcode::Iadd),
        Op::I8x16AddSatS => binary(t, I8X16, Opcode::SaddSat),
        Op::I8x16AddSatU => binary(t, I8X16, Opcode::UaddSat),
        Op::I8x16Sub => binary(t, I8X16, Opcode::Isub),
        Op::I8x16SubSatS => binary(t, I8X16, Opcode::SsubSat),
        Op::I8x16SubSatU => binary(t, I8X16, Opcode::UsubSat),
        Op::I8x16MinS => binary(t, I8X16, Opcode::Smin),
        Op::I8x16MinU => binary(t, I8X16, Opcode::Umin),
        Op::I8x16MaxS => binary(t, I8X16, Opcode::Smax),
        Op::I8x16MaxU => binary(t, I8X16, Opcode::Umax),
        Op::I8x16AvgrU => binary(t, I8X16, Opcode::AvgRound),

        Op::I16x8Eq => compare(t, I16X8, IntCC::Equal),
        Op::I16x8Ne => compare(t, I16X8, IntCC::NotEqual),
        Op::I16x8LtS => compare(t, I16X8, IntCC::SignedLessThan),
        Op::I16x8LtU => compare(t, I16X8, IntCC::UnsignedLessThan),
        Op::I16x8GtS => compare(t, I16X8, IntCC::SignedGreaterThan),
        Op::I16x8GtU => compare(t, I16X8, IntCC::UnsignedGreaterThan),
        Op::I16x8LeS => compare(t, I16X8, IntCC::SignedLessThanOrEqual),
        Op::I16x8LeU => compare(t, I16X8, IntCC::UnsignedLessThanOrEqual),
        Op::I16x8GeS => compare(t, I16X8, IntCC::SignedGreaterThanOrEqual),
        Op::I16x8GeU => compare(t, I16X8, IntCC::UnsignedGreaterThanOrEqual),
        Op::I16x8Abs => unary(t, I16X8, Opcode::Iabs),
        Op::I16x8Neg => unary(t, I16X8, Opcode::Ineg),
        Op::I16x8AllTrue => all_true(t, I16X8),
        Op::I16x8Bitmask => bitmask(t, I16X8),
        Op::I16x8NarrowI32x4S => binary(t, I32X4, Opcode::Snarrow),
        Op::I16x8NarrowI32x4U => narrow_unsigned_words(t),
        Op::I16x8ExtendLowI8x16S => widen(t, I8X16, Opcode::SwidenLow),
        Op::I16x8ExtendHighI8x16S => widen(t, I8X16, Opcode::SwidenHigh),
        Op::I16x8ExtendLowI8x16U => widen(t, I8X16, Opcode::UwidenLow),
        Op::I16x8ExtendHighI8x16U => widen(t, I8X16, Opcode::UwidenHigh),
        Op::I16x8Shl => shift(t, I16X8, Opcode::Ishl),
        Op::I16x8ShrS => shift(t, I16X8, Opcode::Sshr),
        Op::I16x8ShrU => shift(t, I16X8, Opcode::Ushr),
        Op::I16x8Add => binary(t, I16X8, Opcode::Iadd),
        Op::I16x8AddSatS => binary(t, I16X8, Opcode::SaddSat),
        Op::I16x8AddSatU => binary(t, I16X8, Opcode::UaddSat),
        Op::I16x8Sub => binary(t, I16X8, Opcode::Isub),
        Op::I16x8SubSatS => binary(t, I16X8, Opcode::SsubSat),
        Op::I16x8SubSatU => binary(t, I16X8, Opcode::UsubSat),
        Op::I16x8Mul => binary(t, I16X8, Opcode::Imul),
        Op::I16x8MinS => binary(t, I16X8, Opcode::Smin),
        Op::I16x8MinU => binary(t, I16X8, Opcode::Umin),
        Op::I16x8MaxS => binary(t, I16X8, Opcode::Smax),
        Op::I16x8MaxU => binary(t, I16X8, Opcode::Umax),
        Op::I16x8AvgrU => binary(t, I16X8, Opcode::AvgRound),
        Op::I16x8Q15MulrSatS => binary(t, I16X8, Opcode::SqmulRoundSat),
        Op::I16x8ExtMulLowI8x16S => widening_multiply(t, I8X16, Opcode::SwidenLow),
        Op::I16x8ExtMulHighI8x16S => widening_multiply(t, I8X16, Opcode::SwidenHigh),
        Op::I16x8ExtMulLowI8x16U => widening_multiply(t, I8X16, Opcode::UwidenLow),
        Op::I16x8ExtMulHighI8x16U => widening_multiply(t, I8X16, Opcode::UwidenHigh),
        Op::I16x8ExtAddPairwiseI8x16S => add_widened_pairs(t, I8X16, Opcode::SwidenLow, Opcode::SwidenHigh),
        Op::I16x8ExtAddPairwiseI8x16U => add_widened_pairs(t, I8X16, Opcode::UwidenLow, Opcode::UwidenHigh),

        Op::I32x4Eq => compare(t, I32X4, IntCC::Equal),
        Op::I32x4Ne => compare(t, I32X4, IntCC::NotEqual),
        Op::I32x4LtS => compare(t, I32X4, IntCC::SignedLessThan),
        Op::I32x4LtU => compare(t, I32X4, IntCC::UnsignedLessThan),
        Op::I32x4GtS => compare(t, I32X4, IntCC::SignedGreaterThan),
        Op::I32x4GtU => compare(t, I32X4, IntCC::UnsignedGreaterThan),
        Op::I32x4LeS => compare(t, I32X4, IntCC::SignedLessThanOrEqual),
        Op::I32x4LeU => compare(t, I32X4, IntCC::UnsignedLessThanOrEqual),
        Op::I32x4GeS => compare(t, I32X4, IntCC::SignedGreaterThanOrEqual),
        Op::I32x4GeU => compare(t, I32X4, IntCC::UnsignedGreaterThanOrEqual),
        Op::I32x4Abs => unary(t, I32X4, Opcode::Iabs),
        Op::I32x4Neg => unary(t, I32X4, Opcode::Ineg),
        Op::I32x4AllTrue => all_true(t, I32X4),
        Op::I32x4Bitmask => bitmask(t, I32X4),
        Op::I32x4ExtendLowI16x8S => widen(t, I16X8, Opcode::SwidenLow),
        Op::I32x4ExtendHighI16x8S => widen(t, I16X8, Opcode::SwidenHigh),
        Op::I32x4ExtendLowI16x8U => widen(t, I16X8, Opcode::UwidenLow),
        Op::I32x4ExtendHighI16x8U => widen(t, I16X8, Opcode::UwidenHigh),
        Op::I32x4Shl => shift(t, I32X4, Opcode::Ishl),
        Op::I32x4ShrS => shift(t, I32X4, Opcode::Sshr),
        Op::I32x4ShrU => shift(t, I32X4, Opcode::Ushr),
        Op::I32x4Add => binary(t, I32X4, Opcode::Iadd),
        Op::I32x4Sub => binary(t, I32X4, Opcode::Isub),
        Op::I32x4Mul => binary(t, I32X4, Opcode::Imul),
        Op::I32x4MinS => binary(t, I32X4, Opcode::Smin),
        Op::I32x4MinU => binary(t, I32X4, Opcode::Umin),
        Op::I32x4MaxS => binary(t, I32X4, Opcode::Smax),
        Op::I32x4MaxU => binary(t, I32X4, Opcode::Umax),
        Op::I32x4DotI16x8S => dot(t),
        Op::I32x4ExtMulLowI16x8S => widening_multiply(t, I16X8, Opcode::SwidenLow),
        Op::I32x4ExtMulHighI16x8S => widening_multiply(t, I16X8, Opcode::SwidenHigh),
        Op::I32x4ExtMulLowI16x8U => widening_multiply(t, I16X8, Opcode::UwidenLow),
        Op::I32x4ExtMulHighI16x8U => widening_multiply(t, I16X8, Opcode::UwidenHigh),
        Op::I32x4ExtAddPairwiseI16x8S => add_widened_pairs(t, I16X8, Opcode::SwidenLow, Opcode::SwidenHigh),
        Op::I32x4ExtAddPairwiseI16x8U => add_widened_pairs(t, I16X8, Opcode::UwidenLow, Opcode::UwidenHigh),

        Op::I64x2Eq => compare(t, I64X2, IntCC::Equal),
        Op::I64x2Ne => compare(t, I64X2, IntCC::NotEqual),
        Op::I64x2LtS => compare(t, I64X2, IntCC::SignedLessThan),
        Op::I64x2GtS => compare(t, I64X2, IntCC::SignedGreaterThan),
        Op::I64x2LeS => compare(t, I64X2, IntCC::SignedLessThanOrEqual),
        Op::I64x2GeS => compare(t, I64X2, IntCC::SignedGreaterThanOrEqual),
        Op::I64x2Abs => unary(t, I64X2, Opcode::Iabs),
        Op::I64x2Neg => unary(t, I64X2, Opcode::Ineg),
        Op::I64x2AllTrue => all_true(t, I64X2),
        Op::I64x2Bitmask => bitmask(t, I64X2),
        Op::I64x2ExtendLowI32x4S => widen(t, I32X4, Opcode::SwidenLow),
        Op::I64x2ExtendHighI32x4S => widen(t, I32X4, Opcode::SwidenHigh),
        Op::I64x2ExtendLowI32x4U => widen(t, I32X4, Opcode::UwidenLow),
        Op::I64x2ExtendHighI32x4U => widen(t, I32X4, Opcode::UwidenHigh),
        Op::I64x2Shl => shift(t, I64X2, Opcode::Ishl),
        Op::I64x2ShrS => shift(t, I64X2, Opcode::Sshr),
        Op::I64x2ShrU => shift(t, I64X2, Opcode::Ushr),
        Op::I64x2Add => binary(t, I64X2, Opcode::Iadd),
        Op::I64x2Sub => binary(t, I64X2, Opcode::Isub),
        Op::I64x2Mul => binary(t, I64X2, Opcode::Imul),
        Op::I64x2ExtMulLowI32x4S => widening_multiply(t, I32X4, Opcode::SwidenLow),
        Op::I64x2ExtMulHighI32x4S => widening_multiply(t, I32X4, Opcode::SwidenHigh),
        Op::I64x2ExtMulLowI32x4U => widening_multiply(t, I32X4, Opcode::UwidenLow),
        Op::I64x2ExtMulHighI32x4U => widening_multiply(t, I32X4, Opcode::UwidenHigh),
        _ => return false,
    }
    true
}

fn compare(t: &mut Translator, ty: Type, condition: IntCC) {
    let (x, y) = t.pop2_v128(ty);
    let result = t.ins().icmp(condition, x, y);
    t.push(result);
}

/// The count is an i32, taken modulo the width of a lane by both wasm and Cranelift.
fn shift(t: &mut Translator, ty: Type, opcode: Opcode) {
    let count = t.pop();
    let x = t.pop_v128(ty);
    let result = emit_binary(t, opcode, x, count);
    t.push(result);
}

fn all_true(t: &mut Translator, ty: Type) {
    let x = t.pop_v128(ty);
    let condition = t.ins().vall_true(x);
    push_condition(t, condition);
}

fn bitmask(t: &mut Translator, ty: Type) {
    let x = t.pop_v128(ty);
    let result = t.ins().vhigh_bits(I32, x);
    t.push(result);
}

/// The first x86 processors only narrow with signs: there numbers below zero become zero, and 0 to 65,535 are moved to where signed
/// ones are, and back.
fn narrow_unsigned_words(t: &mut Translator) {
    if t.env.isa.has_round() {
        return binary(t, I32X4, Opcode::Unarrow);
    }
    let (x, y) = t.pop2_v128(I32X4);
    let middle = constant(t, I32X4, &[0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0, 0, 0x80, 0, 0]);
    let moved = [x, y].map(|value| {
        let negative = t.ins().sshr_imm_u(value, 31);
        let positive = t.ins().band_not(value, negative);
        t.ins().isub(positive, middle)
    });
    let narrow = t.ins().snarrow(moved[0], moved[1]);
    let middle = constant(t, I16X8, &[0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80, 0, 0x80]);
    let result = t.ins().bxor(narrow, middle);
    t.push(result);
}

fn widen(t: &mut Translator, from: Type, half: Opcode) {
    let x = t.pop_v128(from);
    let result = emit_unary(t, half, x);
    t.push(result);
}

fn widening_multiply(t: &mut Translator, from: Type, half: Opcode) {
    let (x, y) = t.pop2_v128(from);
    let (x, y) = (emit_unary(t, half, x), emit_unary(t, half, y));
    let result = t.ins().imul(x, y);
    t.push(result);
}

fn add_widened_pairs(t: &mut Translator, from: Type, low: Opcode, high: Opcode) {
    let x = t.pop_v128(from);
    let (low, high) = (emit_unary(t, low, x), emit_unary(t, high, x));
    let result = t.ins().iadd_pairwise(low, high);
    t.push(result);
}

/// Cranelift recognises this shape as one multiply-add instruction.
fn dot(t: &mut Translator) {
    let (x, y) = t.pop2_v128(I16X8);
    let (x_low, y_low) = (t.ins().swiden_low(x), t.ins().swiden_low(y));
    let (x_high, y_high) = (t.ins().swiden_high(x), t.ins().swiden_high(y));
    let (low, high) = (t.ins().imul(x_low, y_low), t.ins().imul(x_high, y_high));
    let result = t.ins().iadd_pairwise(low, high);
    t.push(result);
}
