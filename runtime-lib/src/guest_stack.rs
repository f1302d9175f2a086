//! The stack that guest code runs on: a guard that never becomes accessible, the stack, and above it the stack of the
//! fault handlers.

use core::ffi::c_void;
use core::ops::Range;
use core::sync::atomic::Ordering;

use abi::layout::STACK_GUARD;
use abi::trap::TrapKind;

use crate::message::Message;
use crate::start::fail;
use crate::sys::{self, StackSwitch};
use crate::thread::{self, Thread};

const GUARD: usize = STACK_GUARD as usize;

/// Why guest code did not return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interruption {
    /// It trapped.
    Trap(TrapKind),
    /// It threw an exception that it did not catch.
    Exception,
}

/// Maps the first thread's guest stack of `size` bytes, and lets faults be handled from now on.
pub fn set_up(size: usize) {
    let handler_size = sys::signal_stack_size();
    let whole = GUARD.checked_add(size).and_then(|len| len.checked_add(handler_size));
    let Some(start) = whole.and_then(|len| sys::allocate(len, true)) else {
        let mut message = Message::new();
        message.text(b"wasm2exe: the system refuses a stack of ").decimal(size as u64, 0);
        fail(message.text(b" bytes; raise the limit (ulimit -v)"));
    };
    // SAFETY: the mapping is new, and these are its parts.
    unsafe {
        let Some(end) = place(thread::current(), start, size) else {
            fail(Message::new().text(b"wasm2exe: the system refuses to protect the end of the stack"));
        };
        sys::install_fault_handlers(end, handler_size);
    }
}

/// Makes the beginning of a mapping the guest stack of a thread, of `size` bytes after the guard; gives its end, where the stack of
/// the fault handlers may begin. `None` when the system refuses the guard.
///
/// # Safety
/// Nobody else uses the mapping, which lasts as long as the thread.
pub unsafe fn place(thread: &Thread, start: *mut u8, size: usize) -> Option<*mut u8> {
    // SAFETY: the caller's promise.
    if !unsafe { sys::make_inaccessible(start, GUARD) } {
        return None;
    }
    let end = start.wrapping_add(GUARD + size);
    thread.stack_start.store(start.expose_provenance(), Ordering::Relaxed);
    thread.stack_end.store(end as usize, Ordering::Relaxed);
    Some(end)
}

/// Addresses of the running thread's guard: an access there means that the stack is used up.
pub fn guard() -> Range<usize> {
    let start = thread::current().stack_start.load(Ordering::Relaxed);
    start..start + GUARD
}

/// Addresses of the running thread's stack proper.
pub fn usable() -> Range<usize> {
    guard().end..thread::current().stack_end.load(Ordering::Relaxed)
}

/// Calls `function(argument)` on the guest stack, from its beginning.
///
/// # Safety
/// `function` is an `extern "C" fn(*mut c_void)` for which `argument` is valid. The stack is set up, and no other call is active on it.
pub unsafe fn call(function: *const u8, argument: *mut c_void) -> Result<(), Interruption> {
    let mut switch = StackSwitch { stack_pointer: 0, pc: 0 };
    let thread = thread::current();
    thread.active_call.store(&mut switch, Ordering::Relaxed);
    let instance = thread.instance.load(Ordering::Relaxed);
    let end: *mut u8 = core::ptr::with_exposed_provenance_mut(usable().end);
    // SAFETY: the caller's promise; the end of the stack is the end of pages.
    let interruption = unsafe { sys::call_on_stack(function, argument, end, &mut switch, instance) };
    thread.active_call.store(core::ptr::null_mut(), Ordering::Relaxed);
    match interruption {
        0 => Ok(()),
        number => Err(TrapKind::from_u8(number as u8).map_or(Interruption::Exception, Interruption::Trap)),
    }
}

/// Makes interrupted code continue as if the active call had returned with a trap. Returns false when no call is active.
#[cfg(feature = "embed")]
pub fn abandon_call(context: &mut sys::SignalContext, kind: TrapKind) -> bool {
    let switch = thread::current().active_call.load(Ordering::Relaxed);
    if switch.is_null() {
        return false;
    }
    // SAFETY: a call is active, so its frame, which holds the switch, exists; only `call_on_stack` wrote to it.
    context.resume(unsafe { &*switch }, kind as u64);
    true
}

/// Goes on as if the active call had returned with an exception. Returns when no call is active.
#[cfg(feature = "embed")]
pub fn leave_call() {
    /// No trap has this number.
    const EXCEPTION: u64 = 1 << 8;
    let switch = thread::current().active_call.load(Ordering::Relaxed);
    if !switch.is_null() {
        // SAFETY: as in `abandon_call`. What follows there reads neither frame pointer nor frames.
        unsafe { sys::resume((*switch).pc, (*switch).stack_pointer, 0, 0, [EXCEPTION, 0]) }
    }
}
