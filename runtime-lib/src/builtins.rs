//! Functions that generated code calls for what has no instruction, and those that the Rust compiler calls.

mod atomic;
mod bytes;
