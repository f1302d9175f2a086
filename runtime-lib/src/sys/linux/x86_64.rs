//! x86-64: the entry point, system calls, the switch to the guest stack, the register part of a signal frame, processor
//! features.

use core::arch::x86_64::{__cpuid, _MM_HINT_T0, _mm_prefetch, CpuidResult};
use core::arch::{asm, naked_asm};
use core::ffi::c_void;

use abi::heap::Heap;
use core::sync::atomic::AtomicU32;

use linux_raw_sys::general::{
    __NR_arch_prctl, __NR_clone, __NR_exit, __NR_munmap, __NR_prctl, __NR_rt_sigreturn, SA_RESTORER,
};

use super::StackSwitch;
use super::thread::THREAD_FLAGS;

/// The kernel's `ARCH_SET_FS`.
const ARCH_SET_FS: u32 = 0x1002;

/// The relocation type that adds the load address: `R_X86_64_RELATIVE`.
pub const R_RELATIVE: u64 = 8;

/// Where the kernel enters the program. Relocates it, then starts the runtime on the initial stack.
///
/// # Safety
/// Only the kernel enters here.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",
        "mov rbx, rsp",
        "and rsp, -16",
        "mov rdi, rbx",
        ".weak _DYNAMIC",
        ".hidden _DYNAMIC",
        "lea rsi, [rip + _DYNAMIC]",
        "call {relocate}",
        "mov rdi, rbx",
        "call {start}",
        "ud2",
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
    // SAFETY: the kernel clobbers rcx, r11 and what the caller vouches for.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as usize => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            lateout("rcx") _,
            lateout("r11") _,
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
    // SAFETY: the caller's promise; the kernel clobbers rcx and r11.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") __NR_prctl as usize => result,
            in("rdi") option as usize,
            in("rsi") value,
            in("rdx") 0,
            in("r10") 0,
            in("r8") 0,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// The kernel asks for an address that handlers return to.
pub const RESTORER_FLAG: u32 = SA_RESTORER;

/// That address.
pub fn restorer() -> usize {
    signal_return as *const c_void as usize
}

#[unsafe(naked)]
unsafe extern "C" fn signal_return() {
    naked_asm!("mov eax, {number}", "syscall", number = const __NR_rt_sigreturn)
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
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rcx], rsp",
        "lea rax, [rip + 2f]",
        "mov [rcx + 8], rax",
        "mov rbx, rsp",
        "mov rsp, rdx",
        "mov r15, r8",
        "mov rax, rdi",
        "mov rdi, rsi",
        // Ends the chain of frames.
        "xor ebp, ebp",
        "call rax",
        "mov rsp, rbx",
        "xor eax, eax",
        "2:",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Tells the processor that what is at an address will be read soon.
#[inline(always)]
pub fn prefetch(address: *const u8) {
    // SAFETY: SSE is part of the architecture, and a prefetch never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
}

/// [`abi::symbols::builtin::HEAP_ALLOCATE`]: hands on where its caller stands as well.
///
/// # Safety
/// That of [`crate::heap::allocate`], called by generated code.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_heap_allocate(heap: *mut Heap, size: u64) -> u32 {
    naked_asm!("mov rdx, [rsp]", "mov rcx, rbp", "jmp {allocate}", allocate = sym crate::heap::allocate)
}

/// [`abi::symbols::builtin::THROW`]: hands over the parameters, where it was called, the caller's frame, and the register that generated
/// code never changes.
///
/// # Safety
/// Only generated code calls it, by its own convention.
#[unsafe(naked)]
#[cfg_attr(not(test), unsafe(no_mangle))]
pub unsafe extern "C" fn w2e_throw() -> ! {
    naked_asm!("mov rdx, [rsp]", "mov rcx, rbp", "mov r8, r15", "jmp {throw}", throw = sym crate::exception::throw)
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
            "mov rsp, rsi",
            "mov rbp, rdi",
            "jmp rcx",
            in("rcx") code,
            in("rsi") stack_pointer,
            in("rdi") frame_pointer,
            in("r15") pinned,
            in("rax") results[0],
            in("rdx") results[1],
            options(noreturn),
        )
    }
}

/// Where [`set_thread_pointer`] points to.
pub fn thread_pointer() -> *mut u8 {
    let pointer;
    // SAFETY: it points to a structure that begins with its own address.
    unsafe { asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, readonly, pure, preserves_flags)) };
    pointer
}

