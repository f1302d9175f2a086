//! wasi-threads: how threads are started and ended.
//!
//! A thread's memory is one mapping: the guard of its guest stack, that stack, the stack of its fault handlers, the stack of the
//! runtime's own code, what the runtime keeps of it, and its instance.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use abi::layout::{Export, Memory, Program, STACK_GUARD};

use super::{Thread, instance};
use crate::message::Message;
use crate::start::{self, fail};
use crate::{guest_stack, program, sys};

/// Bytes of stack for the runtime's own code of a thread, which does little.
const OWN_STACK: usize = 16 << 10;

const ALIGNMENT: usize = 16;

/// A thread that was started.
#[repr(C)]
struct Spawned {
    thread: Thread,
    /// The system's number of the thread: unique as long as it runs, and below 2^22.
    number: AtomicU32,
    /// What its first function is called with.
    argument: u32,
    /// The mapping.
    start: *mut u8,
    len: usize,
    /// The stack of its fault handlers.
    handler_stack: *mut u8,
    handler_stack_len: usize,
}

/// Gives the first thread its instance, or ends the process with a message.
pub fn set_up_first(program: &'static Program, thread: &Thread) {
    // SAFETY: the compiler emits the structure in programs that start threads.
    let size = unsafe { (*program.threads).instance_size } as usize;
    let Some(data) = sys::allocate(size.max(1), true) else {
        let mut message = Message::new();
        message.text(b"wasm2exe: the system refuses ").decimal(size as u64, 0);
        fail(message.text(b" bytes for globals and tables; raise the limit (ulimit -v)"));
    };
    // SAFETY: the mapping is new and large enough.
    unsafe { instance::fill(program, data) };
    thread.instance.store(data, Ordering::Relaxed);
}

/// `wasi` `thread-spawn`: starts a thread in an instance of its own. Returns its number, or the negated `errno::again`.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_thread_spawn(_memory: *const Memory, argument: u32) -> i32 {
    const AGAIN: i32 = 6;
    spawn(program::program(), argument).unwrap_or(-AGAIN)
}

/// Starts a thread and gives its number; `None` when the system or the program lacks something for it.
fn spawn(program: &'static Program, argument: u32) -> Option<i32> {
    // SAFETY: only programs with this structure import the function that calls this one.
    let threads = unsafe { &*program.threads };
    if threads.entry.is_null() {
        return None;
    }
    let spawned = map(program, threads.instance_size as usize, argument)?;
    // SAFETY: the mapping was made just now, and nobody else knows it.
    unsafe {
        let instance = (*spawned).thread.instance.load(Ordering::Relaxed);
        instance::fill(program, instance);
        if instance::set_up(program, instance) {
            let pointer = (*spawned).thread.identify().cast();
            let number = sys::start_thread(run, spawned.cast(), spawned.cast(), pointer, &raw const (*spawned).number);
            // A thread that was started may have ended already, and its memory with it.
            if number > 0 {
                return i32::try_from(number).ok();
            }
            instance::release(program, instance);
        }
        sys::release((*spawned).start, (*spawned).len);
    }
    None
}

/// Maps a thread's memory, and gives what lies at the end of its own stack.
fn map(program: &Program, instance_size: usize, argument: u32) -> Option<*mut Spawned> {
    let stack = STACK_GUARD as usize + program.stack_size as usize;
    let handler_stack_len = sys::signal_stack_size().next_multiple_of(ALIGNMENT);
    let before = handler_stack_len + OWN_STACK;
    let structure = size_of::<Spawned>().next_multiple_of(ALIGNMENT);
    let len = sys::page_aligned(stack.checked_add(before + structure)?.checked_add(instance_size)?)?;
    let start = sys::allocate(len, true)?;
    let thread = Thread::new();
    // SAFETY: the mapping is new, has room for all, and lasts as long as the thread.
    unsafe {
        let Some(handler_stack) = guest_stack::place(&thread, start, program.stack_size as usize) else {
            sys::release(start, len);
            return None;
        };
        let spawned = handler_stack.add(before).cast::<Spawned>();
        thread.instance.store(spawned.cast::<u8>().add(structure), Ordering::Relaxed);
        spawned.write(Spawned {
            thread,
            number: AtomicU32::new(0),
            argument,
            start,
            len,
            handler_stack,
            handler_stack_len,
        });
        Some(spawned)
    }
}

/// The first function of a thread, on the stack of the runtime's own code.
extern "C" fn run(spawned: *mut c_void) -> ! {
    // SAFETY: `spawn` starts threads with the address of their structures.
    let spawned = unsafe { &*spawned.cast::<Spawned>() };
    let program = program::program();
    // SAFETY: this part of the mapping is for the handlers.
    unsafe { sys::set_handler_stack(spawned.handler_stack, spawned.handler_stack_len) };
    // What interrupts guest code ends the process.
    for module in program::modules(program) {
        let _ = start::initialize(module);
    }
    // SAFETY: `spawn` has looked, and the compiler emits a function that takes a number and an argument.
    unsafe {
        let entry: &Export = &*(*program.threads).entry;
        let number = spawned.number.load(Ordering::Relaxed);
        let _ = start::call(entry, &mut [[number.into(), 0], [spawned.argument.into(), 0]]);
        instance::release(program, spawned.thread.instance.load(Ordering::Relaxed));
        sys::end_thread(spawned.start, spawned.len)
    }
}
