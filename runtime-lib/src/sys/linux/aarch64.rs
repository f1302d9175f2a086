//! aarch64: the entry point, system calls, the switch to the guest stack, the register part of a signal frame, processor
//! features.

use core::arch::{asm, naked_asm};
use core::ffi::c_void;

use abi::heap::Heap;

use core::sync::atomic::AtomicU32;

use linux_raw_sys::general::{__NR_clone, __NR_exit, __NR_munmap, __NR_prctl};

use super::StackSwitch;
use super::thread::THREAD_FLAGS;

/// The relocation type that adds the load address: `R_AARCH64_RELATIVE`.
pub const R_RELATIVE: u64 = 1027;

/// Where the kernel enters the program. Relocates it, then starts the runtime on the initial stack.
///
/// # Safety
/// Only the kernel enters here.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "mov x29, #0",
        "mov x30, #0",
        "mov x19, sp",
        "mov x0, sp",
        ".weak _DYNAMIC",
        ".hidden _DYNAMIC",
        "adrp x1, _DYNAMIC",
        "add x1, x1, :lo12:_DYNAMIC",
        "bl {relocate}",
        "mov x0, x19",
        "bl {start}",
        "udf #0",
        relocate = sym super::relocate::relocate,
        start = sym super::start,
    )
}

/// A system call with up to four arguments, for those that rustix keeps to itself.
///
/// # Safety
/// That of the system call.
#[inline]
pub unsafe fn system_call(number: u32, arguments: [usize; 4]) -> isize {
    let result;
    // SAFETY: the kernel changes x0 and what the caller vouches for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number as usize,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            options(nostack),
        );
    }
    result
}

/// The system call `prctl` with one value; its other arguments must be 0.
///
/// # Safety
/// That of the option.
pub unsafe fn prctl(option: u32, value: usize) -> isize {
    let result;
    // SAFETY: the caller's promise; the kernel changes x0.
    unsafe {
        asm!(
            "svc #0",
            in("x8") __NR_prctl as usize,
            inlateout("x0") option as usize => result,
            in("x1") value,
            in("x2") 0,
            in("x3") 0,
            in("x4") 0,
            options(nostack),
        );
    }
    result
}

/// The kernel returns from handlers by itself, through the vDSO.
pub const RESTORER_FLAG: u32 = 0;

/// No address.
pub fn restorer() -> usize {
    0
}

/// Calls `function(argument)` on the stack that ends at `stack_end`, with `instance` in the register that generated code keeps for
/// it. Returns 0 when the function does. Meanwhile `switch`
/// holds where a signal handler may continue to abandon the call: with the stack pointer and the program counter
/// from there and a number in the first result register, that number is returned.
///
/// # Safety
/// `function` is an `extern "C" fn(*mut c_void)` for which `argument` is valid, `stack_end` is the 16-byte aligned end of a stack
/// that nobody uses.
#[unsafe(naked)]
pub unsafe extern "C" fn call_on_stack(
    function: *const u8,
    argument: *mut c_void,
    stack_end: *mut u8,
    switch: *mut StackSwitch,
    instance: *mut u8,
) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, #-160]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x19, sp",
        "adr x9, 2f",
        "stp x19, x9, [x3]",
        "mov x9, x0",
        "mov x0, x1",
        "mov sp, x2",
        "mov x21, x4",
        // Ends the chain of frames.
        "mov x29, #0",
        "blr x9",
        "mov sp, x19",
        "mov x0, #0",
        "2:",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}

/// Tells the processor that what is at an address will be read soon.
#[inline(always)]
pub fn prefetch(address: *const u8) {
    // SAFETY: a prefetch never faults.
    unsafe { asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly)) }
}

/// [`abi::symbols::builtin::HEAP_ALLOCATE`]: hands on where its caller stands as well.
///
/// # Safety
/// That of [`crate::heap::allocate`], called by generated code.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_allocate(heap: *mut Heap, size: u64) -> u32 {
    naked_asm!("mov x2, x30", "mov x3, x29", "b {allocate}", allocate = sym crate::heap::allocate)
}

/// [`abi::symbols::builtin::THROW`]: hands over the parameters, where it was called, the caller's frame, and the register that generated
/// code never changes.
///
/// # Safety
/// Only generated code calls it, by its own convention, whose parameters begin with x2.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn w2e_throw() -> ! {
    naked_asm!(
        "mov x0, x2",
        "mov x1, x3",
        "mov x2, x30",
        "mov x3, x29",
        "mov x4, x21",
        "b {throw}",
        throw = sym crate::exception::throw,
    )
}

/// Leaves all frames below `stack_pointer`, and goes on at `code` with numbers in the two first result registers, and `pinned` in the
/// register that generated code never changes.
///
/// # Safety
/// That code expects these registers, and nothing of the frames that are left matters.
pub unsafe fn resume(code: usize, stack_pointer: usize, frame_pointer: usize, pinned: usize, results: [u64; 2]) -> ! {
    // SAFETY: the caller's promise.
    unsafe {
        asm!(
            // Named registers: any could be the frame pointer.
            "mov sp, x2",
            "mov x29, x3",
            "br x4",
            in("x4") code,
            in("x2") stack_pointer,
            in("x3") frame_pointer,
            in("x21") pinned,
            in("x0") results[0],
            in("x1") results[1],
            options(noreturn),
        )
    }
}

