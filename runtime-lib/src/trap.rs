//! Faults: which of them are traps of the guest, and what happens then. Everything else is a defect of this product or of the
//! machine, and says so.

use core::ops::Range;

use abi::heap::NULL_GUARD;
use abi::layout::{MEMORY_CHECKED, MEMORY_FIXED, Memory, Module, Program};
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
    report(kind, Backtrace::at(program, fault.context, guest_stack::usable()));
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
        TrapKind::MemoryOutOfBounds => memories(program).any(|memory| may_fault(memory, fault.address)),
        TrapKind::UninitializedElement => NULL_PAGE.contains(&fault.address),
        TrapKind::NullReference => NULL_PAGE.contains(&fault.address) || heap_guard(program).contains(&fault.address),
        _ => false,
    };
    plausible.then_some(kind)
}

/// The bytes that a null reference to an object stands for.
fn heap_guard(program: &Program) -> Range<usize> {
    let heap = program::heap(program);
    if heap.is_null() {
        return 0..0;
    }
    // SAFETY: the compiler emits the address of a heap, whose base does not change after start.
    let start = unsafe { (*heap).base } as usize;
    start..start + NULL_GUARD as usize
}

/// Whether an access of this memory out of bounds can fault at an address: within its reservation, or at null if its accesses are
/// checked. Below the fixed place nothing is mapped, and generated code relies on that.
fn may_fault(memory: &Memory, address: usize) -> bool {
    let start = if memory.flags & MEMORY_FIXED != 0 { 0 } else { memory.base as usize };
    match memory.flags & MEMORY_CHECKED {
        0 => (start..(memory.base as usize).saturating_add(memory.reservation as usize)).contains(&address),
        _ => NULL_PAGE.contains(&address),
    }
}

fn memories<'a>(program: &'a Program) -> impl Iterator<Item = &'a Memory> {
    let memories = |module: &'a &Module| {
        // SAFETY: the compiler emits pointers to memories; none moves while the handler runs.
        program::memories(module).iter().map(|memory| unsafe { &*program::local(module, *memory) })
    };
    program::modules(program).iter().flat_map(memories)
}

fn report(kind: TrapKind, backtrace: Backtrace) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::SignalContext;
    use crate::test_program::{MEMORY, TEXT, test_program};

    const GUARD: Range<usize> = 0x6000_0000..0x6004_0000;

    fn kind(is_memory_access: bool, pc: usize, address: usize) -> Option<TrapKind> {
        let mut context = SignalContext::for_test(pc, 0, 0);
        let fault = Fault { signal: 0, is_memory_access, is_sent: false, address, context: &mut context };
        classify(&fault, test_program(), &GUARD)
    }

    #[test]
    fn memory_faults_need_a_site_and_a_memory() {
        let trap = Some(TrapKind::MemoryOutOfBounds);
        for site in [TEXT[0] + 0x20, TEXT[1] + 0x114] {
            assert_eq!(kind(true, site, MEMORY.start), trap);
            assert_eq!(kind(true, site, MEMORY.end - 1), trap);
            assert_eq!(kind(true, site, MEMORY.end), None);
            assert_eq!(kind(true, site, MEMORY.start - 1), None);
            assert_eq!(kind(true, site, 0), None);
            assert_eq!(kind(true, site, usize::MAX), None);
            assert_eq!(kind(true, site + 1, MEMORY.start), None);
        }
        // A call site is no trap, nor is a place outside guest code.
        assert_eq!(kind(true, TEXT[0] + 0x88, MEMORY.start), None);
        assert_eq!(kind(true, 0x4000_0000, MEMORY.start), None);
    }

    #[test]
    fn checked_accesses_fault_at_null() {
        let base = core::ptr::without_provenance_mut(MEMORY.start);
        let mut memory = Memory {
            base,
            byte_length: 0,
            min_byte_length: 0,
            max_byte_length: 0,
            page_size_log2: 16,
            flags: 0,
            reservation: 4096,
            images: core::ptr::null(),
            image_count: 0,
        };
        let plausible = |memory: &Memory| [0, 4095, 4096, MEMORY.start].map(|address| may_fault(memory, address));
        assert_eq!(plausible(&memory), [false, false, false, true]);
        memory.flags = MEMORY_CHECKED;
        assert_eq!(plausible(&memory), [true, true, false, false]);
        memory.flags = MEMORY_FIXED;
        assert_eq!(plausible(&memory), [true, true, true, true]);
        assert!(!may_fault(&memory, MEMORY.start + 4096));
    }

    #[test]
    fn null_references_fault_in_the_first_page() {
        let trap = Some(TrapKind::UninitializedElement);
        assert_eq!(kind(true, TEXT[1] + 0x108, 8), trap);
        assert_eq!(kind(true, TEXT[1] + 0x108, 4096), None);
        assert_eq!(kind(true, TEXT[1] + 0x108, MEMORY.start), None);
    }

    #[test]
    fn instructions_trap_at_their_sites() {
        assert_eq!(kind(false, TEXT[1] + 0x10c, 0), Some(TrapKind::IntegerDivideByZero));
        assert_eq!(kind(false, TEXT[0] + 0x10, 0), Some(TrapKind::Unreachable));
        assert_eq!(kind(false, TEXT[1] + 0x10d, 0), None);
        // A division does not access memory.
        assert_eq!(kind(true, TEXT[1] + 0x10c, MEMORY.start), None);
    }

    #[test]
    fn the_guard_means_exhaustion_wherever_the_code_is() {
        let trap = Some(TrapKind::CallStackExhausted);
        for pc in [TEXT[0], TEXT[0] + 0x20, 0x4000_0000] {
            assert_eq!(kind(true, pc, GUARD.start), trap);
            assert_eq!(kind(true, pc, GUARD.end - 1), trap);
            assert_eq!(kind(true, pc, GUARD.end), None);
        }
        assert_eq!(kind(false, 0x4000_0000, GUARD.start), None);
    }
}
