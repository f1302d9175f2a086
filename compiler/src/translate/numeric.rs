//! Numeric operators on i32, i64, f32 and f64: constants, arithmetic, comparisons, conversions. A table from operator to
//! Cranelift instruction, and the few that take more than one.

pub(super) mod rounding;

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value};
use wasmparser::Operator as Op;

use rounding::Rounding;

use super::state::Translator;

/// Translates `op` when it is a numeric operator; tells whether it was one.
pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match *op {
        Op::I32Const { value } => integer_constant(t, I32, i64::from(value.cast_unsigned())),
        Op::I64Const { value } => integer_constant(t, I64, value),
        Op::F32Const { value } => f32_constant(t, value.bits()),
        Op::F64Const { value } => f64_constant(t, value.bits()),

        Op::I32Eqz | Op::I64Eqz => equals_zero(t),
        Op::I32Eq | Op::I64Eq => compare_integers(t, IntCC::Equal),
        Op::I32Ne | Op::I64Ne => compare_integers(t, IntCC::NotEqual),
        Op::I32LtS | Op::I64LtS => compare_integers(t, IntCC::SignedLessThan),
        Op::I32LtU | Op::I64LtU => compare_integers(t, IntCC::UnsignedLessThan),
        Op::I32GtS | Op::I64GtS => compare_integers(t, IntCC::SignedGreaterThan),
        Op::I32GtU | Op::I64GtU => compare_integers(t, IntCC::UnsignedGreaterThan),
        Op::I32LeS | Op::I64LeS => compare_integers(t, IntCC::SignedLessThanOrEqual),
        Op::I32LeU | Op::I64LeU => compare_integers(t, IntCC::UnsignedLessThanOrEqual),
        Op::I32GeS | Op::I64GeS => compare_integers(t, IntCC::SignedGreaterThanOrEqual),
        Op::I32GeU | Op::I64GeU => compare_integers(t, IntCC::UnsignedGreaterThanOrEqual),
        Op::F32Eq | Op::F64Eq => compare_floats(t, FloatCC::Equal),
        Op::F32Ne | Op::F64Ne => compare_floats(t, FloatCC::NotEqual),
        Op::F32Lt | Op::F64Lt => compare_floats(t, FloatCC::LessThan),
        Op::F32Gt | Op::F64Gt => compare_floats(t, FloatCC::GreaterThan),
        Op::F32Le | Op::F64Le => compare_floats(t, FloatCC::LessThanOrEqual),
        Op::F32Ge | Op::F64Ge => compare_floats(t, FloatCC::GreaterThanOrEqual),

        Op::I32Clz | Op::I64Clz => unary(t, Opcode::Clz),
        Op::I32Ctz | Op::I64Ctz => unary(t, Opcode::Ctz),
        Op::I32Popcnt | Op::I64Popcnt => unary(t, Opcode::Popcnt),
        Op::I32Add | Op::I64Add => binary(t, Opcode::Iadd),
        Op::I32Sub | Op::I64Sub => binary(t, Opcode::Isub),
        Op::I32Mul | Op::I64Mul => binary(t, Opcode::Imul),
        // Cranelift's divisions trap where wasm's do; `srem` gives 0 for a divisor of -1.
        Op::I32DivS | Op::I64DivS => binary(t, Opcode::Sdiv),
        Op::I32DivU | Op::I64DivU => binary(t, Opcode::Udiv),
        Op::I32RemS | Op::I64RemS => binary(t, Opcode::Srem),
        Op::I32RemU | Op::I64RemU => binary(t, Opcode::Urem),
        Op::I32And | Op::I64And => binary(t, Opcode::Band),
        Op::I32Or | Op::I64Or => binary(t, Opcode::Bor),
        Op::I32Xor | Op::I64Xor => binary(t, Opcode::Bxor),
        // Cranelift takes shift and rotate counts modulo the width, as wasm does.
        Op::I32Shl | Op::I64Shl => binary(t, Opcode::Ishl),
        Op::I32ShrS | Op::I64ShrS => binary(t, Opcode::Sshr),
        Op::I32ShrU | Op::I64ShrU => binary(t, Opcode::Ushr),
        Op::I32Rotl | Op::I64Rotl => binary(t, Opcode::Rotl),
        Op::I32Rotr | Op::I64Rotr => binary(t, Opcode::Rotr),

        Op::F32Abs | Op::F64Abs => unary(t, Opcode::Fabs),
        Op::F32Neg | Op::F64Neg => unary(t, Opcode::Fneg),
        Op::F32Sqrt | Op::F64Sqrt => unary(t, Opcode::Sqrt),
        Op::F32Ceil | Op::F64Ceil => round(t, Rounding::Ceil),
        Op::F32Floor | Op::F64Floor => round(t, Rounding::Floor),
        Op::F32Trunc | Op::F64Trunc => round(t, Rounding::Trunc),
        Op::F32Nearest | Op::F64Nearest => round(t, Rounding::Nearest),
        Op::F32Add | Op::F64Add => binary(t, Opcode::Fadd),
        Op::F32Sub | Op::F64Sub => binary(t, Opcode::Fsub),
        Op::F32Mul | Op::F64Mul => binary(t, Opcode::Fmul),
        Op::F32Div | Op::F64Div => binary(t, Opcode::Fdiv),
        Op::F32Min | Op::F64Min => binary(t, Opcode::Fmin),
        Op::F32Max | Op::F64Max => binary(t, Opcode::Fmax),
        Op::F32Copysign | Op::F64Copysign => binary(t, Opcode::Fcopysign),

        Op::I32WrapI64 => convert(t, Opcode::Ireduce, I32),
        Op::I64ExtendI32S => convert(t, Opcode::Sextend, I64),
        Op::I64ExtendI32U => convert(t, Opcode::Uextend, I64),
        Op::I32Extend8S => sign_extend(t, I8, I32),
        Op::I32Extend16S => sign_extend(t, I16, I32),
        Op::I64Extend8S => sign_extend(t, I8, I64),
        Op::I64Extend16S => sign_extend(t, I16, I64),
        Op::I64Extend32S => sign_extend(t, I32, I64),
        Op::I32TruncF32S | Op::I32TruncF64S => convert(t, Opcode::FcvtToSint, I32),
        Op::I32TruncF32U | Op::I32TruncF64U => convert(t, Opcode::FcvtToUint, I32),
        Op::I64TruncF32S | Op::I64TruncF64S => convert(t, Opcode::FcvtToSint, I64),
        Op::I64TruncF32U | Op::I64TruncF64U => convert(t, Opcode::FcvtToUint, I64),
        Op::I32TruncSatF32S | Op::I32TruncSatF64S => convert(t, Opcode::FcvtToSintSat, I32),
        Op::I32TruncSatF32U | Op::I32TruncSatF64U => convert(t, Opcode::FcvtToUintSat, I32),
        Op::I64TruncSatF32S | Op::I64TruncSatF64S => convert(t, Opcode::FcvtToSintSat, I64),
        Op::I64TruncSatF32U | Op::I64TruncSatF64U => convert(t, Opcode::FcvtToUintSat, I64),
        Op::F32ConvertI32S | Op::F32ConvertI64S => convert(t, Opcode::FcvtFromSint, F32),
        Op::F32ConvertI32U | Op::F32ConvertI64U => convert(t, Opcode::FcvtFromUint, F32),
        Op::F64ConvertI32S | Op::F64ConvertI64S => convert(t, Opcode::FcvtFromSint, F64),
        Op::F64ConvertI32U | Op::F64ConvertI64U => convert(t, Opcode::FcvtFromUint, F64),
        Op::F32DemoteF64 => convert(t, Opcode::Fdemote, F32),
        Op::F64PromoteF32 => convert(t, Opcode::Fpromote, F64),
        Op::I32ReinterpretF32 => reinterpret(t, I32),
        Op::I64ReinterpretF64 => reinterpret(t, I64),
        Op::F32ReinterpretI32 => reinterpret(t, F32),
        Op::F64ReinterpretI64 => reinterpret(t, F64),
        _ => return false,
    }
    true
}

