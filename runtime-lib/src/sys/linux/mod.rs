//! Linux, by system calls alone. `x86_64` and `aarch64` hold what differs between processors.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod arch;
mod auxiliary;
mod confinement;
mod file;
mod futex;
mod mapping;
mod relocate;
mod signal;
mod thread;
mod timer;

pub use arch::{
    _start, SignalContext, call_on_stack, cpu_features, end_thread, prefetch, resume, set_thread_pointer, start_thread,
    thread_pointer, w2e_throw,
};
pub use auxiliary::{is_privileged, page_aligned, page_size};
pub use confinement::{
    PathRules, filter_system_calls, forbid_executable_memory, forbid_new_privileges, seal_executable,
};
pub use file::{
    BeneathError, DirectoryEntry, IoVector, MAX_VECTORS, ReceiveFlags, Transfer, directory_entry, open_beneath, random,
    read_directory, receive, send, transfer,
};
pub use futex::{wait_while_equal, wake_one};
pub use mapping::{
    ReserveError, allocate, discard, make_accessible, make_inaccessible, move_into_place, release, reserve, reserve_at,
    resize,
};
pub use signal::{Fault, install_fault_handlers, set_handler_stack, signal_stack_size};
pub use timer::start_timer;

use linux_raw_sys::general::{__NR_exit_group, __NR_write};

/// Where [`call_on_stack`] may be left.
#[repr(C)]
pub struct StackSwitch {
    /// The stack pointer of the caller's stack.
    pub stack_pointer: usize,
    /// The address to continue at.
    pub pc: usize,
}

/// Ends the process with all its threads.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: the system call takes a number and does not return.
        unsafe { arch::system_call(__NR_exit_group, [status as usize, 0, 0, 0]) };
    }
}

/// How far an address is from the first byte of the executable, which is where a disassembly starts to count.
pub fn offset_in_executable(address: usize) -> usize {
    address.wrapping_sub(executable_start())
}

/// Where the first byte of the executable is.
fn executable_start() -> usize {
    unsafe extern "C" {
        /// The linker defines it: the ELF header.
        static __ehdr_start: u8;
    }
    (&raw const __ehdr_start).addr()
}

/// Writes to standard error as far as possible; there is nobody to tell about a failure.
pub fn write_error(text: &[u8]) {
    const STDERR: usize = 2;
    write_all(STDERR, text);
}

/// Writes to standard output. Returns whether everything could be written.
pub fn write_output(text: &[u8]) -> bool {
    const STDOUT: usize = 1;
    write_all(STDOUT, text)
}

fn write_all(descriptor: usize, mut text: &[u8]) -> bool {
    const EINTR: isize = -(linux_raw_sys::errno::EINTR as isize);
    while !text.is_empty() {
        // SAFETY: the kernel reads the bytes of the slice.
        let written = unsafe { arch::system_call(__NR_write, [descriptor, text.as_ptr() as usize, text.len(), 0]) };
        match written {
            EINTR => {}
            1.. => text = text.get(written as usize..).unwrap_or_default(),
            _ => return false,
        }
    }
    true
}

/// Start-up after relocation, on the initial stack that the kernel laid out: argument count, arguments, null, environment,
/// null, auxiliary vector.
///
/// # Safety
/// `stack` is the initial stack pointer.
unsafe extern "C" fn start(stack: *const usize) -> ! {
    // SAFETY: the layout is the kernel's promise; the process keeps it untouched until it ends.
    unsafe {
        let count = *stack;
        let arguments = stack.add(1).cast();
        let environment = stack.add(count + 2);
        auxiliary::init(environment);
        crate::process::set_arguments(count, arguments, environment.cast());
    }
    crate::start::start()
}

/// Return address and frame pointer of the caller, from the frame that `frame_pointer` points to; the same on all
/// architectures.
fn frame(frame_pointer: usize, read: &dyn Fn(usize) -> Option<usize>) -> Option<(usize, usize)> {
    Some((read(frame_pointer.checked_add(size_of::<usize>())?)?, read(frame_pointer)?))
}
