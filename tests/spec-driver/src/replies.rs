//! A reply, as it goes to standard output.

use crate::MAX_VALUES;
use crate::reference;

/// Bytes of the longest reply: status, count, and a type and a slot for each result.
const MAX_REPLY: usize = 1 + 4 + MAX_VALUES * 17;

/// The reply to one command.
pub struct Reply {
    bytes: [u8; MAX_REPLY],
    len: usize,
}

impl Reply {
    /// A reply that is a status alone so far.
    pub fn new(status: u8) -> Reply {
        let mut reply = Reply { bytes: [0; MAX_REPLY], len: 0 };
        reply.append(&[status]);
        reply
    }

    /// Appends results, at most [`MAX_VALUES`], with their types. What the slots hold beyond the width of the type is not
    /// defined and left out.
    pub fn results(&mut self, types: &[u8], slots: &[[u64; 2]]) {
        use abi::layout::value;
        self.append(&(types.len() as u32).to_le_bytes());
        for (ty, [low, high]) in types.iter().zip(slots) {
            let [low, high] = match *ty {
                value::I32 | value::F32 => [*low as u32 as u64, 0],
                value::V128 => [*low, *high],
                ty if reference::is_reference(ty) => reference::to_reply(ty, *low),
                _ => [*low, 0],
            };
            self.append(&[*ty]);
            self.append(&low.to_le_bytes());
            self.append(&high.to_le_bytes());
        }
    }

    fn append(&mut self, bytes: &[u8]) {
        self.bytes[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    /// Writes all of it; `None` when that fails.
    pub fn write(&self) -> Option<()> {
        // SAFETY: nobody else closes descriptor 1.
        let stdout = unsafe { rustix::stdio::stdout() };
        let mut rest = &self.bytes[..self.len];
        while !rest.is_empty() {
            let written = rustix::io::write(stdout, rest).ok()?;
            rest = &rest[written..];
        }
        Some(())
    }
}
