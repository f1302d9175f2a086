//! Vectors that are put together from scalars. The first x86 processors insert nothing but lanes of 16 bits in one instruction, so
//! where all that matters of a vector is known, it is made of integers that are combined, and of interleavings.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::types::{F32, F32X4, F64, F64X2, I8X16, I32, I32X4, I64};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value, ValueDef};

use super::emit::Emitter;
use super::lanes::{byte_lanes, interleaving};
use crate::passes::demand::{Bytes, Demand, constant_bytes, lane};

/// How many instructions to look back for a load.
const MAX_DISTANCE: usize = 8;

/// How often each value is used, as far as it matters here.
pub(super) struct Uses(SecondaryMap<Value, u8>);

impl Uses {
    /// Counts the uses in a function.
    pub(super) fn count(function: &Function) -> Self {
        let mut uses: SecondaryMap<Value, u8> = SecondaryMap::new();
        for block in function.layout.blocks() {
            for inst in function.layout.block_insts(block) {
                for value in function.dfg.inst_values(inst) {
                    let count = &mut uses[function.dfg.resolve_aliases(value)];
                    *count = count.saturating_add(1);
                }
            }
        }
        Uses(uses)
    }

    fn has_one(&self, function: &Function, value: Value) -> bool {
        self.0[function.dfg.resolve_aliases(value)] == 1
    }
}

/// What is in a lane.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    Unknown,
    Zero,
    Scalar(Value),
}

/// A value that agrees with the insertion or the splat `inst` in the `wanted` bytes, if there is a better way to make it.
pub(super) fn replace(
    function: &mut Function,
    inst: Inst,
    wanted: Bytes,
    uses: &Uses,
    demand: &mut Demand,
) -> Option<Value> {
    let ty = function.dfg.value_type(function.dfg.first_result(inst));
    if let InstructionData::TernaryImm8 { args: [x, _], imm, .. } = function.dfg.insts[inst]
        && wanted & lane(ty, imm) == 0
    {
        demand.add(function, x, wanted);
        return Some(x);
    }
    let (lanes, inserted) = lanes(function, inst, ty, uses);
    // Of what does not matter nothing is unknown.
    let lanes: Vec<Option<Content>> = (0..ty.lane_count() as u8)
        .zip(lanes)
        .map(|(at, content)| (wanted & lane(ty, at) != 0).then_some(content))
        .collect();
    if lanes.contains(&Some(Content::Unknown)) {
        return None;
    }
    let mut emitter = Emitter { cursor: FuncCursor::new(function).at_inst(inst) };
    let vector = match (ty, &lanes[..]) {
        (I8X16, _) if inserted > 0 => emitter.made_of_bytes(&lanes, uses),
        (_, [Some(Content::Scalar(x)), rest @ ..]) if ty.lane_bits() >= 32 && rest.iter().all(is_zero) => {
            emitter.alone(ty, *x, uses)
        }
        (_, [Some(Content::Scalar(x)), rest @ ..]) if inserted == 0 && rest.iter().all(|other| *other == lanes[0]) => {
            let (ty, x) = emitter.vector_load(ty, *x, uses)?;
            Some(emitter.cursor.ins().splat(ty, x))
        }
        (I32X4, _) if inserted > 2 => emitter.made_of_words(&lanes, uses),
        _ => None,
    };
    vector.map(|vector| emitter.cast(vector, ty))
}

fn is_zero(content: &Option<Content>) -> bool {
    matches!(content, None | Some(Content::Zero))
}

/// What is in the lanes of the result of an instruction, and how many of them were inserted.
fn lanes(function: &Function, inst: Inst, ty: Type, uses: &Uses) -> ([Content; 16], usize) {
    let dfg = &function.dfg;
    let mut lanes = [Content::Unknown; 16];
    let mut inserted = 0;
    let mut next = Some(inst);
    while let Some(inst) = next.take() {
        let base = match dfg.insts[inst] {
            InstructionData::TernaryImm8 { opcode: Opcode::Insertlane, args: [base, x], imm } => {
                if lanes[usize::from(imm)] == Content::Unknown {
                    lanes[usize::from(imm)] = Content::Scalar(dfg.resolve_aliases(x));
                    inserted += 1;
                }
                base
            }
            InstructionData::Unary { opcode: Opcode::Splat, arg } => {
                fill(&mut lanes, Content::Scalar(dfg.resolve_aliases(arg)));
                break;
            }
            _ => break,
        };
        let base = dfg.resolve_aliases(base);
        if constant_bytes(function, base) == Some([0; 16]) {
            fill(&mut lanes, Content::Zero);
        } else if let ValueDef::Result(inst, _) = dfg.value_def(base)
            && dfg.value_type(base) == ty
            && (dfg.insts[inst].opcode() == Opcode::Splat || uses.has_one(function, base))
        {
            next = Some(inst);
        }
    }
    (lanes, inserted)
}

fn fill(lanes: &mut [Content], content: Content) {
    lanes.iter_mut().filter(|lane| **lane == Content::Unknown).for_each(|lane| *lane = content);
}

