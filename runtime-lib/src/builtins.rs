//! Functions that generated code calls for what has no instruction, and those that the Rust compiler calls.

mod bytes;
mod float;
#[cfg(target_arch = "x86_64")]
mod vector;