/// Where [`set_thread_pointer`] points to.
pub fn thread_pointer() -> *mut u8 {
    let pointer;
    // SAFETY: the register is readable, and belongs to the program.
    unsafe { asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, nomem, pure, preserves_flags)) };
    pointer
}

/// Makes the running thread's pointer point to a structure.
///
/// # Safety
/// The structure begins with its own address and lasts as long as the thread.
pub unsafe fn set_thread_pointer(pointer: *const u8) {
    // SAFETY: nothing else uses the register, as there is no C library and no thread-local variable.
    unsafe { asm!("msr tpidr_el0, {}", in(reg) pointer, options(nostack, nomem, preserves_flags)) };
}

/// Starts a thread that calls `entry(argument)` on the stack that ends at `stack_end`; gives its number, or a negated error.
/// Its thread pointer is `pointer`; the kernel stores its number at `number` before it runs.
///
/// # Safety
/// `entry` does not return and `argument` is valid for it; `stack_end` is the 16-byte aligned end of a stack that nobody uses; the
/// pointer is as for [`set_thread_pointer`].
#[unsafe(naked)]
pub unsafe extern "C" fn start_thread(
    entry: extern "C" fn(*mut c_void) -> !,
    argument: *mut c_void,
    stack_end: *mut u8,
    pointer: *const u8,
    number: *const AtomicU32,
) -> isize {
    naked_asm!(
        "stp x0, x1, [x2, #-16]!",
        "mov x1, x2",
        "mov x2, #0",
        "movz x0, #({flags} & 0xffff)",
        "movk x0, #({flags} >> 16), lsl #16",
        "mov x8, #{number}",
        "svc #0",
        "cbz x0, 2f",
        "ret",
        "2:",
        "mov x29, #0",
        "mov x30, #0",
        "ldp x1, x0, [sp], #16",
        "blr x1",
        "udf #0",
        flags = const THREAD_FLAGS,
        number = const __NR_clone,
    )
}

/// Unmaps memory, the running thread's stack included, and ends the thread.
///
/// # Safety
/// `len` bytes at `start` are a mapping that nobody else uses.
pub unsafe fn end_thread(start: *mut u8, len: usize) -> ! {
    // SAFETY: the caller's promise; from the first instruction on the stack is not used.
    unsafe {
        asm!(
            "svc #0",
            "mov x0, #0",
            "mov x8, #{exit}",
            "svc #0",
            "udf #0",
            exit = const __NR_exit,
            in("x8") __NR_munmap as usize,
            in("x0") start,
            in("x1") len,
            options(noreturn),
        )
    }
}

/// The signal frame's `ucontext`, as far as the runtime looks into it.
#[repr(C)]
pub struct SignalContext {
    flags: u64,
    link: *mut SignalContext,
    stack: [u64; 3],
    /// The mask, and room for a larger one.
    mask: [u64; 16],
    padding: u64,
    fault_address: u64,
    x: [u64; 31],
    sp: u64,
    pc: u64,
}

impl SignalContext {
    /// Address of the interrupted instruction.
    pub fn pc(&self) -> usize {
        self.pc as usize
    }

    /// Return address and frame pointer of the caller of the interrupted function, of which `code_offset` bytes lie before
    /// the program counter; `read` loads a word of the stack.
    pub fn caller(
        &self,
        code_offset: usize,
        has_frame: bool,
        read: &dyn Fn(usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        /// `stp x29, x30, [sp, #-16]!` and `mov x29, sp`.
        const PROLOGUE: usize = 8;
        let (frame_pointer, link_register) = (self.x[29] as usize, self.x[30] as usize);
        if !has_frame || code_offset < PROLOGUE {
            Some((link_register, frame_pointer))
        } else {
            super::frame(frame_pointer, read)
        }
    }

    /// Makes the interrupted code continue at `switch`, with `result` in the first result register.
    #[cfg(feature = "embed")]
    pub fn resume(&mut self, switch: &StackSwitch, result: u64) {
        self.pc = switch.pc as u64;
        self.sp = switch.stack_pointer as u64;
        self.x[0] = result;
    }

    /// A context for tests: registers that are not named are zero.
    #[cfg(test)]
    pub fn for_test(pc: usize, stack_pointer: usize, frame_pointer: usize) -> SignalContext {
        // SAFETY: all fields are numbers, or a pointer that may be null.
        let mut context: SignalContext = unsafe { core::mem::zeroed() };
        context.pc = pc as u64;
        context.sp = stack_pointer as u64;
        context.x[29] = frame_pointer as u64;
        context
    }
}

/// What the processor and the operating system support of [`abi::layout::cpu`], which names nothing here: generated
/// code keeps to the baseline.
#[cold]
pub fn cpu_features() -> u64 {
    0
}
