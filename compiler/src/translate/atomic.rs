//! Atomic memory accesses: the threads proposal. All are sequentially consistent, and trap at addresses that are not a multiple
//! of their width.

use abi::symbols::builtin;
use abi::trap::TrapKind;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AtomicRmwOp as Rmw, InstBuilder, MemFlagsData, Type, Value};
use wasmparser::{MemArg, MemArgTarget, Operator as Op};

use crate::target::Target;

use super::state::{Translator, host_signature, trap_code};

/// Translates `op` when it is an atomic operator; tells whether it was one.
#[rustfmt::skip] // One line per width, in columns.
pub(super) fn translate(t: &mut Translator, op: &Op) -> bool {
    match op {
        Op::AtomicFence { .. } => drop(t.ins().fence()),
        Op::MemoryAtomicNotify { memarg } => notify(t, memarg),
        Op::MemoryAtomicWait32 { memarg } => wait(t, memarg, I32, builtin::ATOMIC_WAIT32),
        Op::MemoryAtomicWait64 { memarg } => wait(t, memarg, I64, builtin::ATOMIC_WAIT64),

        Op::I32AtomicLoad { memarg } => load(t, memarg, I32, I32),
        Op::I32AtomicLoad8U { memarg } => load(t, memarg, I8, I32),
        Op::I32AtomicLoad16U { memarg } => load(t, memarg, I16, I32),
        Op::I64AtomicLoad { memarg } => load(t, memarg, I64, I64),
        Op::I64AtomicLoad8U { memarg } => load(t, memarg, I8, I64),
        Op::I64AtomicLoad16U { memarg } => load(t, memarg, I16, I64),
        Op::I64AtomicLoad32U { memarg } => load(t, memarg, I32, I64),

        Op::I32AtomicStore8 { memarg } | Op::I64AtomicStore8 { memarg } => store(t, memarg, I8),
        Op::I32AtomicStore16 { memarg } | Op::I64AtomicStore16 { memarg } => store(t, memarg, I16),
        Op::I32AtomicStore { memarg } | Op::I64AtomicStore32 { memarg } => store(t, memarg, I32),
        Op::I64AtomicStore { memarg } => store(t, memarg, I64),

        Op::I32AtomicRmw8AddU { memarg } | Op::I64AtomicRmw8AddU { memarg } => rmw(t, memarg, I8, Rmw::Add),
        Op::I32AtomicRmw16AddU { memarg } | Op::I64AtomicRmw16AddU { memarg } => rmw(t, memarg, I16, Rmw::Add),
        Op::I32AtomicRmwAdd { memarg } | Op::I64AtomicRmw32AddU { memarg } => rmw(t, memarg, I32, Rmw::Add),
        Op::I64AtomicRmwAdd { memarg } => rmw(t, memarg, I64, Rmw::Add),
        Op::I32AtomicRmw8SubU { memarg } | Op::I64AtomicRmw8SubU { memarg } => rmw(t, memarg, I8, Rmw::Sub),
        Op::I32AtomicRmw16SubU { memarg } | Op::I64AtomicRmw16SubU { memarg } => rmw(t, memarg, I16, Rmw::Sub),
        Op::I32AtomicRmwSub { memarg } | Op::I64AtomicRmw32SubU { memarg } => rmw(t, memarg, I32, Rmw::Sub),
        Op::I64AtomicRmwSub { memarg } => rmw(t, memarg, I64, Rmw::Sub),
        Op::I32AtomicRmw8AndU { memarg } | Op::I64AtomicRmw8AndU { memarg } => rmw(t, memarg, I8, Rmw::And),
        Op::I32AtomicRmw16AndU { memarg } | Op::I64AtomicRmw16AndU { memarg } => rmw(t, memarg, I16, Rmw::And),
        Op::I32AtomicRmwAnd { memarg } | Op::I64AtomicRmw32AndU { memarg } => rmw(t, memarg, I32, Rmw::And),
        Op::I64AtomicRmwAnd { memarg } => rmw(t, memarg, I64, Rmw::And),
        Op::I32AtomicRmw8OrU { memarg } | Op::I64AtomicRmw8OrU { memarg } => rmw(t, memarg, I8, Rmw::Or),
        Op::I32AtomicRmw16OrU { memarg } | Op::I64AtomicRmw16OrU { memarg } => rmw(t, memarg, I16, Rmw::Or),
        Op::I32AtomicRmwOr { memarg } | Op::I64AtomicRmw32OrU { memarg } => rmw(t, memarg, I32, Rmw::Or),
        Op::I64AtomicRmwOr { memarg } => rmw(t, memarg, I64, Rmw::Or),
        Op::I32AtomicRmw8XorU { memarg } | Op::I64AtomicRmw8XorU { memarg } => rmw(t, memarg, I8, Rmw::Xor),
        Op::I32AtomicRmw16XorU { memarg } | Op::I64AtomicRmw16XorU { memarg } => rmw(t, memarg, I16, Rmw::Xor),
        Op::I32AtomicRmwXor { memarg } | Op::I64AtomicRmw32XorU { memarg } => rmw(t, memarg, I32, Rmw::Xor),
        Op::I64AtomicRmwXor { memarg } => rmw(t, memarg, I64, Rmw::Xor),
        Op::I32AtomicRmw8XchgU { memarg } | Op::I64AtomicRmw8XchgU { memarg } => rmw(t, memarg, I8, Rmw::Xchg),
        Op::I32AtomicRmw16XchgU { memarg } | Op::I64AtomicRmw16XchgU { memarg } => rmw(t, memarg, I16, Rmw::Xchg),
        Op::I32AtomicRmwXchg { memarg } | Op::I64AtomicRmw32XchgU { memarg } => rmw(t, memarg, I32, Rmw::Xchg),
        Op::I64AtomicRmwXchg { memarg } => rmw(t, memarg, I64, Rmw::Xchg),

        Op::I32AtomicRmw8CmpxchgU { memarg } | Op::I64AtomicRmw8CmpxchgU { memarg } => cmpxchg(t, memarg, I8),
        Op::I32AtomicRmw16CmpxchgU { memarg } | Op::I64AtomicRmw16CmpxchgU { memarg } => cmpxchg(t, memarg, I16),
        Op::I32AtomicRmwCmpxchg { memarg } | Op::I64AtomicRmw32CmpxchgU { memarg } => cmpxchg(t, memarg, I32),
        Op::I64AtomicRmwCmpxchg { memarg } => cmpxchg(t, memarg, I64),
        _ => return false,
    }
    true
}