/// `bits` holds the value zero-extended, as Cranelift wants it.
fn integer_constant(t: &mut Translator, ty: Type, bits: i64) {
    let value = t.ins().iconst(ty, bits);
    t.push(value);
}

fn f32_constant(t: &mut Translator, bits: u32) {
    let value = t.ins().f32const(Ieee32::with_bits(bits));
    t.push(value);
}

fn f64_constant(t: &mut Translator, bits: u64) {
    let value = t.ins().f64const(Ieee64::with_bits(bits));
    t.push(value);
}

fn unary(t: &mut Translator, opcode: Opcode) {
    let x = t.pop();
    let ty = t.value_type(x);
    let (inst, dfg) = t.ins().Unary(opcode, ty, x);
    let result = dfg.first_result(inst);
    t.push(result);
}

fn binary(t: &mut Translator, opcode: Opcode) {
    let (x, y) = t.pop2();
    let ty = t.value_type(x);
    let (inst, dfg) = t.ins().Binary(opcode, ty, x, y);
    let result = dfg.first_result(inst);
    t.push(result);
}

fn convert(t: &mut Translator, opcode: Opcode, to: Type) {
    let x = t.pop();
    let (inst, dfg) = t.ins().Unary(opcode, to, x);
    let result = dfg.first_result(inst);
    t.push(result);
}

fn equals_zero(t: &mut Translator) {
    let x = t.pop();
    let condition = t.ins().icmp_imm_u(IntCC::Equal, x, 0);
    push_condition(t, condition);
}

fn compare_integers(t: &mut Translator, condition: IntCC) {
    let (x, y) = t.pop2();
    let condition = t.ins().icmp(condition, x, y);
    push_condition(t, condition);
}

fn compare_floats(t: &mut Translator, condition: FloatCC) {
    let (x, y) = t.pop2();
    let condition = t.ins().fcmp(condition, x, y);
    push_condition(t, condition);
}

/// Pushes a Cranelift boolean as the i32 that wasm has in its place. Branches and selects look through the extension.
pub(super) fn push_condition(t: &mut Translator, condition: Value) {
    let result = t.ins().uextend(I32, condition);
    t.push(result);
}

fn sign_extend(t: &mut Translator, from: Type, to: Type) {
    let x = t.pop();
    let low = t.ins().ireduce(from, x);
    let result = t.ins().sextend(to, low);
    t.push(result);
}

fn reinterpret(t: &mut Translator, to: Type) {
    let x = t.pop();
    let result = t.ins().bitcast(to, MemFlagsData::new(), x);
    t.push(result);
}

fn round(t: &mut Translator, rounding: Rounding) {
    let x = t.pop();
    let result = rounding::round_scalar(t, rounding, x);
    t.push(result);
}
