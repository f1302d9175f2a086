//! Lists of strings as `args_get` and `environ_get` deliver them: an array of addresses, and the strings, each closed by a NUL.

use super::types::{Errno, Result};
use crate::guest::{Guest, GuestPtr, GuestRange};

/// Measures a list: how many strings, how many bytes.
#[derive(Default)]
pub struct Sizes {
    count: usize,
    bytes: usize,
}

impl Sizes {
    /// Adds a string that consists of these parts.
    pub fn add(&mut self, parts: &[&[u8]]) {
        self.count += 1;
        self.bytes += parts.iter().map(|part| part.len()).sum::<usize>() + 1;
    }

    fn values(&self) -> Result<(u32, u32)> {
        let size = |value| u32::try_from(value).map_err(|_| Errno::Overflow);
        Ok((size(self.count)?, size(self.bytes)?))
    }

    /// Delivers the sizes.
    pub fn write(&self, guest: Guest, count: GuestPtr, bytes: GuestPtr) -> Result<()> {
        let (count_out, bytes_out) = (guest.range(count, 4)?, guest.range(bytes, 4)?);
        let (count, bytes) = self.values()?;
        count_out.write(0, &count.to_le_bytes())?;
        bytes_out.write(0, &bytes.to_le_bytes())
    }
}

/// Delivers a list that has been measured.
pub struct Writer {
    addresses: GuestRange,
    strings: GuestRange,
    /// The guest's address of the strings.
    start: GuestPtr,
    index: usize,
    offset: usize,
}

impl Writer {
    /// Checks that the guest has room for all of the list.
    pub fn new(guest: Guest, sizes: &Sizes, addresses: GuestPtr, strings: GuestPtr) -> Result<Writer> {
        let (count, bytes) = sizes.values()?;
        let addresses = guest.array(addresses, count, 4)?;
        Ok(Writer { addresses, strings: guest.range(strings, bytes)?, start: strings, index: 0, offset: 0 })
    }

    /// Adds a string that consists of these parts.
    pub fn add(&mut self, parts: &[&[u8]]) -> Result<()> {
        let address = self.start.0 + self.offset as u32;
        self.addresses.write(self.index * 4, &address.to_le_bytes())?;
        self.index += 1;
        for part in parts.iter().chain([&b"\0".as_slice()]) {
            self.strings.write(self.offset, part)?;
            self.offset += part.len();
        }
        Ok(())
    }
}
