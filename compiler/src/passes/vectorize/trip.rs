//! How often a loop runs, and the code that computes it.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Value, types};

use super::emit::Guard;
use super::linear::{Body, Linear};

/// When a loop of which a counter decides goes on.
#[derive(Debug)]
pub(super) struct Trip {
    /// What is compared, in the first iteration.
    pub(super) first: Linear,
    /// How much it grows in each; not zero.
    pub(super) step: i64,
    /// What it is compared with.
    bound: Linear,
    /// The loop goes on if this holds between them.
    condition: IntCC,
}

/// How a loop's end is decided, if it can be computed before.
pub(super) fn analyze(body: &Body<'_>) -> Option<Trip> {
    let exit = body.chain.exits[body.chain.counted];
    let mut value = body.resolve(exit.condition);
    let data = |value| body.definition(value).map(|inst| &body.function.dfg.insts[inst]);
    if let Some(InstructionData::Unary { opcode: Opcode::Uextend, arg }) = data(value) {
        value = body.resolve(*arg);
    }
    let (condition, first, bound) = match data(value) {
        Some(InstructionData::IntCompare { cond, args, .. }) => {
            let [x, y] = args.map(|value| body.linear(body.resolve(value)));
            (*cond, x?, y?)
        }
        _ => (IntCC::NotEqual, body.linear(value)?, Linear::default()),
    };
    let condition = if exit.continues_if { condition } else { condition.complement() };
    let (step, bound_step) = (body.stride(&first.terms)?, body.stride(&bound.terms)?);
    let trip = match (step, bound_step) {
        (0, 0) => return None,
        (_, 0) => Trip { first, step, bound, condition },
        (0, _) => Trip { first: bound, step: bound_step, bound: first, condition: condition.swap_args() },
        _ => return None,
    };
    let up = trip.step > 0;
    let counts = match trip.condition {
        IntCC::NotEqual => true,
        IntCC::SignedLessThan | IntCC::UnsignedLessThan => up,
        IntCC::SignedLessThanOrEqual | IntCC::UnsignedLessThanOrEqual => up,
        IntCC::SignedGreaterThan | IntCC::UnsignedGreaterThan => !up,
        IntCC::SignedGreaterThanOrEqual | IntCC::UnsignedGreaterThanOrEqual => !up,
        IntCC::Equal => false,
    };
    counts.then_some(trip)
}

impl Trip {
    /// Emits how many iterations go on to another one (i64, below 2^32), which is the number of those that are complete.
    pub(super) fn emit(&self, guard: &mut Guard<'_, '_>) -> Value {
        let first = guard.sum(&self.first);
        let bound = guard.sum(&self.bound);
        let size = self.step.unsigned_abs() as i64;
        if self.condition == IntCC::NotEqual {
            let (from, to) = if self.step > 0 { (first, bound) } else { (bound, first) };
            let distance = guard.ins().isub(to, from);
            let distance = guard.ins().uextend(types::I64, distance);
            let count = guard.divided(distance, size);
            // Otherwise the counter misses the bound.
            if size > 1 {
                let product = guard.ins().imul_imm_s(count, size);
                let exact = guard.ins().icmp(IntCC::Equal, product, distance);
                guard.require(exact);
            }
            return count;
        }
        let signed = matches!(
            self.condition,
            IntCC::SignedLessThan
                | IntCC::SignedLessThanOrEqual
                | IntCC::SignedGreaterThan
                | IntCC::SignedGreaterThanOrEqual
        );
        let [first, bound] = [first, bound].map(|value| match signed {
            true => guard.ins().sextend(types::I64, value),
            false => guard.ins().uextend(types::I64, value),
        });
        self.emit_ordered(guard, first, bound, size, signed)
    }

    /// The same for a comparison of order, of numbers that are extended to 64 bits.
    fn emit_ordered(&self, guard: &mut Guard<'_, '_>, first: Value, bound: Value, size: i64, signed: bool) -> Value {
        let inclusive = !matches!(
            self.condition,
            IntCC::SignedLessThan | IntCC::UnsignedLessThan | IntCC::SignedGreaterThan | IntCC::UnsignedGreaterThan
        );
        let (least, greatest) =
            if signed { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (0, i64::from(u32::MAX)) };
        // The first number that ends the loop is less than `size` beyond the bound, or as far when the bound does not end it.
        let beyond = if inclusive { size } else { size - 1 };
        let (distance, fits) = if self.step > 0 {
            let fits = guard.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, bound, greatest - beyond);
            (guard.ins().isub(bound, first), fits)
        } else {
            let fits = guard.ins().icmp_imm_s(IntCC::SignedGreaterThanOrEqual, bound, least + beyond);
            (guard.ins().isub(first, bound), fits)
        };
        guard.require(fits);
        let positive = guard.ins().icmp_imm_s(IntCC::SignedGreaterThan, distance, 0);
        guard.require(positive);
        let distance = guard.ins().iadd_imm_s(distance, beyond);
        guard.divided(distance, size)
    }
}
