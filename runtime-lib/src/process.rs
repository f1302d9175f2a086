//! How the process was started: its arguments and environment, kept by start-up.

use core::ffi::c_char;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::{message, sys};

static ARGUMENT_COUNT: AtomicUsize = AtomicUsize::new(0);
static ARGUMENTS: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());
static ENVIRONMENT: AtomicPtr<*const c_char> = AtomicPtr::new(core::ptr::null_mut());

/// Keeps what the process was started with.
///
/// # Safety
/// `arguments` points to `count` strings, `environment` to strings up to a null; all stay as long as the process.
pub unsafe fn set_arguments(count: usize, arguments: *const *const c_char, environment: *const *const c_char) {
    ARGUMENT_COUNT.store(count, Ordering::Relaxed);
    ARGUMENTS.store(arguments.cast_mut(), Ordering::Relaxed);
    ENVIRONMENT.store(environment.cast_mut(), Ordering::Relaxed);
}

/// The arguments, NUL-terminated; the first, if there is any, is the name of the program.
pub fn arguments() -> &'static [*const c_char] {
    let start = ARGUMENTS.load(Ordering::Relaxed);
    if start.is_null() {
        return &[];
    }
    // SAFETY: the promise made to `set_arguments`.
    unsafe { core::slice::from_raw_parts(start, ARGUMENT_COUNT.load(Ordering::Relaxed)) }
}

/// Ends the process with all its threads; if another one is about to say why it ends, that one does.
#[inline]
pub fn end(status: i32) -> ! {
    message::give_way();
    sys::exit(status)
}

/// The environment, NUL-terminated strings `NAME=VALUE`.
pub fn environment() -> &'static [*const c_char] {
    let start = ENVIRONMENT.load(Ordering::Relaxed);
    if start.is_null() {
        return &[];
    }
    let mut count = 0;
    // SAFETY: the promise made to `set_arguments`.
    unsafe {
        while !(*start.add(count)).is_null() {
            count += 1;
        }
        core::slice::from_raw_parts(start, count)
    }
}
