//! What the compiler writes into an object and the runtime reads out of it: symbol names, data layouts, trap codes,
//! host functions. A fact that both sides rely on stands here and nowhere else.
#![no_std]
#![forbid(unsafe_code)]

pub mod exception;
pub mod hardening;
pub mod heap;
pub mod layout;
pub mod policy;
pub mod stack_map;
pub mod symbols;
pub mod system_calls;
pub mod trap;
pub mod varint;
pub mod wasi;
