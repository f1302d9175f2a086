//! Constants, and operators that move lanes: splats, extraction, replacement, shuffles.

use cranelift_codegen::ir::types::{F32X4, F64X2, I8, I8X16, I16, I16X8, I32, I32X4, I64, I64X2};
use cranelift_codegen::ir::{
    ConstantData, InstBuilder, MemFlagsData, Opcode, StackSlot, StackSlotData, StackSlotKind, Type, Value,
};
use wasmparser::Operator as Op;

use super::constant;
use crate::isa;
use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match *op {
        Op::V128Const { value } => push_constant(t, value.bytes()),
        Op::I8x16Splat => splat_reduced(t, I8, I8X16),
        Op::I16x8Splat => splat_reduced(t, I16, I16X8),
        Op::I32x4Splat => splat(t, I32X4),
        Op::I64x2Splat => splat(t, I64X2),
        Op::F32x4Splat => splat(t, F32X4),
        Op::F64x2Splat => splat(t, F64X2),
        Op::I8x16ExtractLaneS { lane } => extract_extended(t, I8X16, lane, Opcode::Sextend),
        Op::I8x16ExtractLaneU { lane } => extract_extended(t, I8X16, lane, Opcode::Uextend),
        Op::I16x8ExtractLaneS { lane } => extract_extended(t, I16X8, lane, Opcode::Sextend),
        Op::I16x8ExtractLaneU { lane } => extract_extended(t, I16X8, lane, Opcode::Uextend),
        Op::I32x4ExtractLane { lane } => extract(t, I32X4, lane),
        Op::I64x2ExtractLane { lane } => extract(t, I64X2, lane),
        Op::F32x4ExtractLane { lane } => extract(t, F32X4, lane),
        Op::F64x2ExtractLane { lane } => extract(t, F64X2, lane),
        Op::I8x16ReplaceLane { lane } => replace_reduced(t, I8, I8X16, lane),
        Op::I16x8ReplaceLane { lane } => replace_reduced(t, I16, I16X8, lane),
        Op::I32x4ReplaceLane { lane } => replace(t, I32X4, lane),
        Op::I64x2ReplaceLane { lane } => replace(t, I64X2, lane),
        Op::F32x4ReplaceLane { lane } => replace(t, F32X4, lane),
        Op::F64x2ReplaceLane { lane } => replace(t, F64X2, lane),
        Op::I8x16Shuffle { lanes } => shuffle_lanes(t, lanes),
        Op::I8x16Swizzle => swizzle(t),
        _ => return false,
    }
    true
}

fn push_constant(t: &mut Translator, bytes: &[u8; 16]) {
    let result = constant(t, I8X16, bytes);
    t.push(result);
}

fn splat(t: &mut Translator, ty: Type) {
    let x = t.pop();
    let result = t.ins().splat(ty, x);
    t.push(result);
}

/// Splats the low bits of an i32.
fn splat_reduced(t: &mut Translator, lane: Type, ty: Type) {
    let x = t.pop();
    let low = t.ins().ireduce(lane, x);
    let result = t.ins().splat(ty, low);
    t.push(result);
}

fn extract(t: &mut Translator, ty: Type, lane: u8) {
    let x = t.pop_v128(ty);
    let result = t.ins().extractlane(x, lane);
    t.push(result);
}

/// Extracts a lane narrower than i32.
fn extract_extended(t: &mut Translator, ty: Type, lane: u8, extend: Opcode) {
    let x = t.pop_v128(ty);
    let low = t.ins().extractlane(x, lane);
    let (inst, dfg) = t.ins().Unary(extend, I32, low);
    let result = dfg.first_result(inst);
    t.push(result);
}

fn replace(t: &mut Translator, ty: Type, lane: u8) {
    let replacement = t.pop();
    let x = t.pop_v128(ty);
    let result = t.ins().insertlane(x, replacement, lane);
    t.push(result);
}

/// Replaces a lane by the low bits of an i32.
fn replace_reduced(t: &mut Translator, lane_type: Type, ty: Type, lane: u8) {
    let replacement = t.pop();
    let low = t.ins().ireduce(lane_type, replacement);
    let x = t.pop_v128(ty);
    let result = t.ins().insertlane(x, low, lane);
    t.push(result);
}

fn shuffle_lanes(t: &mut Translator, lanes: [u8; 16]) {
    let (x, y) = t.pop2_v128(I8X16);
    let mask = t.builder.func.dfg.immediates.push(ConstantData::from(&lanes[..]));
    let result = t.ins().shuffle(x, y, mask);
    t.push(result);
}

fn swizzle(t: &mut Translator) {
    let (x, indices) = t.pop2_v128(I8X16);
    let native = isa::permutes_bytes(t.env.isa);
    let result = if native { t.ins().swizzle(x, indices) } else { swizzle_in_memory(t, x, indices) };
    t.push(result);
}

/// Any swizzle: looks each byte up in a table that ends with a zero for the indices out of range.
fn swizzle_in_memory(t: &mut Translator, x: Value, indices: Value) -> Value {
    let table = stack_slot(t, 32);
    t.ins().stack_store(I64, x, table, 0);
    let zero = constant(t, I8X16, &[0; 16]);
    t.ins().stack_store(I64, zero, table, 16);
    let table = t.ins().stack_addr(I64, table, 0);

    // Each index is overwritten by its byte.
    let lanes = stack_slot(t, 16);
    let limit = constant(t, I8X16, &[16; 16]);
    let indices = t.ins().umin(indices, limit);
    t.ins().stack_store(I64, indices, lanes, 0);
    let lanes = t.ins().stack_addr(I64, lanes, 0);
    for lane in 0..16 {
        let index = t.ins().uload8(I64, MemFlagsData::trusted(), lanes, lane);
        let address = t.ins().iadd(table, index);
        let byte = t.ins().load(I8, MemFlagsData::trusted(), address, 0);
        t.ins().store(MemFlagsData::trusted(), byte, lanes, lane);
    }
    t.ins().load(I8X16, MemFlagsData::trusted(), lanes, 0)
}

fn stack_slot(t: &mut Translator, size: u32) -> StackSlot {
    t.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, size, 4))
}
