//! The linker that the tool carries. It makes a static, position-independent executable out of the objects that the compiler and
//! build.rs make, in less time than another program takes to start, and the same on every machine. Those objects have few kinds of
//! relocations; for debug information there are the system's linkers (`link.rs`).

mod image;
mod input;
mod layout;
mod live;
mod relocation;

use anyhow::Result;
use compiler::Target;

/// Links relocatable objects into an executable without symbols. What is not reachable from `_start` is left out.
///
/// # Errors
/// Objects that are not what the compiler makes: undefined symbols, unknown relocations; code too large for its branches.
pub fn executable(objects: &[&[u8]], target: Target) -> Result<Vec<u8>> {
    let input = input::Input::read(objects)?;
    let live = live::sections(&input)?;
    let layout = layout::Layout::new(&input, &live, target)?;
    image::write(&input, &layout, target)
}
