//! System calls on descriptors that rustix does not have in the form WASI needs: transfers straight to and from guest memory,
//! which may overlap and so cannot be slices; opening beneath a directory; reading directories with positions.

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use linux_raw_sys::general::{__NR_getdents64, __NR_getrandom, __NR_preadv, __NR_pwritev, __NR_readv, __NR_writev};
use linux_raw_sys::general::{__NR_recvmsg, __NR_sendmsg};
use linux_raw_sys::net::{MSG_CMSG_CLOEXEC, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL};
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::arch::system_call;

/// Most vectors of one transfer.
pub const MAX_VECTORS: usize = 1024;

/// A piece of memory for a transfer: the kernel's `iovec`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct IoVector {
    /// First byte.
    pub start: *mut u8,
    /// Number of bytes.
    pub len: usize,
}

/// A transfer between a descriptor and memory.
#[derive(Clone, Copy)]
pub enum Transfer {
    /// From the descriptor's position.
    Read,
    /// To the descriptor's position.
    Write,
    /// From this offset.
    ReadAt(u64),
    /// To this offset.
    WriteAt(u64),
}

fn count_or_errno(result: isize) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| Errno::from_raw_os_error(result.wrapping_neg() as i32))
}

/// Performs one transfer; returns the number of bytes.
///
/// # Safety
/// The vectors, at most [`MAX_VECTORS`], are memory that may be read, and written in case of a read, whatever it holds.
pub unsafe fn transfer(fd: BorrowedFd<'_>, vectors: &[IoVector], transfer: Transfer) -> Result<usize, Errno> {
    let (number, offset) = match transfer {
        Transfer::Read => (__NR_readv, 0),
        Transfer::Write => (__NR_writev, 0),
        Transfer::ReadAt(offset) => (__NR_preadv, offset),
        Transfer::WriteAt(offset) => (__NR_pwritev, offset),
    };
    let arguments = [fd.as_raw_fd() as usize, vectors.as_ptr() as usize, vectors.len(), offset as usize];
    // SAFETY: the caller's promise about the memory; the kernel checks the rest. Where an offset takes two registers
    // on 32-bit machines, 64-bit kernels ignore the second.
    count_or_errno(unsafe { system_call(number, arguments) })
}

/// The kernel's `user_msghdr`.
#[repr(C)]
struct MessageHeader {
    name: *mut u8,
    name_len: u32,
    vectors: *const IoVector,
    vector_count: usize,
    control: *mut u8,
    control_len: usize,
    flags: u32,
}

fn message_header(vectors: &[IoVector]) -> MessageHeader {
    MessageHeader {
        name: core::ptr::null_mut(),
        name_len: 0,
        vectors: vectors.as_ptr(),
        vector_count: vectors.len(),
        control: core::ptr::null_mut(),
        control_len: 0,
        flags: 0,
    }
}

/// How to receive.
#[derive(Clone, Copy)]
pub struct ReceiveFlags {
    /// Leave the data in the queue.
    pub peek: bool,
    /// Wait until all the memory is filled.
    pub wait_all: bool,
}

/// Receives from a socket; returns the number of bytes, and whether a part of the message was cut off.
///
/// # Safety
/// As for [`transfer`].
pub unsafe fn receive(fd: BorrowedFd<'_>, vectors: &[IoVector], how: ReceiveFlags) -> Result<(usize, bool), Errno> {
    let mut header = message_header(vectors);
    let mut flags = MSG_CMSG_CLOEXEC;
    if how.peek {
        flags |= MSG_PEEK;
    }
    if how.wait_all {
        flags |= MSG_WAITALL;
    }
    let arguments = [fd.as_raw_fd() as usize, (&raw mut header) as usize, flags as usize, 0];
    // SAFETY: the header is laid out as the kernel's, without name and control data; the caller vouches for the vectors.
    let count = count_or_errno(unsafe { system_call(__NR_recvmsg, arguments) })?;
    Ok((count, header.flags & MSG_TRUNC != 0))
}

