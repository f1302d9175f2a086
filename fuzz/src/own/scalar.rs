//! Instructions on numbers, as tables.

use Operand::{Any, Canonical, Nonzero, Small};
use ValType::{F32, F64, I32, I64};
use wasm_encoder::{Instruction, ValType};

/// What an instruction takes from the stack.
#[derive(Clone, Copy)]
pub enum Operand {
    /// Any value.
    Any(ValType),
    /// A value whose bits show: floats that are NaN are made canonical.
    Canonical(ValType),
    /// An integer that is hardly ever 0.
    Nonzero(ValType),
    /// A float that every type of integer holds, but for its fraction.
    Small(ValType),
}

/// An instruction and its operands.
pub type Operation = (Instruction<'static>, &'static [Operand]);

const I: &[Operand] = &[Any(I32)];
const II: &[Operand] = &[Any(I32), Any(I32)];
const L: &[Operand] = &[Any(I64)];
const LL: &[Operand] = &[Any(I64), Any(I64)];
const F: &[Operand] = &[Any(F32)];
const FF: &[Operand] = &[Any(F32), Any(F32)];
const D: &[Operand] = &[Any(F64)];
const DD: &[Operand] = &[Any(F64), Any(F64)];

/// Those that give an i32, other than comparisons.
pub const GIVE_I32: &[Operation] = &[
    (Instruction::I32Clz, I),
    (Instruction::I32Ctz, I),
    (Instruction::I32Popcnt, I),
    (Instruction::I32Extend8S, I),
    (Instruction::I32Extend16S, I),
    (Instruction::I32Add, II),
    (Instruction::I32Sub, II),
    (Instruction::I32Mul, II),
    (Instruction::I32And, II),
    (Instruction::I32Or, II),
    (Instruction::I32Xor, II),
    (Instruction::I32Shl, II),
    (Instruction::I32ShrS, II),
    (Instruction::I32ShrU, II),
    (Instruction::I32Rotl, II),
    (Instruction::I32Rotr, II),
    (Instruction::I32DivS, &[Any(I32), Nonzero(I32)]),
    (Instruction::I32DivU, &[Any(I32), Nonzero(I32)]),
    (Instruction::I32RemS, &[Any(I32), Nonzero(I32)]),
    (Instruction::I32RemU, &[Any(I32), Nonzero(I32)]),
    (Instruction::I32WrapI64, L),
    (Instruction::I32WrapI64, L),
    (Instruction::I32TruncSatF32S, F),
    (Instruction::I32TruncSatF32U, F),
    (Instruction::I32TruncSatF64S, D),
    (Instruction::I32TruncSatF64U, D),
    (Instruction::I32ReinterpretF32, &[Canonical(F32)]),
    (Instruction::I32TruncF32S, &[Small(F32)]),
    (Instruction::I32TruncF32U, &[Small(F32)]),
    (Instruction::I32TruncF64S, &[Small(F64)]),
    (Instruction::I32TruncF64U, &[Small(F64)]),
];

/// Those that compare, and give 0 or 1.
pub const COMPARE: &[Operation] = &[
    (Instruction::I32Eqz, I),
    (Instruction::I32Eq, II),
    (Instruction::I32Ne, II),
    (Instruction::I32LtS, II),
    (Instruction::I32LtU, II),
    (Instruction::I32GtS, II),
    (Instruction::I32GtU, II),
    (Instruction::I32LeS, II),
    (Instruction::I32LeU, II),
    (Instruction::I32GeS, II),
    (Instruction::I32GeU, II),
    (Instruction::I64Eqz, L),
    (Instruction::I64Eq, LL),
    (Instruction::I64Ne, LL),
    (Instruction::I64LtS, LL),
    (Instruction::I64LtU, LL),
    (Instruction::I64GtS, LL),
    (Instruction::I64GtU, LL),
    (Instruction::I64LeS, LL),
    (Instruction::I64LeU, LL),
    (Instruction::I64GeS, LL),
    (Instruction::I64GeU, LL),
    (Instruction::F32Eq, FF),
    (Instruction::F32Ne, FF),
    (Instruction::F32Lt, FF),
    (Instruction::F32Gt, FF),
    (Instruction::F32Le, FF),
    (Instruction::F32Ge, FF),
    (Instruction::F64Eq, DD),
    (Instruction::F64Ne, DD),
    (Instruction::F64Lt, DD),
    (Instruction::F64Gt, DD),
    (Instruction::F64Le, DD),
    (Instruction::F64Ge, DD),
];

