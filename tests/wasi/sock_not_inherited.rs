//! Descriptors meant for another process, and ones without a grant, are not the guest's.
//!
//! flags: --inherit-sockets
//! run: export LISTEN_FDS=1 LISTEN_PID=1; exec "$EXE"
//! inherit: listener
//! peer: it has no sockets

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(fdstat(3), Err(BADF));
    assert_eq!(read(3, &mut [0]), Err(BADF));
}
