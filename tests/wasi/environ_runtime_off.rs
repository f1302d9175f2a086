//! An executable without `--runtime-grants` does not look at those variables.
//!
//! flags: --env A
//! setup: mkdir first
//! env: WASM2EXE_ENV=B=runtime
//! env: WASM2EXE_DIR=first::/first

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(std::env::vars().count(), 0);
    assert_eq!(out::<u64>(|out| raw::fd_prestat_get(3, out)), Err(BADF));
}
