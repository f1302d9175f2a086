//! Faults: which of them are traps of the guest, and what happens then. Everything else is a defect of this product or of the
//! machine, and says so.

use core::ops::Range;

use abi::layout::{Memory, Program};
use abi::trap::TrapKind;

use crate::backtrace::Backtrace;
use crate::code::Place;
use crate::message::Message;
use crate::sys::{self, Fault};
use crate::{guest_stack, program};

/// Exit status after a trap or an internal error.
pub const TRAP_STATUS: i32 = 134;

/// The bytes at address 0 that nothing maps: where an access through a null reference faults.
const NULL_PAGE: Range<usize> = 0..4096;

/// Called by the signal handler, on its stack. Returns only when the interrupted code may continue (true), or when
/// the process must die of the signal (false).
pub fn on_fault(fault: &mut Fault) -> bool {
    if fault.is_sent {
        return false;
    }
    let program = program::program();
    let Some(kind) = classify(fault, program, &guest_stack::guard()) else {
        report_internal_error(fault);
        return false;
    };
    #[cfg(feature = "embed")]
    if guest_stack::abandon_call(fault.context, kind) {
        return true;
    }
    report(kind, &Backtrace::at(program, fault.context, guest_stack::usable()));
    sys::exit(TRAP_STATUS)
}

/// The trap that a fault is, if it is one. `guard` is the guard of the guest stack.
fn classify(fault: &Fault, program: &Program, guard: &Range<usize>) -> Option<TrapKind> {
    if fault.is_memory_access && guard.contains(&fault.address) {
        return Some(TrapKind::CallStackExhausted);
    }
    let kind = TrapKind::from_u8(Place::find(program, fault.context.pc())?.site()?.kind)?;
    let plausible = match kind {
        _ if !fault.is_memory_access => true,
        TrapKind::MemoryOutOfBounds => memories(program).any(|memory| {
            let start = memory.base as usize;
            (start..start.saturating_add(memory.reservation as usize)).contains(&fault.address)
        }),
        TrapKind::UninitializedElement | TrapKind::NullReference => NULL_PAGE.contains(&fault.address),
        _ => false,
    };
    plausible.then_some(kind)
}

fn memories(program: &Program) -> impl Iterator<Item = &Memory> {
    program::modules(program).iter().flat_map(|module| program::memories(module)).map(|memory| {
        // SAFETY: the compiler emits pointers to memories; none changes while the handler runs.
        unsafe { &**memory }
    })
}

fn report(kind: TrapKind, backtrace: &Backtrace) {
    let mut message = Message::new();
    message.text(b"error: wasm trap: ").text(kind.message().as_bytes()).text(b"\n");
    backtrace.append_to(&mut message);
    message.send();
}

fn report_internal_error(fault: &Fault) {
    let pc = fault.context.pc();
    let mut message = Message::new();
    message.text(b"wasm2exe: internal error: signal ").decimal(fault.signal.into(), 0);
    message.text(b" at pc ").hex(pc as u64).text(b" (executable + ").hex(sys::offset_in_executable(pc) as u64);
    message.text(b") address ").hex(fault.address as u64).text(b"\n").send();
}
