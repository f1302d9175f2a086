//! `random_get`.

use rustix::io::Errno as Os;

use super::types::Result;
use crate::guest::{Guest, GuestPtr};
use crate::sys::{self, IoVector};

/// Write high-quality random data into a buffer.
pub fn random_get(guest: Guest, buf: GuestPtr, buf_len: u32) -> Result<()> {
    let out = guest.range(buf, buf_len)?;
    let mut filled = 0;
    while filled < out.size() {
        let rest = out.part(filled, out.size() - filled)?;
        // SAFETY: the rest is guest memory, which may hold anything.
        match unsafe { sys::random(IoVector { start: rest.start(), len: rest.size() }) } {
            Ok(count) => filled += count,
            Err(Os::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Ok(())
}
