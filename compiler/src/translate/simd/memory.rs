//! Vector loads and stores. Lanes of 32 and 64 bits are loaded and stored as floats, which live in vector registers to begin with.

use cranelift_codegen::ir::types::{F32, F32X4, F64, F64X2, I8, I8X16, I16, I16X8};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::{MemArg, Operator as Op};

use crate::translate::state::Translator;

pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::V128Load { memarg } => load(t, memarg),
        Op::V128Store { memarg } => store(t, memarg),
        Op::V128Load8x8S { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.sload8x8(f, p, o)),
        Op::V128Load8x8U { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.uload8x8(f, p, o)),
        Op::V128Load16x4S { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.sload16x4(f, p, o)),
        Op::V128Load16x4U { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.uload16x4(f, p, o)),
        Op::V128Load32x2S { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.sload32x2(f, p, o)),
        Op::V128Load32x2U { memarg } => load_widened(t, memarg, |ins, f, p, o| ins.uload32x2(f, p, o)),
        Op::V128Load8Splat { memarg } => load_splat(t, memarg, I8, I8X16),
        Op::V128Load16Splat { memarg } => load_splat(t, memarg, I16, I16X8),
        Op::V128Load32Splat { memarg } => load_splat(t, memarg, F32, F32X4),
        Op::V128Load64Splat { memarg } => load_splat(t, memarg, F64, F64X2),
        Op::V128Load32Zero { memarg } => load_zero(t, memarg, F32, F32X4),
        Op::V128Load64Zero { memarg } => load_zero(t, memarg, F64, F64X2),
        Op::V128Load8Lane { memarg, lane } => load_lane(t, memarg, I8, I8X16, *lane),
        Op::V128Load16Lane { memarg, lane } => load_lane(t, memarg, I16, I16X8, *lane),
        Op::V128Load32Lane { memarg, lane } => load_lane(t, memarg, F32, F32X4, *lane),
        Op::V128Load64Lane { memarg, lane } => load_lane(t, memarg, F64, F64X2, *lane),
        Op::V128Store8Lane { memarg, lane } => store_lane(t, memarg, I8X16, *lane),
        Op::V128Store16Lane { memarg, lane } => store_lane(t, memarg, I16X8, *lane),
        Op::V128Store32Lane { memarg, lane } => store_lane(t, memarg, F32X4, *lane),
        Op::V128Store64Lane { memarg, lane } => store_lane(t, memarg, F64X2, *lane),
        _ => return false,
    }
    true
}

fn load(t: &mut Translator, memarg: &MemArg) {
    let (flags, address, offset) = t.address(memarg, 16);
    let result = t.ins().load(I8X16, flags, address, offset);
    t.push(result);
}

fn store(t: &mut Translator, memarg: &MemArg) {
    let x = t.pop();
    let (flags, address, offset) = t.address(memarg, 16);
    t.ins().store(flags, x, address, offset);
}

fn load_widened(
    t: &mut Translator,
    memarg: &MemArg,
    load: impl FnOnce(FuncInstBuilder<'_, '_>, MemFlagsData, Value, i32) -> Value,
) {
    let (flags, address, offset) = t.address(memarg, 8);
    let result = load(t.ins(), flags, address, offset);
    t.push(result);
}

fn load_splat(t: &mut Translator, memarg: &MemArg, lane: Type, vector: Type) {
    let (flags, address, offset) = t.address(memarg, lane.bytes() as u8);
    let x = t.ins().load(lane, flags, address, offset);
    let result = t.ins().splat(vector, x);
    t.push(result);
}

fn load_zero(t: &mut Translator, memarg: &MemArg, lane: Type, vector: Type) {
    let (flags, address, offset) = t.address(memarg, lane.bytes() as u8);
    let x = t.ins().load(lane, flags, address, offset);
    let result = t.ins().scalar_to_vector(vector, x);
    t.push(result);
}

fn load_lane(t: &mut Translator, memarg: &MemArg, lane: Type, vector: Type, index: u8) {
    let x = t.pop_v128(vector);
    let (flags, address, offset) = t.address(memarg, lane.bytes() as u8);
    let loaded = t.ins().load(lane, flags, address, offset);
    let result = t.ins().insertlane(x, loaded, index);
    t.push(result);
}

fn store_lane(t: &mut Translator, memarg: &MemArg, vector: Type, index: u8) {
    let x = t.pop_v128(vector);
    let (flags, address, offset) = t.address(memarg, vector.lane_type().bytes() as u8);
    let lane = t.ins().extractlane(x, index);
    t.ins().store(flags, lane, address, offset);
}
