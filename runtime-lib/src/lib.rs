#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
// Or the loops of memmove and memset would become calls of themselves.
#![no_builtins]

mod backtrace;
mod builtins;
mod code;
#[cfg(feature = "embed")]
pub mod embed;
mod exception;
mod frames;
pub mod guest;
mod guest_stack;
mod harden;
mod heap;
mod invoke;
mod limits;
mod lock;
mod memory;
mod message;
pub mod process;
pub mod program;
mod start;
pub mod sys;
mod table;
#[cfg(test)]
mod test_program;
mod thread;
mod timeout;
mod trap;
pub mod wasi;

/// A panic is a defect of the runtime. The message does not say where: as nobody asks, the optimiser drops all names of
/// source files, which would otherwise be part of every executable. (Unwinding marks a mere check of the whole workspace, where
/// another package's dependencies bring the standard library and its handler along.)
#[cfg(panic = "abort")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    sys::write_error(b"wasm2exe: internal error: panic\n");
    sys::exit(trap::TRAP_STATUS)
}