/// Traps unless the address of an access of type `ty`, whose index is on top of the stack, is aligned. This comes before the
/// check of the bounds, as in other engines; the specification leaves it open.
fn check_alignment(t: &mut Translator, memarg: &MemArg, ty: Type) {
    if ty == I8 {
        return;
    }
    let index = t.pop();
    t.push(index);
    let mask = i64::from(ty.bytes() - 1);
    // Bits beyond the mask do not matter.
    let address = match memarg.offset as i64 & mask {
        0 => index,
        offset => t.ins().iadd_imm_s(index, offset),
    };
    let excess = t.ins().band_imm_u(address, mask);
    let unaligned = t.ins().icmp_imm_u(IntCC::NotEqual, excess, 0);
    t.trap_if(unaligned, TrapKind::UnalignedAtomic);
}

/// Pops the index of an access of type `ty`; gives flags and the host's address, which is aligned.
fn address(t: &mut Translator, memarg: &MemArg, ty: Type) -> (MemFlagsData, Value) {
    check_alignment(t, memarg, ty);
    let (flags, address, displacement) = t.address(memarg, ty.bytes() as u8);
    let address = if displacement == 0 { address } else { t.ins().iadd_imm_s(address, i64::from(displacement)) };
    (flags, address)
}

/// The low bits of an operand, as wide as the access.
fn narrow(t: &mut Translator, value: Value, ty: Type) -> Value {
    if t.value_type(value) == ty { value } else { t.ins().ireduce(ty, value) }
}

