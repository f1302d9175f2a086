//! What the runtime keeps of a thread.
//!
//! The runtime is built twice: for programs that start threads, with the feature `threads`, and for all others, which link no code
//! for what cannot happen in them.

#[cfg(feature = "threads")]
mod instance;
#[cfg(feature = "threads")]
mod spawn;

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use abi::layout::Program;

use crate::sys::{self, StackSwitch};

/// Whether there can be more than one thread.
pub const POSSIBLE: bool = cfg!(any(feature = "threads", test));

/// What the runtime keeps of a thread.
#[repr(C)]
pub struct Thread {
    /// Its own address, at the start, where the processor's register for threads points.
    this: AtomicPtr<Thread>,
    /// First byte of the guard of its guest stack.
    pub stack_start: AtomicUsize,
    /// The end of its guest stack.
    pub stack_end: AtomicUsize,
    /// Where the call that is active on the guest stack can be left; null when there is none.
    pub active_call: AtomicPtr<StackSwitch>,
    /// Its instance of the program: what [`abi::layout::Threads`] describes. Null in a program without threads.
    pub instance: AtomicPtr<u8>,
}

impl Thread {
    /// A thread without stack and instance.
    const fn new() -> Thread {
        Thread {
            this: AtomicPtr::new(core::ptr::null_mut()),
            stack_start: AtomicUsize::new(0),
            stack_end: AtomicUsize::new(0),
            active_call: AtomicPtr::new(core::ptr::null_mut()),
            instance: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// Makes it what the processor's register for threads may point to, and gives that address.
    fn identify(&self) -> *const Thread {
        self.this.store(core::ptr::from_ref(self).cast_mut(), Ordering::Relaxed);
        self
    }
}

/// The thread that the process starts with.
static MAIN: Thread = Thread::new();

/// Makes the thread that the process starts with the current one. Comes before everything else.
pub fn adopt() {
    if cfg!(feature = "threads") {
        // SAFETY: the structure is static, and `identify` makes it begin with its own address.
        unsafe { sys::set_thread_pointer(MAIN.identify().cast()) };
    }
}

/// Gives the thread that the process starts with its instance, or ends the process with a message.
pub fn set_up(program: &'static Program) {
    #[cfg(feature = "threads")]
    spawn::set_up_first(program, &MAIN);
    let _ = program;
}

/// The running thread.
#[inline]
pub fn current() -> &'static Thread {
    // In a test the register is the standard library's.
    if cfg!(all(feature = "threads", not(test))) {
        // SAFETY: every thread points there to its structure, which lasts as long as its code runs.
        unsafe { &*sys::thread_pointer().cast() }
    } else {
        &MAIN
    }
}

/// Sleeps until another thread has ended the process.
pub fn wait_for_end() -> ! {
    let number = core::sync::atomic::AtomicU32::new(0);
    loop {
        sys::wait_while_equal(&number, 0, None);
    }
}