/// Makes the running thread's pointer point to a structure.
///
/// # Safety
/// The structure begins with its own address and lasts as long as the thread.
pub unsafe fn set_thread_pointer(pointer: *const u8) {
    // SAFETY: nothing else uses the register, as there is no C library and no thread-local variable.
    unsafe { system_call(__NR_arch_prctl, [ARCH_SET_FS as usize, pointer as usize, 0, 0]) };
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
        "mov [rdx - 8], rdi",
        "mov [rdx - 16], rsi",
        "lea rsi, [rdx - 16]",
        "mov r10, r8",
        "mov r8, rcx",
        "xor edx, edx",
        "mov edi, {flags}",
        "mov eax, {number}",
        "syscall",
        "test eax, eax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "pop rdi",
        "pop rax",
        "call rax",
        "ud2",
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
            "syscall",
            "xor edi, edi",
            "mov eax, {exit}",
            "syscall",
            "ud2",
            exit = const __NR_exit,
            in("rax") __NR_munmap as usize,
            in("rdi") start,
            in("rsi") len,
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
    r8_to_rsi: [u64; 10],
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rax: u64,
    rcx: u64,
    rsp: u64,
    rip: u64,
    rflags: u64,
}

impl SignalContext {
    /// Address of the interrupted instruction.
    pub fn pc(&self) -> usize {
        self.rip as usize
    }

    /// Return address and frame pointer of the caller of the interrupted function, of which `code_offset` bytes lie before
    /// the program counter; `read` loads a word of the stack.
    pub fn caller(
        &self,
        code_offset: usize,
        has_frame: bool,
        read: &dyn Fn(usize) -> Option<usize>,
    ) -> Option<(usize, usize)> {
        const PUSH_RBP: usize = 1;
        let (rsp, rbp) = (self.rsp as usize, self.rbp as usize);
        if !has_frame || code_offset == 0 {
            Some((read(rsp)?, rbp))
        } else if code_offset == PUSH_RBP {
            Some((read(rsp + 8)?, rbp))
        } else {
            super::frame(rbp, read)
        }
    }

    /// Makes the interrupted code continue at `switch`, with `result` in the first result register.
    #[cfg(feature = "embed")]
    pub fn resume(&mut self, switch: &StackSwitch, result: u64) {
        const DIRECTION_FLAG: u64 = 1 << 10;
        self.rip = switch.pc as u64;
        self.rsp = switch.stack_pointer as u64;
        self.rax = result;
        self.rflags &= !DIRECTION_FLAG;
    }

    /// A context for tests: registers that are not named are zero.
    #[cfg(test)]
    pub fn for_test(pc: usize, stack_pointer: usize, frame_pointer: usize) -> SignalContext {
        // SAFETY: all fields are numbers, or a pointer that may be null.
        let mut context: SignalContext = unsafe { core::mem::zeroed() };
        context.rip = pc as u64;
        context.rsp = stack_pointer as u64;
        context.rbp = frame_pointer as u64;
        context
    }
}

/// What the processor and the operating system support of [`abi::layout::cpu`].
#[cold]
pub fn cpu_features() -> u64 {
    use abi::layout::cpu::*;
    let highest = __cpuid(0).eax;
    let basic = __cpuid(1);
    let structured = if highest >= 7 { __cpuid(7) } else { NONE };
    let extended = if __cpuid(0x8000_0000).eax >= 0x8000_0001 { __cpuid(0x8000_0001) } else { NONE };

    const OSXSAVE: u32 = 1 << 27;
    const AVX_STATE: u64 = 0x6;
    const AVX512_STATE: u64 = 0xe6;
    let saved = if basic.ecx & OSXSAVE != 0 { saved_state() } else { 0 };
    let avx = saved & AVX_STATE == AVX_STATE;
    let avx512 = saved & AVX512_STATE == AVX512_STATE;

    let facts = [
        (SSE3, basic.ecx, 0, true),
        (SSSE3, basic.ecx, 9, true),
        (SSE41, basic.ecx, 19, true),
        (SSE42, basic.ecx, 20, true),
        (POPCNT, basic.ecx, 23, true),
        (AVX, basic.ecx, 28, avx),
        (AVX2, structured.ebx, 5, avx),
        (FMA, basic.ecx, 12, avx),
        (BMI1, structured.ebx, 3, true),
        (BMI2, structured.ebx, 8, true),
        (LZCNT, extended.ecx, 5, true),
        (AVX512F, structured.ebx, 16, avx512),
        (AVX512VL, structured.ebx, 31, avx512),
        (AVX512DQ, structured.ebx, 17, avx512),
        (AVX512VBMI, structured.ecx, 1, avx512),
        (AVX512BITALG, structured.ecx, 12, avx512),
        (CX16, basic.ecx, 13, true),
    ];
    let mut features = 0;
    for (feature, register, bit, saved) in facts {
        if saved && register >> bit & 1 != 0 {
            features |= feature;
        }
    }
    features
}

const NONE: CpuidResult = CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/// The register sets that the operating system saves: XCR0.
fn saved_state() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: CPUID.1:ECX.OSXSAVE is set, so the instruction exists and user code may execute it.
    unsafe { asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack)) };
    u64::from(high) << 32 | u64::from(low)
}
