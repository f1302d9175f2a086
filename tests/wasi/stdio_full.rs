//! A device that takes nothing.
//!
//! run: "$EXE" > /dev/full
//! peer: it has no type for standard streams

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(write(1, b"x"), Err(NOSPC));
    assert_eq!(write(1, b""), Ok(0));
    assert_eq!(fdstat(1).unwrap().filetype, CHARACTER_DEVICE);
}
