//! For programs that bring their own `w2e_main`, which decides what is instantiated and called, and goes on after
//! traps and exceptions.

use abi::layout::Program;

pub use crate::guest_stack::Interruption;
pub use crate::start::{call, instantiate};

/// Runs the embedder on the stack of the process.
pub fn main(program: &'static Program) -> i32 {
    unsafe extern "C" {
        safe fn w2e_main(program: &'static Program) -> i32;
    }
    w2e_main(program)
}
