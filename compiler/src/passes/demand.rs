//! Which bytes of each vector matter to its users. Compilers fill what does not matter with an arbitrary lane, which can
//! cost many instructions to honour.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Type, Value};

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
        let data = &dfg.insts[inst];
        let result = dfg.inst_results(inst).first().copied();
        let wanted = result.map_or(Bytes::MAX, |result| self.bytes[result]);
        let all: Vec<Value> = dfg.inst_values(inst).collect();
        for value in all {
            let ty = dfg.value_type(value);
            if !ty.is_vector() {
                continue;
            }
            let bytes = match data {
                InstructionData::BinaryImm8 { opcode: Opcode::Extractlane, imm, .. } => lane(ty, *imm),
                InstructionData::TernaryImm8 { opcode: Opcode::Insertlane, imm, .. } => wanted & !lane(ty, *imm),
                InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, .. }
                    if result.is_some_and(|result| dfg.value_type(result).is_vector()) =>
                {
                    wanted
                }
                _ if is_bitwise(data.opcode()) => wanted,
                _ if is_lane_by_lane(data.opcode()) => whole_lanes(ty, wanted),
                _ => Bytes::MAX,
            };
            self.add(function, value, bytes);
        }
    }
}

/// The bytes of one lane.
fn lane(ty: Type, index: u8) -> Bytes {
    let width = ty.lane_type().bytes();
    let first: Bytes = ((1u32 << width) - 1) as Bytes;
    first << (u32::from(index) * width)
}

/// All bytes of the lanes of which any byte is in the set.
fn whole_lanes(ty: Type, bytes: Bytes) -> Bytes {
    let lanes = (0..ty.lane_count() as u8).map(|index| lane(ty, index));
    lanes.filter(|lane| lane & bytes != 0).fold(0, |all, lane| all | lane)
}

/// Whether each bit of the result depends on the same bit of the operands alone.
fn is_bitwise(opcode: Opcode) -> bool {
    matches!(opcode, Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Bnot | Opcode::Bitselect)
}

/// Whether each lane of the result depends on the same lane of the vector operands alone.
fn is_lane_by_lane(opcode: Opcode) -> bool {
    use Opcode::*;
    matches!(
        opcode,
        Iadd | Isub
            | Imul
            | Ineg
            | Iabs
            | Popcnt
            | AvgRound
            | SqmulRoundSat
            | Ishl
            | Ushr
            | Sshr
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
