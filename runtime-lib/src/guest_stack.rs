//! The stack that guest code runs on: a guard that never becomes accessible, the stack, and above it the stack of the
//! fault handlers.

use core::ffi::c_void;
use core::ops::Range;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use abi::layout::STACK_GUARD;
use abi::trap::TrapKind;

use crate::message::Message;
use crate::start::fail;
use crate::sys::{self, StackSwitch};

const GUARD: usize = STACK_GUARD as usize;

static START: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);

/// Why guest code did not return.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interruption {
    /// It trapped.
    Trap(TrapKind),
    /// It threw an exception that it did not catch.
    Exception,
}

/// Where the call that is active on the guest stack can be left; null when there is none.
static ACTIVE_CALL: AtomicPtr<StackSwitch> = AtomicPtr::new(core::ptr::null_mut());

/// Maps the guest stack of `size` bytes, and lets faults be handled from now on.
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
        if !sys::make_inaccessible(start, GUARD) {
            fail(Message::new().text(b"wasm2exe: the system refuses to protect the end of the stack"));
        }
        let end = start.add(GUARD + size);
        START.store(start.expose_provenance(), Ordering::Relaxed);
        END.store(end as usize, Ordering::Relaxed);
        sys::install_fault_handlers(end, handler_size);
    }
}

/// Addresses of the guard: an access there means that the stack is used up.
pub fn guard() -> Range<usize> {
    let start = START.load(Ordering::Relaxed);
    start..start + GUARD
}

/// Addresses of the stack proper.
pub fn usable() -> Range<usize> {
    guard().end..END.load(Ordering::Relaxed)
}

/// Calls `function(argument)` on the guest stack, from its beginning.
///
/// # Safety
/// `function` is an `extern "C" fn(*mut c_void)` for which `argument` is valid. The stack is set up, and no other call is active on it.
pub unsafe fn call(function: *const u8, argument: *mut c_void) -> Result<(), Interruption> {
    let mut switch = StackSwitch { stack_pointer: 0, pc: 0 };
    ACTIVE_CALL.store(&mut switch, Ordering::Relaxed);
    let end: *mut u8 = core::ptr::with_exposed_provenance_mut(usable().end);
    // SAFETY: the caller's promise; the end of the stack is the end of pages.
    let interruption = unsafe { sys::call_on_stack(function, argument, end, &mut switch) };
    ACTIVE_CALL.store(core::ptr::null_mut(), Ordering::Relaxed);
    match interruption {
        0 => Ok(()),
        number => Err(TrapKind::from_u8(number as u8).map_or(Interruption::Exception, Interruption::Trap)),
    }
}

/// Makes interrupted code continue as if the active call had returned with a trap. Returns false when no call is active.
#[cfg(feature = "embed")]
pub fn abandon_call(context: &mut sys::SignalContext, kind: TrapKind) -> bool {
    let switch = ACTIVE_CALL.load(Ordering::Relaxed);
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
    let switch = ACTIVE_CALL.load(Ordering::Relaxed);
    if !switch.is_null() {
        // SAFETY: as in `abandon_call`. What follows there reads neither frame pointer nor frames.
        unsafe { sys::resume((*switch).pc, (*switch).stack_pointer, 0, EXCEPTION) }
    }
}