/// Pushes what was read, zero-extended.
fn push_widened(t: &mut Translator, value: Value, ty: Type) {
    let value = if t.value_type(value) == ty { value } else { t.ins().uextend(ty, value) };
    t.push(value);
}

fn load(t: &mut Translator, memarg: &MemArg, access: Type, result: Type) {
    let (flags, address) = address(t, memarg, access);
    let value = t.ins().atomic_load(access, flags, address);
    push_widened(t, value, result);
}

fn store(t: &mut Translator, memarg: &MemArg, access: Type) {
    let value = t.pop();
    let value = narrow(t, value, access);
    let (flags, address) = address(t, memarg, access);
    if t.env.options.target == Target::X86_64Linux {
        // Faster than a store and a fence.
        t.ins().atomic_rmw(access, flags, Rmw::Xchg, address, value);
    } else {
        t.ins().atomic_store(flags, value, address);
    }
}

fn rmw(t: &mut Translator, memarg: &MemArg, access: Type, op: Rmw) {
    let operand = t.pop();
    let result = t.value_type(operand);
    let operand = narrow(t, operand, access);
    let (flags, address) = address(t, memarg, access);
    let old = t.ins().atomic_rmw(access, flags, op, address, operand);
    push_widened(t, old, result);
}

fn cmpxchg(t: &mut Translator, memarg: &MemArg, access: Type) {
    let (expected, replacement) = t.pop2();
    let result = t.value_type(replacement);
    let expected = narrow(t, expected, access);
    let replacement = narrow(t, replacement, access);
    let (flags, address) = address(t, memarg, access);
    let old = t.ins().atomic_cas(flags, address, expected, replacement);
    push_widened(t, old, result);
}

/// The memory that an access is to.
fn memory_index(memarg: &MemArg) -> u32 {
    match memarg.target {
        MemArgTarget::Memory(index) => index,
        MemArgTarget::Array(_) => unreachable!("arrays need another proposal"),
    }
}

/// Pops the index of a wait or notification; gives the host's address of the `ty` there, aligned and inside the memory.
fn waiting_address(t: &mut Translator, memarg: &MemArg, ty: Type) -> Value {
    check_alignment(t, memarg, ty);
    let index = t.pop();
    let index = t.extend_index(index);
    let offset = t.ins().iconst(I64, memarg.offset as i64);
    let start = t.ins().uadd_overflow_trap(index, offset, trap_code(TrapKind::MemoryOutOfBounds));
    let len = t.ins().iconst(I64, i64::from(ty.bytes()));
    t.bulk_address(memory_index(memarg), start, len)
}

/// `memory.atomic.wait32`, `memory.atomic.wait64`
fn wait(t: &mut Translator, memarg: &MemArg, ty: Type, builtin: &'static str) {
    let (expected, timeout) = t.pop2();
    let address = waiting_address(t, memarg, ty);
    if !t.is_shared(memory_index(memarg)) {
        // Nobody could end it.
        t.ins().trap(trap_code(TrapKind::AtomicWaitUnshared));
        t.reachable = false;
        return;
    }
    let signature = host_signature(&[I64, ty, I64], &[I32]);
    let results = t.builtin(builtin, signature, &[address, expected, timeout]);
    t.push(results[0]);
}

/// `memory.atomic.notify`
fn notify(t: &mut Translator, memarg: &MemArg) {
    let count = t.pop();
    let address = waiting_address(t, memarg, I32);
    let woken = if t.is_shared(memory_index(memarg)) {
        t.builtin(builtin::ATOMIC_NOTIFY, host_signature(&[I64, I32], &[I32]), &[address, count])[0]
    } else {
        t.ins().iconst(I32, 0)
    };
    t.push(woken);
}
