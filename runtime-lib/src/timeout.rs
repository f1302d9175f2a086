//! `--timeout`: a timer of the system's whose signal ends the process. It costs guest code nothing.

use abi::layout::Timeout;

use crate::message::Message;
use crate::start::fail;
use crate::{process, sys};

/// Exit status when the time is over, as `timeout` of the shell has it.
const TIMEOUT_STATUS: i32 = 124;

/// [`abi::symbols::TIMEOUT_START`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_timeout_start(timeout: &'static Timeout) {
    if !sys::start_timer(timeout.nanoseconds, end) {
        fail(Message::new().text(b"wasm2exe: the system refuses the timer of --timeout"));
    }
}

/// Called by the signal handler.
fn end() -> ! {
    const MILLISECOND: u64 = 1_000_000;
    let program = crate::program::program();
    // SAFETY: the timer was started for this structure, which the compiler emits.
    let nanoseconds = unsafe { (*program.timeout).nanoseconds };
    let mut message = Message::new();
    message.text(b"error: timeout: the program ran for longer than ").decimal(nanoseconds / MILLISECOND, 0);
    message.text(b" ms (--timeout)\n").send();
    process::end(TIMEOUT_STATUS)
}
