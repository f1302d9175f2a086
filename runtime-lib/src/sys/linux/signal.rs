//! Signals: the handlers of faults, which run on a stack of their own.

use core::ffi::c_void;

use linux_raw_sys::auxvec::AT_MINSIGSTKSZ;
use linux_raw_sys::general::{
    __NR_getpid, __NR_gettid, __NR_rt_sigaction, __NR_sigaltstack, __NR_tgkill, SA_ONSTACK, SA_SIGINFO, SIGBUS,
    SIGPIPE, SIGSEGV,
};

use super::arch::{self, SignalContext};
use super::auxiliary;

/// A signal that an instruction of this program caused, or that somebody sent.
pub struct Fault<'a> {
    /// Its number.
    pub signal: u32,
    /// It is a memory access that failed; otherwise an instruction.
    pub is_memory_access: bool,
    /// Somebody sent it, no instruction caused it.
    pub is_sent: bool,
    /// Of a memory access, the address.
    pub address: usize,
    /// The interrupted code.
    pub context: &'a mut SignalContext,
}

/// The kernel's `sigaction`.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// The kernel's `siginfo`, as far as needed.
#[repr(C)]
pub(super) struct SignalInfo {
    number: i32,
    error: i32,
    /// Where the signal comes from.
    pub code: i32,
    padding: i32,
    address: usize,
}

/// The kernel's `stack_t`.
#[repr(C)]
struct SignalStack {
    start: *mut u8,
    flags: i32,
    len: usize,
}

const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;

/// Bytes that a handler needs on its stack, besides the registers that the kernel saves there.
const HANDLER_STACK: usize = 16 << 10;
/// Bytes of saved registers if the kernel does not say.
const DEFAULT_FRAME: usize = 8 << 10;

/// Size of the stack for handlers, before rounding.
pub fn signal_stack_size() -> usize {
    HANDLER_STACK + auxiliary::value(AT_MINSIGSTKSZ).unwrap_or(DEFAULT_FRAME)
}

/// From now on `trap::on_fault` decides about faults, on the given stack. A closed pipe is an error of the write, not a
/// signal.
///
/// # Safety
/// The stack is readable and writable and stays so; nobody else uses it.
pub unsafe fn install_fault_handlers(stack: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { set_handler_stack(stack, len) };
    for signal in abi::system_calls::FAULTS {
        set_action(signal, handle as *const c_void as usize);
    }
    set_action(SIGPIPE, SIG_IGN);
}

/// The running thread's handlers use the given stack from now on.
///
/// # Safety
/// As for [`install_fault_handlers`].
pub unsafe fn set_handler_stack(stack: *mut u8, len: usize) {
    let stack = SignalStack { start: stack, flags: 0, len };
    // SAFETY: the kernel reads a structure of its own layout; the stack is the caller's promise.
    unsafe { arch::system_call(__NR_sigaltstack, [&raw const stack as usize, 0, 0, 0]) };
}

/// From now on a signal is handled by a function that gets the signal, the kernel's `siginfo` and its `ucontext`, on the stack for
/// handlers; or in one of the kernel's own ways.
pub(super) fn set_action(signal: u32, handler: usize) {
    let action = Action {
        handler,
        flags: (SA_SIGINFO | SA_ONSTACK | arch::RESTORER_FLAG) as usize,
        restorer: arch::restorer(),
        mask: 0,
    };
    let action = &raw const action as usize;
    // SAFETY: the kernel reads a structure of its own layout, whose handler fits its flags.
    unsafe { arch::system_call(__NR_rt_sigaction, [signal as usize, action, 0, size_of::<u64>()]) };
}

extern "C" fn handle(signal: i32, info: &SignalInfo, context: &mut SignalContext) {
    let signal = signal as u32;
    let mut fault = Fault {
        signal,
        is_memory_access: signal == SIGSEGV || signal == SIGBUS,
        is_sent: info.code <= 0,
        address: info.address,
        context,
    };
    if !crate::trap::on_fault(&mut fault) {
        die_of(signal);
    }
}

/// Makes the process die of a signal when the handler returns: it is blocked until then, so that a core dump shows the
/// interrupted code.
pub(super) fn die_of(signal: u32) {
    set_action(signal, SIG_DFL);
    // SAFETY: these system calls take numbers.
    unsafe {
        let process = arch::system_call(__NR_getpid, [0; 4]) as usize;
        let thread = arch::system_call(__NR_gettid, [0; 4]) as usize;
        arch::system_call(__NR_tgkill, [process, thread, signal as usize, 0]);
    }
}