/// Those that give an i64.
pub const GIVE_I64: &[Operation] = &[
    (Instruction::I64Clz, L),
    (Instruction::I64Ctz, L),
    (Instruction::I64Popcnt, L),
    (Instruction::I64Extend8S, L),
    (Instruction::I64Extend16S, L),
    (Instruction::I64Extend32S, L),
    (Instruction::I64Add, LL),
    (Instruction::I64Sub, LL),
    (Instruction::I64Mul, LL),
    (Instruction::I64And, LL),
    (Instruction::I64Or, LL),
    (Instruction::I64Xor, LL),
    (Instruction::I64Shl, LL),
    (Instruction::I64ShrS, LL),
    (Instruction::I64ShrU, LL),
    (Instruction::I64Rotl, LL),
    (Instruction::I64Rotr, LL),
    (Instruction::I64DivS, &[Any(I64), Nonzero(I64)]),
    (Instruction::I64DivU, &[Any(I64), Nonzero(I64)]),
    (Instruction::I64RemS, &[Any(I64), Nonzero(I64)]),
    (Instruction::I64RemU, &[Any(I64), Nonzero(I64)]),
    (Instruction::I64ExtendI32S, I),
    (Instruction::I64ExtendI32U, I),
    (Instruction::I64ExtendI32S, I),
    (Instruction::I64ExtendI32U, I),
    (Instruction::I64TruncSatF32S, F),
    (Instruction::I64TruncSatF32U, F),
    (Instruction::I64TruncSatF64S, D),
    (Instruction::I64TruncSatF64U, D),
    (Instruction::I64ReinterpretF64, &[Canonical(F64)]),
    (Instruction::I64TruncF32S, &[Small(F32)]),
    (Instruction::I64TruncF32U, &[Small(F32)]),
    (Instruction::I64TruncF64S, &[Small(F64)]),
    (Instruction::I64TruncF64U, &[Small(F64)]),
];

/// Those that give an f32. A NaN that they give can be any.
pub const GIVE_F32: &[Operation] = &[
    (Instruction::F32Abs, F),
    (Instruction::F32Neg, F),
    (Instruction::F32Ceil, F),
    (Instruction::F32Floor, F),
    (Instruction::F32Trunc, F),
    (Instruction::F32Nearest, F),
    (Instruction::F32Sqrt, F),
    (Instruction::F32Add, FF),
    (Instruction::F32Sub, FF),
    (Instruction::F32Mul, FF),
    (Instruction::F32Div, FF),
    (Instruction::F32Min, FF),
    (Instruction::F32Max, FF),
    (Instruction::F32Copysign, &[Any(F32), Canonical(F32)]),
    (Instruction::F32ConvertI32S, I),
    (Instruction::F32ConvertI32U, I),
    (Instruction::F32ConvertI64S, L),
    (Instruction::F32ConvertI64U, L),
    (Instruction::F32DemoteF64, D),
    (Instruction::F32ReinterpretI32, I),
];

/// Those that give an f64. A NaN that they give can be any.
pub const GIVE_F64: &[Operation] = &[
    (Instruction::F64Abs, D),
    (Instruction::F64Neg, D),
    (Instruction::F64Ceil, D),
    (Instruction::F64Floor, D),
    (Instruction::F64Trunc, D),
    (Instruction::F64Nearest, D),
    (Instruction::F64Sqrt, D),
    (Instruction::F64Add, DD),
    (Instruction::F64Sub, DD),
    (Instruction::F64Mul, DD),
    (Instruction::F64Div, DD),
    (Instruction::F64Min, DD),
    (Instruction::F64Max, DD),
    (Instruction::F64Copysign, &[Any(F64), Canonical(F64)]),
    (Instruction::F64ConvertI32S, I),
    (Instruction::F64ConvertI32U, I),
    (Instruction::F64ConvertI64S, L),
    (Instruction::F64ConvertI64U, L),
    (Instruction::F64PromoteF32, F),
    (Instruction::F64ReinterpretI64, L),
];

/// Those that trap on many values.
pub const TRAPPING: &[(ValType, Operation)] = &[
    (I32, (Instruction::I32TruncF32S, F)),
    (I32, (Instruction::I32TruncF32U, F)),
    (I32, (Instruction::I32TruncF64S, D)),
    (I32, (Instruction::I32TruncF64U, D)),
    (I32, (Instruction::I32DivS, II)),
    (I32, (Instruction::I32DivU, II)),
    (I32, (Instruction::I32RemS, II)),
    (I32, (Instruction::I32RemU, II)),
    (I64, (Instruction::I64TruncF32S, F)),
    (I64, (Instruction::I64TruncF32U, F)),
    (I64, (Instruction::I64TruncF64S, D)),
    (I64, (Instruction::I64TruncF64U, D)),
    (I64, (Instruction::I64DivS, LL)),
    (I64, (Instruction::I64DivU, LL)),
    (I64, (Instruction::I64RemS, LL)),
    (I64, (Instruction::I64RemU, LL)),
];
