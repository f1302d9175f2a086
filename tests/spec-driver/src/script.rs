//! The script on standard input.

/// What remains of the script.
pub struct Script {
    rest: &'static [u8],
}

impl Script {
    /// Maps standard input, which must be a file that is not empty.
    pub fn from_stdin() -> Option<Script> {
        use rustix::mm::{MapFlags, ProtFlags, mmap};
        // SAFETY: nobody else closes descriptor 0.
        let stdin = unsafe { rustix::stdio::stdin() };
        let len = rustix::fs::fstat(stdin).ok()?.st_size as usize;
        // SAFETY: the mapping is new and never goes away; the harness does not change the file.
        let rest = unsafe {
            let start = mmap(core::ptr::null_mut(), len, ProtFlags::READ, MapFlags::PRIVATE, stdin, 0).ok()?;
            core::slice::from_raw_parts(start.cast(), len)
        };
        Some(Script { rest })
    }

    /// Whether all of it has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    /// The next number.
    pub fn number(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length and that many bytes.
    pub fn bytes(&mut self) -> Option<&'static [u8]> {
        let len = self.number()? as usize;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The slot of a value.
    pub fn slot(&mut self) -> Option<[u64; 2]> {
        Some([u64::from_le_bytes(self.array()?), u64::from_le_bytes(self.array()?)])
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }
}
