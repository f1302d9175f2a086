//! Which bytes of each vector matter to its users. Compilers fill what does not matter with an arbitrary lane, which can
//! cost many instructions to honour.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Type, Value, ValueDef};

use super::address_form::constant;

/// A set of the bytes of a vector.
pub(super) type Bytes = u16;

/// The bytes of each vector that are used by the instructions seen so far.
#[derive(Default)]
pub(super) struct Demand {
    bytes: SecondaryMap<Value, Bytes>,
}

impl Demand {
    /// The bytes of `value` that matter.
    pub(super) fn of(&self, value: Value) -> Bytes {
        self.bytes[value]
    }

    /// Adds uses of bytes of `value`.
    pub(super) fn add(&mut self, function: &Function, value: Value, bytes: Bytes) {
        self.bytes[function.dfg.resolve_aliases(value)] |= bytes;
    }

    /// Adds what `inst` uses. The users of its results must have been seen before.
    pub(super) fn add_uses(&mut self, function: &Function, inst: Inst) {
        let dfg = &function.dfg;
        let wanted = dfg.inst_results(inst).first().map_or(Bytes::MAX, |result| self.bytes[*result]);
        let operands: Vec<Value> = dfg.inst_values(inst).collect();
        for (at, value) in operands.into_iter().enumerate() {
            if dfg.value_type(value).is_vector() {
                self.add(function, value, used(function, inst, at, wanted));
            }
        }
    }
}

/// The bytes of the vector operand `at` of an instruction that matter when the `wanted` bytes of its result do.
fn used(function: &Function, inst: Inst, at: usize, wanted: Bytes) -> Bytes {
    let dfg = &function.dfg;
    let args = dfg.inst_args(inst);
    let opcode = dfg.insts[inst].opcode();
    let Some(operand) = args.get(at) else { return Bytes::MAX };
    let ty = dfg.value_type(*operand);
    match (&dfg.insts[inst], opcode) {
        (InstructionData::BinaryImm8 { imm, .. }, Opcode::Extractlane) => lane(ty, *imm),
        (InstructionData::TernaryImm8 { imm, .. }, Opcode::Insertlane) => wanted & !lane(ty, *imm),
        (_, Opcode::Bitcast) if dfg.value_type(dfg.first_result(inst)).is_vector() => wanted,
        (_, Opcode::Band) => wanted & nonzero(function, args[1 - at], 0),
        (_, Opcode::Bitselect) if at > 0 => wanted & nonzero(function, args[0], if at == 1 { 0 } else { 0xff }),
        (_, Opcode::Bor | Opcode::Bxor | Opcode::Bnot | Opcode::Bitselect) => wanted,
        (_, Opcode::Ishl | Opcode::Ushr | Opcode::Sshr) => match constant(dfg, args[1]) {
            Some(count) => shifted(ty, opcode, count, wanted),
            None => whole_lanes(ty, wanted),
        },
        (_, Opcode::Iadd | Opcode::Isub | Opcode::Imul | Opcode::Ineg) => {
            // Carries go upwards.
            let up_to = |lane: Bytes| lane & Bytes::MAX.checked_shr((lane & wanted).leading_zeros()).unwrap_or(0);
            lanes(ty).map(up_to).fold(0, |all, bytes| all | bytes)
        }
        _ if is_lane_by_lane(opcode) => whole_lanes(ty, wanted),
        _ => Bytes::MAX,
    }
}

/// The bytes in which a constant, that each of them is combined with by an exclusive or, is not zero; all bytes of what is no constant.
fn nonzero(function: &Function, value: Value, combined: u8) -> Bytes {
    let Some(bytes) = constant_bytes(function, value) else { return Bytes::MAX };
    bytes.into_iter().rev().fold(0, |all, byte| all << 1 | Bytes::from(byte != combined))
}

/// The bytes of a vector of which bits come into the wanted ones by a shift of each lane.
fn shifted(ty: Type, opcode: Opcode, count: i64, wanted: Bytes) -> Bytes {
    let bits = ty.lane_type().bits();
    let count = count as u32 & (bits - 1);
    let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
    let width = bits / 8;
    let mut used = 0;
    for first in (0..16).step_by(width as usize) {
        let mut lane: u64 = 0;
        for byte in 0..width {
            if wanted >> (first + byte) & 1 == 1 {
                lane |= 0xff << (8 * byte);
            }
        }
        let sign = if opcode == Opcode::Sshr && lane & !(mask >> count) != 0 { 1 << (bits - 1) } else { 0 };
        let source = if opcode == Opcode::Ishl { lane >> count } else { lane << count & mask | sign };
        for byte in 0..width {
            if source >> (8 * byte) & 0xff != 0 {
                used |= 1 << (first + byte);
            }
        }
    }
    used
}

/// Each lane's bytes.
fn lanes(ty: Type) -> impl Iterator<Item = Bytes> {
    (0..ty.lane_count() as u8).map(move |index| lane(ty, index))
}

/// The bytes of one lane.
pub(super) fn lane(ty: Type, index: u8) -> Bytes {
    let width = ty.lane_type().bytes();
    let first: Bytes = ((1u32 << width) - 1) as Bytes;
    first << (u32::from(index) * width)
}

/// All bytes of the lanes of which any byte is in the set.
fn whole_lanes(ty: Type, bytes: Bytes) -> Bytes {
    lanes(ty).filter(|lane| lane & bytes != 0).fold(0, |all, lane| all | lane)
}

/// Whether each lane of the result depends on the same lane of the vector operands alone.
fn is_lane_by_lane(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(
        opcode,
        Iabs | Popcnt
            | AvgRound
            | SqmulRoundSat
            | Icmp
            | Fcmp
            | SaddSat
            | UaddSat
            | SsubSat
            | UsubSat
            | Smin
            | Umin
            | Smax
            | Umax
            | Fadd
            | Fsub
            | Fmul
            | Fdiv
            | Fmin
            | Fmax
            | Fneg
            | Fabs
            | Sqrt
            | Ceil
            | Floor
            | Trunc
            | Nearest
    )
}

/// The instruction that makes the 128 bits of `value`, whatever type they have.
pub(super) fn definition(function: &Function, mut value: Value) -> Option<Inst> {
    loop {
        value = function.dfg.resolve_aliases(value);
        let ValueDef::Result(inst, _) = function.dfg.value_def(value) else { return None };
        match function.dfg.insts[inst] {
            InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. }
                if function.dfg.value_type(arg).is_vector() =>
            {
                value = arg;
            }
            _ => return Some(inst),
        }
    }
}

/// The bytes of a constant vector.
pub(super) fn constant_bytes(function: &Function, value: Value) -> Option<[u8; 16]> {
    let InstructionData::UnaryConst { opcode: Opcode::Vconst, constant_handle } =
        function.dfg.insts[definition(function, value)?]
    else {
        return None;
    };
    function.dfg.constants.get(constant_handle).as_slice().try_into().ok()
}
