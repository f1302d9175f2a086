#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
// Or the loops of memmove and memset would become calls of themselves.
#![no_builtins]

mod backtrace;
mod builtins;
mod code;
#[cfg(feature = "embed")]
pub mod embed;
pub mod guest;
mod guest_stack;
mod invoke;
mod memory;
mod message;
pub mod process;
pub mod program;
mod start;
pub mod sys;
mod table;
mod trap;
pub mod wasi;

/// A panic is a defect of the runtime. It says where, without the formatting machinery of `core`.
#[cfg(not(test))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo) -> ! {
    let mut message = message::Message::new();
    message.text(b"wasm2exe: internal error: panic");
    if let Some(location) = info.location() {
        message.text(b" at ").text(location.file().as_bytes()).text(b":").decimal(location.line().into(), 0);
    }
    message.text(b"\n").send();
    sys::exit(trap::TRAP_STATUS)
}