impl Emitter<'_> {
    /// A vector with a scalar in its first lane, and zeros, if that is cheap.
    fn alone(&mut self, ty: Type, x: Value, uses: &Uses) -> Option<Value> {
        let (vector, x) = match self.was_just_loaded(x) {
            true => self.vector_load(ty, x, uses).unwrap_or((ty, x)),
            // A float is in a vector register already, but with what else?
            false if ty.lane_type().is_float() => return None,
            false => (ty, x),
        };
        Some(self.cursor.ins().scalar_to_vector(vector, x))
    }

    /// Whether a value is loaded right before, so that the load can be a part of what is emitted now.
    fn was_just_loaded(&self, value: Value) -> bool {
        let function = &self.cursor.func;
        let before = |inst: &Inst| function.layout.prev_inst(*inst);
        let insts = std::iter::successors(self.cursor.current_inst().as_ref().and_then(before), before);
        let accesses = |inst: Inst| {
            let opcode = function.dfg.insts[inst].opcode();
            opcode.can_load() || opcode.can_store() || opcode.other_side_effects()
        };
        let last = insts.take(MAX_DISTANCE).find(|inst| accesses(*inst));
        last.is_some_and(|inst| {
            function.dfg.insts[inst].opcode() == Opcode::Load && function.dfg.inst_results(inst) == [value]
        })
    }

    /// When a scalar is loaded for a vector alone: loads it into a vector register instead, as what there is for integers is slower.
    fn vector_load(&mut self, ty: Type, x: Value, uses: &Uses) -> Option<(Type, Value)> {
        let (float, vector) = if ty.lane_bits() == 32 { (F32, F32X4) } else { (F64, F64X2) };
        let function = &mut *self.cursor.func;
        let inst = function.dfg.value_def(x).inst()?;
        let InstructionData::Load { opcode: Opcode::Load, flags, arg, offset } = function.dfg.insts[inst] else {
            return None;
        };
        if ![I32, I64].contains(&ty.lane_type()) || !uses.has_one(function, x) {
            return None;
        }
        let (source, flags) = (function.srcloc(inst), function.dfg.mem_flags[flags]);
        let loaded = FuncCursor::new(function).at_inst(inst).with_srcloc(source).ins().load(float, flags, arg, offset);
        function.layout.remove_inst(inst);
        Some((vector, loaded))
    }

    /// A vector of bytes. They are combined to words.
    fn made_of_bytes(&mut self, lanes: &[Option<Content>], uses: &Uses) -> Option<Value> {
        let mut words = Vec::new();
        for bytes in lanes.chunks(4) {
            words.push(match self.combine(bytes) {
                Some(word) => Some(Content::Scalar(word)),
                None => bytes.contains(&Some(Content::Zero)).then_some(Content::Zero),
            });
        }
        self.made_of_words(&words, uses)
    }

    /// The scalars among four bytes, in their places in a word.
    fn combine(&mut self, bytes: &[Option<Content>]) -> Option<Value> {
        let mut word = None;
        for (at, byte) in (0..).zip(bytes) {
            let Some(Content::Scalar(byte)) = *byte else { continue };
            let byte = self.cursor.ins().uextend(I32, byte);
            let byte = if at == 0 { byte } else { self.cursor.ins().ishl_imm_u(byte, 8 * at) };
            word = Some(word.map_or(byte, |word| self.cursor.ins().bor(word, byte)));
        }
        word
    }

    /// A vector of words: interleaves vectors of one each.
    fn made_of_words(&mut self, lanes: &[Option<Content>], uses: &Uses) -> Option<Value> {
        if let [Some(Content::Scalar(x)), rest @ ..] = lanes
            && rest.iter().all(is_zero)
        {
            return self.alone(I32X4, *x, uses);
        }
        let mut made: Vec<(Content, Value)> = Vec::new();
        let mut vectors = [None; 4];
        for (vector, content) in vectors.iter_mut().zip(lanes) {
            let Some(content) = *content else { continue };
            let known = made.iter().find(|(other, _)| *other == content).map(|(_, vector)| *vector);
            let value = match (known, content) {
                (Some(known), _) => known,
                (None, Content::Scalar(x)) => {
                    let value = self.alone(I32X4, x, uses)?;
                    self.cast(value, I8X16)
                }
                (None, _) => self.constant(I8X16, [0; 16]),
            };
            made.push((content, value));
            *vector = Some(value);
        }
        let [low, high] = [0, 2].map(|at| self.pair(vectors[at], vectors[at + 1], interleaving(0)));
        self.pair(low, high, [0, 1, 4, 5])
    }

    /// The shuffle of two vectors of words; what is `None` does not matter.
    fn pair(&mut self, x: Option<Value>, y: Option<Value>, words: [u8; 4]) -> Option<Value> {
        match (x, y) {
            (x, None) => x,
            (x, Some(y)) => Some(self.shuffle_at_once(x.unwrap_or(y), y, byte_lanes(words))),
        }
    }
}
