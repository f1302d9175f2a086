//! `iovec` arrays, and the transfers between them and descriptors.

use core::mem::MaybeUninit;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno as Os;

use super::descriptor::Descriptor;
use super::types::{IOVEC_SIZE, Result};
use crate::guest::{Guest, GuestPtr};
use crate::sys::{self, IoVector};

/// Vectors that fit without touching more of the stack; longer arrays are rare.
const FEW: usize = 16;

/// Calls `action` with the memory that an array of `iovec` or `ciovec` describes. Every element is checked; empty ones are left
/// out; of more than the host takes in one transfer, the first are used, so that the transfer is partial.
pub fn with_vectors<R>(
    guest: Guest,
    iovs: GuestPtr,
    iovs_len: u32,
    action: impl FnOnce(&[IoVector]) -> Result<R>,
) -> Result<R> {
    if iovs_len as usize <= FEW {
        action(gather(guest, iovs, iovs_len, &mut [const { MaybeUninit::uninit() }; FEW])?)
    } else {
        with_many_vectors(guest, iovs, iovs_len, action)
    }
}

#[cold]
#[inline(never)]
fn with_many_vectors<R>(
    guest: Guest,
    iovs: GuestPtr,
    iovs_len: u32,
    action: impl FnOnce(&[IoVector]) -> Result<R>,
) -> Result<R> {
    action(gather(guest, iovs, iovs_len, &mut [const { MaybeUninit::uninit() }; sys::MAX_VECTORS])?)
}

fn gather(guest: Guest, iovs: GuestPtr, iovs_len: u32, vectors: &mut [MaybeUninit<IoVector>]) -> Result<&[IoVector]> {
    let array = guest.array(iovs, iovs_len, IOVEC_SIZE)?;
    let mut count = 0;
    for index in 0..iovs_len {
        let iovec = u64::from_le_bytes(array.read((index * IOVEC_SIZE) as usize)?);
        let (buf, buf_len) = (GuestPtr(iovec as u32), (iovec >> 32) as u32);
        let range = guest.range(buf, buf_len)?;
        if range.size() != 0
            && let Some(vector) = vectors.get_mut(count)
        {
            vector.write(IoVector { start: range.start(), len: range.size() });
            count += 1;
        }
    }
    // SAFETY: the first `count` elements have been written.
    Ok(unsafe { vectors.get_unchecked(..count).assume_init_ref() })
}

/// Repeats an operation that a signal interrupted. Where the host's descriptor does not block although the guest did not ask for
/// that, as with a terminal that another process has set so, waits until the descriptor is ready for `events`.
pub fn retry<T>(
    descriptor: &Descriptor,
    events: PollFlags,
    mut operation: impl FnMut() -> core::result::Result<T, Os>,
) -> Result<T> {
    loop {
        match operation() {
            Err(Os::INTR) => {}
            Err(Os::AGAIN) if !descriptor.is_nonblocking() => {
                let host = descriptor.host();
                match poll(&mut [PollFd::from_borrowed_fd(host, events)], None) {
                    Ok(_) | Err(Os::INTR) => {}
                    Err(errno) => return Err(errno.into()),
                }
            }
            result => return Ok(result?),
        }
    }
}
