//! The runtime that is linked into every executable, built by build.rs and carried by the tool.

use anyhow::{Result, bail};
use compiler::Target;

include!(concat!(env!("OUT_DIR"), "/runtime.rs"));

/// The runtime of a target for programs that start threads, or for those that do not: relocatable objects.
pub fn objects(target: Target, threads: bool) -> Result<&'static [&'static [u8]]> {
    let objects = match (target, threads) {
        (Target::X86_64Linux, false) => X86_64,
        (Target::X86_64Linux, true) => X86_64_THREADS,
        (Target::Aarch64Linux, false) => AARCH64,
        (Target::Aarch64Linux, true) => AARCH64_THREADS,
    };
    if objects.is_empty() {
        bail!(
            "this wasm2exe was built without the runtime of {target}: \
             run `rustup target add {target}` where its source is, and build it again"
        );
    }
    Ok(objects)
}
