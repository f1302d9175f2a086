//! Writes what reductions become: a vector that each round adds to, and the sum of its lanes at the end.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{ConstantData, InstBuilder, Type, Value};

use super::emit::{Guard, Round, Writer};
use super::pack::VECTOR_BYTES;
use super::reduce::{Accumulation, Kind, Narrow};

/// Requires values to fit into their lanes.
pub(super) fn check_narrow(guard: &mut Guard<'_, '_>, narrow: &[Narrow]) {
    for Narrow { value, lane, signed } in narrow {
        let value = guard.value(*value);
        let from_least = if *signed { guard.ins().iadd_imm_s(value, 1 << (lane.bits() - 1)) } else { value };
        let fits = guard.ins().icmp_imm_u(IntCC::UnsignedLessThan, from_least, 1 << lane.bits());
        guard.require(fits);
    }
}

impl Accumulation {
    /// The type of the vector.
    pub(super) fn vector(&self) -> Type {
        self.ty.by(VECTOR_BYTES / self.ty.bytes()).expect("integers of 32 or 64 bits")
    }
}

impl Writer<'_, '_> {
    /// The vector before the first round.
    pub(super) fn nothing(&mut self, accumulation: &Accumulation) -> Value {
        let zeros = ConstantData::from(&[0; VECTOR_BYTES as usize][..]);
        let zeros = self.guard.cursor.func.dfg.constants.insert(zeros);
        self.guard.ins().vconst(accumulation.vector(), zeros)
    }

    /// The vector after a round, before which it was `before`.
    pub(super) fn accumulate(&mut self, accumulation: &Accumulation, before: Value, round: &Round) -> Value {
        let mut sum = before;
        for (kind, packs) in &accumulation.parts {
            let vectors = packs.iter().map(|pack| self.make(*pack, round)).collect();
            let total = self.widened(*kind, vectors, accumulation.ty);
            sum = if kind.subtracted { self.guard.ins().isub(sum, total) } else { self.guard.ins().iadd(sum, total) };
        }
        sum
    }

    /// A vector with lanes of type `ty` whose sum is that of the lanes of all vectors. In between, no lane becomes larger than it can
    /// be: a mask is -1, and there are at most [`MAX_VECTORS`](super::reduce) vectors.
    fn widened(&mut self, kind: Kind, mut vectors: Vec<Value>, ty: Type) -> Value {
        let mut lane = kind.lane;
        if kind.is_mask() {
            vectors = vec![self.added(&vectors)];
        }
        while lane != ty {
            lane = lane.double_width().expect("lanes are narrower than the sum");
            let halves = vectors.into_iter().flat_map(|vector| match kind.is_signed() {
                true => [self.guard.ins().swiden_low(vector), self.guard.ins().swiden_high(vector)],
                false => [self.guard.ins().uwiden_low(vector), self.guard.ins().uwiden_high(vector)],
            });
            let halves: Vec<Value> = halves.collect();
            vectors = vec![self.added(&halves)];
        }
        self.added(&vectors)
    }

    /// The sum of vectors, lane by lane, in pairs.
    fn added(&mut self, vectors: &[Value]) -> Value {
        match vectors {
            [vector] => *vector,
            _ => {
                let (one, other) = vectors.split_at(vectors.len() / 2);
                let (one, other) = (self.added(one), self.added(other));
                self.guard.ins().iadd(one, other)
            }
        }
    }

    /// The sum of a vector's lanes.
    pub(super) fn total(&mut self, vector: Value) -> Value {
        let lanes = self.guard.cursor.func.dfg.value_type(vector).lane_count();
        let first = self.guard.ins().extractlane(vector, 0);
        (1..lanes).fold(first, |sum, lane| {
            let lane = self.guard.ins().extractlane(vector, lane as u8);
            self.guard.ins().iadd(sum, lane)
        })
    }
}