/// Sends to a socket; returns the number of bytes.
///
/// # Safety
/// As for [`transfer`].
pub unsafe fn send(fd: BorrowedFd<'_>, vectors: &[IoVector]) -> Result<usize, Errno> {
    let header = message_header(vectors);
    let arguments = [fd.as_raw_fd() as usize, (&raw const header) as usize, MSG_NOSIGNAL as usize, 0];
    // SAFETY: as in `receive`.
    count_or_errno(unsafe { system_call(__NR_sendmsg, arguments) })
}

/// Fills memory with random bytes, possibly not all of it; returns the number of bytes.
///
/// # Safety
/// `vector` is memory that may be written, whatever it holds.
pub unsafe fn random(vector: IoVector) -> Result<usize, Errno> {
    // SAFETY: the caller's promise.
    count_or_errno(unsafe { system_call(__NR_getrandom, [vector.start as usize, vector.len, 0, 0]) })
}

/// Why [`open_beneath`] opened nothing.
pub enum BeneathError {
    /// The path leads out of the directory.
    Escape,
    /// The system cannot do this, or not now: resolve the path without it.
    Unavailable,
    /// Any other error.
    Failed(Errno),
}

/// Opens `path` if all of it, and of the symbolic links on the way, stays beneath `directory`.
pub fn open_beneath(
    directory: BorrowedFd<'_>,
    path: &CStr,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, BeneathError> {
    // A rename anywhere in the system may spoil one attempt; more than a few in a row is an attack.
    const ATTEMPTS: u32 = 16;
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return Err(BeneathError::Unavailable);
    }
    let resolve = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);
    for _ in 0..ATTEMPTS {
        match openat2(directory, path, flags.union(OFlags::CLOEXEC), mode, resolve) {
            Ok(fd) => return Ok(fd),
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(Errno::XDEV) => return Err(BeneathError::Escape),
            Err(Errno::NOSYS) => {
                MISSING.store(true, Ordering::Relaxed);
                break;
            }
            // Sandboxes forbid system calls they do not know with EPERM. It may also be the file's own answer, which
            // the other way of resolving will hear again.
            Err(Errno::PERM) => break,
            Err(errno) => return Err(BeneathError::Failed(errno)),
        }
    }
    Err(BeneathError::Unavailable)
}

/// Reads directory entries in the form of the kernel's `linux_dirent64`; returns the number of bytes, 0 at the end.
pub fn read_directory(fd: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> Result<usize, Errno> {
    let arguments = [fd.as_raw_fd() as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0];
    // SAFETY: the kernel writes no more than the buffer holds.
    count_or_errno(unsafe { system_call(__NR_getdents64, arguments) })
}

/// An entry of a directory.
pub struct DirectoryEntry<'a> {
    /// Its inode number.
    pub inode: u64,
    /// Where the directory continues after it, for `seek`.
    pub next: u64,
    /// Its type, unless the file system does not tell.
    pub file_type: FileType,
    /// Its name.
    pub name: &'a CStr,
    /// Bytes it takes in the buffer.
    pub len: usize,
}

/// The first entry of what [`read_directory`] filled.
pub fn directory_entry(buffer: &[u8]) -> Option<DirectoryEntry<'_>> {
    const INODE: usize = 0;
    const NEXT: usize = 8;
    const LEN: usize = 16;
    const TYPE: usize = 18;
    const NAME: usize = 19;
    let field = |at: usize| buffer.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    let len = usize::from(u16::from_le_bytes(buffer.get(LEN..LEN + 2)?.try_into().ok()?));
    Some(DirectoryEntry {
        inode: field(INODE)?,
        next: field(NEXT)?,
        // The number is the file type's bits of a mode, moved down.
        file_type: FileType::from_raw_mode(u32::from(*buffer.get(TYPE)?) << 12),
        name: CStr::from_bytes_until_nul(buffer.get(NAME..len)?).ok()?,
        len,
    })
}
