//! What the runtime asks of the operating system and the processor. `linux` is the one implementation; the names
//! re-exported here are the whole contract, and nothing outside this folder names a system or an architecture.

pub mod block;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub use linux::*;
