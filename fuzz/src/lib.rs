//! Differential fuzzing: programs that this product makes against independent engines; and inputs that libFuzzer makes. See README.md.

mod archive;
pub mod campaign;
mod case;
mod code;
pub mod damage;
mod engines;
pub mod finding;
pub mod inject;
mod own;
pub mod panics;
mod random;
mod rewrite;
pub mod sections;
mod shrink;
pub mod smith;
pub mod source;
mod trace;
