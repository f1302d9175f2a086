//! Measures child processes, in turn, and compares what they took: for `wasm2exe bench` and for the tests.

pub mod process;
pub mod race;
pub mod statistics;
