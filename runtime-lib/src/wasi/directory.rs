//! Reading directories. The host's entries are kept until they are delivered, so that any buffer size of the guest reads a
//! directory in one pass; a cookie is the host's position behind an entry, which stays good while entries come and go.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, FileType, SeekFrom, seek, statat};

use crate::lock::Lock;

use super::types::{DIRENT_SIZE, Errno, Filetype, Record, Result};
use crate::guest::GuestRange;
use crate::sys;

/// Entries of one directory, in a mapping of its own.
#[derive(Clone, Copy)]
pub struct DirectoryBuffer(NonNull<Lock<Buffer>>);

const MAPPING: usize = 32 << 10;

const _: () = assert!(size_of::<Lock<Buffer>>() == MAPPING);

struct Buffer {
    /// The host's position of the first entry that is not delivered.
    cookie: u64,
    /// Offset of that entry in `entries`.
    next: usize,
    /// Offset of the end of what the host delivered.
    filled: usize,
    entries: [MaybeUninit<u8>; MAPPING - 32],
}

impl DirectoryBuffer {
    /// An empty buffer.
    pub fn new() -> Result<DirectoryBuffer> {
        let mapping = sys::allocate(MAPPING, false).and_then(NonNull::new).ok_or(Errno::Nomem)?;
        Ok(DirectoryBuffer(mapping.cast()))
    }

    /// Gives the memory back.
    pub fn release(self) {
        // SAFETY: `new` mapped it, and the descriptor it belonged to is closed.
        unsafe { sys::release(self.0.as_ptr().cast(), MAPPING) };
    }

    /// Fills `out` with entries from `cookie` on; returns the number of bytes, less than there is room for only at the
    /// directory's end. The last entry may be cut off.
    pub fn read(self, directory: BorrowedFd<'_>, cookie: u64, out: GuestRange) -> Result<usize> {
        // SAFETY: a mapping is zeroed, which is a free lock and a valid `Buffer`, and it is large enough. It stays until the
        // descriptor is closed.
        unsafe { self.0.as_ref() }.with(|buffer| buffer.deliver(directory, cookie, out))
    }
}

impl Buffer {
    /// See [`DirectoryBuffer::read`].
    fn deliver(&mut self, directory: BorrowedFd<'_>, cookie: u64, out: GuestRange) -> Result<usize> {
        self.seek(directory, cookie)?;
        let mut used = 0;
        while used < out.size() {
            if self.next == self.filled && !self.refill(directory)? {
                break;
            }
            let entry = sys::directory_entry(self.pending()).ok_or(Errno::Io)?;
            let filetype = match entry.file_type {
                FileType::Unknown => statat(directory, entry.name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_or(Filetype::Unknown, |stat| FileType::from_raw_mode(stat.st_mode).into()),
                known => known.into(),
            };
            let name = entry.name.to_bytes();
            let mut dirent = Record::<DIRENT_SIZE>::ZERO;
            dirent.field::<0, 8>(entry.next.to_le_bytes());
            dirent.field::<8, 8>(entry.inode.to_le_bytes());
            dirent.field::<16, 4>((name.len() as u32).to_le_bytes());
            dirent.field::<20, 1>([filetype as u8]);
            let (next, len) = (entry.next, entry.len);
            used += write_cut(out, used, &dirent.0)?;
            let delivered = write_cut(out, used, name)?;
            used += delivered;
            if delivered == name.len() {
                self.next += len;
                self.cookie = next;
            }
        }
        Ok(used)
    }
}

/// Writes as much of `bytes` as fits at `offset`; returns how much.
fn write_cut(out: GuestRange, offset: usize, bytes: &[u8]) -> Result<usize> {
    let fits = bytes.len().min(out.size() - offset);
    out.write(offset, bytes.get(..fits).unwrap_or_default())?;
    Ok(fits)
}

impl Buffer {
    /// What is not delivered yet.
    fn pending(&self) -> &[u8] {
        let pending = self.entries.get(self.next..self.filled).unwrap_or_default();
        // SAFETY: the host has written everything up to `filled`.
        unsafe { pending.assume_init_ref() }
    }

    /// Makes the entry at `cookie` the next one. 0 starts over and sees the directory as it is now.
    fn seek(&mut self, directory: BorrowedFd<'_>, cookie: u64) -> Result<()> {
        if cookie != 0 && (cookie == self.cookie || self.find(cookie)) {
            return Ok(());
        }
        seek(directory, SeekFrom::Start(cookie))?;
        (self.cookie, self.next, self.filled) = (cookie, 0, 0);
        Ok(())
    }

    /// Looks for the entry that ends at `cookie` among those that were delivered.
    fn find(&mut self, cookie: u64) -> bool {
        let (old_next, end) = (self.next, self.filled);
        self.next = 0;
        while self.next < end
            && let Some(entry) = sys::directory_entry(self.pending())
        {
            let found = entry.next == cookie;
            self.next += entry.len;
            if found {
                self.cookie = cookie;
                return true;
            }
        }
        self.next = old_next;
        false
    }

    /// Reads on; returns whether there was more.
    fn refill(&mut self, directory: BorrowedFd<'_>) -> Result<bool> {
        (self.next, self.filled) = (0, 0);
        self.filled = sys::read_directory(directory, &mut self.entries)?;
        Ok(self.filled != 0)
    }
}
