//! The runtime that is linked into every executable, built by build.rs and carried by the tool.

use anyhow::{Result, bail};
use compiler::Target;

include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// The runtime of a target: relocatable objects.
pub fn objects(target: Target) -> Result<&'static [&'static [u8]]> {
    let objects = match target {
        Target::X86_64Linux => X86_64,
        Target::Aarch64Linux => AARCH64,
    };
    if objects.is_empty() {
        bail!(
            "this wasm2exe was built without the runtime of {target}: \
             run `rustup target add {target}` where its source is, and build it again"
        );
    }
    Ok(objects)
}
