//! The guest's descriptors. A guest number is an index into a table of the runtime's own and says nothing about the host's
//! number; 0, 1 and 2 are standard input, output and error without any set-up. The lowest free number from 3 on is given out: a
//! program that closes its standard output must not find what it prints later in the next file that it opens.

use core::cell::UnsafeCell;

use rustix::event::{PollFd, PollFlags};
use rustix::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::fs::FileType;
use rustix::io::{fcntl_dupfd_cloexec, try_close};

use super::directory::DirectoryBuffer;
use super::types::{Errno, Filetype, Result, fdflags, rights};
use crate::sys;

/// An open descriptor of the guest.
#[derive(Clone, Copy)]
pub struct Descriptor {
    /// The host's descriptor.
    host: i32,
    /// What it was when it was opened; unknown for standard input, output and error.
    pub filetype: Filetype,
    /// Which access it was opened with, and other traits.
    pub traits: Traits,
    /// The `fdflags` the guest asked for. The host's descriptor may not block without the guest knowing; then the runtime
    /// waits in its place.
    pub fdflags: u16,
    /// What may be done with it.
    pub rights_base: u32,
    /// What may be done with descriptors derived from it.
    pub rights_inheriting: u32,
    /// The name of a preopened directory.
    pub preopen: Option<&'static [u8]>,
    /// What was read of a directory and not delivered yet.
    pub directory: Option<DirectoryBuffer>,
}

/// A bit set of a descriptor's traits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Traits(u8);

impl Traits {
    /// No trait.
    pub const NONE: Traits = Traits(0);
    /// Opened for reading.
    pub const READ: Traits = Traits(1);
    /// Opened for writing.
    pub const WRITE: Traits = Traits(2);
    /// Granted read-only, or found beneath such a grant.
    pub const READ_ONLY: Traits = Traits(4);
    /// Standard input, output or error.
    pub const STANDARD: Traits = Traits(8);
    /// A socket that listens.
    pub const LISTENS: Traits = Traits(16);

    /// Both.
    pub const fn and(self, other: Traits) -> Traits {
        Traits(self.0 | other.0)
    }

    /// `self` if `condition`, else nothing.
    pub fn when(self, condition: bool) -> Traits {
        if condition { self } else { Traits::NONE }
    }

    /// Whether all of `other` are among these.
    pub const fn contain(self, other: Traits) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Rights of every directory. The one to set sizes is not among them: only cutting off in `path_open` would need it, which
/// takes the right to write that the directory passes on.
pub const DIRECTORY_RIGHTS: u32 = rights::FD_DATASYNC
    | rights::FD_SYNC
    | rights::PATH_CREATE_DIRECTORY
    | rights::PATH_CREATE_FILE
    | rights::PATH_LINK_SOURCE
    | rights::PATH_LINK_TARGET
    | rights::PATH_OPEN
    | rights::FD_READDIR
    | rights::PATH_READLINK
    | rights::PATH_RENAME_SOURCE
    | rights::PATH_RENAME_TARGET
    | rights::PATH_FILESTAT_GET
    | rights::PATH_FILESTAT_SET_TIMES
    | rights::FD_FILESTAT_GET
    | rights::FD_FILESTAT_SET_TIMES
    | rights::PATH_SYMLINK
    | rights::PATH_REMOVE_DIRECTORY
    | rights::PATH_UNLINK_FILE;

/// Rights of a file beside those to read and to write it.
const FILE_RIGHTS: u32 = rights::FD_DATASYNC
    | rights::FD_SEEK
    | rights::FD_FDSTAT_SET_FLAGS
    | rights::FD_SYNC
    | rights::FD_TELL
    | rights::FD_ADVISE
    | rights::FD_FILESTAT_GET
    | rights::FD_FILESTAT_SET_TIMES
    | rights::POLL_FD_READWRITE;

/// Rights of a file opened for reading.
const READ_RIGHTS: u32 = rights::FD_READ;

/// Rights of a file opened for writing.
const WRITE_RIGHTS: u32 = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;

/// Rights of standard input, output and error beside those to read and to write: they are streams, which the guest shares
/// with others and must not change in other ways.
const STANDARD_RIGHTS: u32 = rights::FD_DATASYNC
    | rights::FD_SEEK
    | rights::FD_FDSTAT_SET_FLAGS
    | rights::FD_SYNC
    | rights::FD_TELL
    | rights::FD_FILESTAT_GET
    | rights::POLL_FD_READWRITE;

/// Rights of a connected socket.
const SOCKET_RIGHTS: u32 = rights::FD_READ
    | rights::FD_WRITE
    | rights::FD_FDSTAT_SET_FLAGS
    | rights::FD_FILESTAT_GET
    | rights::POLL_FD_READWRITE
    | rights::SOCK_SHUTDOWN;

/// Rights of a listening socket. Reading is among them so that its readiness can be polled for; the host refuses to read.
const LISTENER_RIGHTS: u32 = rights::FD_READ
    | rights::FD_FDSTAT_SET_FLAGS
    | rights::FD_FILESTAT_GET
    | rights::POLL_FD_READWRITE
    | rights::SOCK_ACCEPT;

/// What descriptors derived from a directory may inherit at most.
pub const INHERITABLE_RIGHTS: u32 = DIRECTORY_RIGHTS | FILE_RIGHTS | READ_RIGHTS | WRITE_RIGHTS;

/// The rights that make sense for a descriptor of this type and access.
pub fn natural_rights(filetype: Filetype, traits: Traits) -> u32 {
    match filetype {
        Filetype::Directory => return DIRECTORY_RIGHTS,
        Filetype::SocketDgram | Filetype::SocketStream if traits.contain(Traits::LISTENS) => return LISTENER_RIGHTS,
        Filetype::SocketDgram | Filetype::SocketStream => return SOCKET_RIGHTS,
        _ => {}
    }
    let standard = traits.contain(Traits::STANDARD);
    let mut rights = if standard { STANDARD_RIGHTS } else { FILE_RIGHTS };
    if traits.contain(Traits::READ) {
        rights |= READ_RIGHTS;
    }
    if traits.contain(Traits::WRITE) {
        rights |= if standard { rights::FD_WRITE } else { WRITE_RIGHTS };
    }
    rights
}

impl Descriptor {
    /// A descriptor with all its natural rights. Host numbers 0 to 2 stay free for the standard streams, which may be
    /// closed: a message of the runtime must not end up in a file.
    pub fn new(fd: OwnedFd, filetype: Filetype, traits: Traits) -> Result<Descriptor> {
        const FIRST: i32 = 3;
        let mut host = fd.into_raw_fd();
        if host < FIRST {
            // SAFETY: `into_raw_fd` gave the ownership away just now.
            let low = unsafe { OwnedFd::from_raw_fd(host) };
            host = fcntl_dupfd_cloexec(&low, FIRST)?.into_raw_fd();
        }
        let rights = natural_rights(filetype, traits);
        let inheriting = if filetype == Filetype::Directory { INHERITABLE_RIGHTS } else { rights };
        Ok(Descriptor {
            host,
            filetype,
            traits,
            fdflags: 0,
            rights_base: rights,
            rights_inheriting: inheriting,
            preopen: None,
            directory: None,
        })
    }

    const fn standard(host: i32, access: Traits, access_right: u32) -> Descriptor {
        let rights = STANDARD_RIGHTS | access_right;
        Descriptor {
            host,
            filetype: Filetype::Unknown,
            traits: Traits::STANDARD.and(access),
            fdflags: 0,
            rights_base: rights,
            rights_inheriting: rights,
            preopen: None,
            directory: None,
        }
    }

    /// The host's descriptor.
    pub fn host(&self) -> BorrowedFd<'_> {
        // SAFETY: the table owns it and closes it only when the guest does; the guest runs no code meanwhile.
        unsafe { BorrowedFd::borrow_raw(self.host) }
    }

    /// What polls for it, during one host function.
    pub fn poll_fd(&self, events: PollFlags) -> PollFd<'static> {
        // SAFETY: as in `host`.
        PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(self.host) }, events)
    }

    /// Whether reads and writes return `again` rather than wait.
    pub fn is_nonblocking(&self) -> bool {
        self.fdflags & fdflags::NONBLOCK != 0
    }

    /// Refuses what the descriptor's rights do not allow. What its type or access never allowed is a wrong descriptor,
    /// as on the host; what was given up is a missing capability.
    pub fn check(&self, needed: u32) -> Result<()> {
        if self.rights_base & needed == needed {
            Ok(())
        } else if natural_rights(self.filetype, self.traits) & needed == needed {
            Err(Errno::Notcapable)
        } else {
            Err(Errno::Badf)
        }
    }

    /// Refuses changes through a read-only grant.
    pub fn check_writable(&self) -> Result<()> {
        if self.traits.contain(Traits::READ_ONLY) { Err(Errno::Rofs) } else { Ok(()) }
    }

    /// Whether it is a socket.
    pub fn is_socket(&self) -> bool {
        matches!(self.filetype, Filetype::SocketDgram | Filetype::SocketStream)
    }

    /// Gives the resources back.
    fn close(self) -> Result<()> {
        if let Some(directory) = self.directory {
            directory.release();
        }
        const STDERR: i32 = 2;
        if self.host == STDERR {
            // The runtime's own messages, such as that of a trap, still go there.
            return Ok(());
        }
        // SAFETY: the descriptor was the table's, which has forgotten it. The host closes it even when it reports an error
        // of an earlier write.
        Ok(unsafe { try_close(self.host) }?)
    }
}

impl From<FileType> for Filetype {
    /// A socket in a directory, of which nobody knows the kind, counts as a stream.
    fn from(file_type: FileType) -> Filetype {
        match file_type {
            FileType::RegularFile => Filetype::RegularFile,
            FileType::Directory => Filetype::Directory,
            FileType::Symlink => Filetype::SymbolicLink,
            FileType::CharacterDevice => Filetype::CharacterDevice,
            FileType::BlockDevice => Filetype::BlockDevice,
            FileType::Socket => Filetype::SocketStream,
            FileType::Fifo | FileType::Unknown => Filetype::Unknown,
        }
    }
}

/// Lowest number that is given out.
const FIRST_GIVEN: usize = 3;

/// The table: `slots[..capacity]`, which starts as a part of the executable and moves to a mapping when it grows.
struct FdTable {
    slots: *mut Option<Descriptor>,
    capacity: usize,
    mapped: usize,
    /// No number below this one is free, but for those of the standard streams.
    lowest_free: usize,
}

const INITIAL_CAPACITY: usize = 8;

struct Global<T>(UnsafeCell<T>);

// SAFETY: an executable has one guest thread, and host functions do not run inside one another.
unsafe impl<T> Sync for Global<T> {}

static INITIAL: Global<[Option<Descriptor>; INITIAL_CAPACITY]> = Global(UnsafeCell::new([
    Some(Descriptor::standard(0, Traits::READ, rights::FD_READ)),
    Some(Descriptor::standard(1, Traits::WRITE, rights::FD_WRITE)),
    Some(Descriptor::standard(2, Traits::WRITE, rights::FD_WRITE)),
    None,
    None,
    None,
    None,
    None,
]));

static TABLE: Global<FdTable> = Global(UnsafeCell::new(FdTable {
    slots: INITIAL.0.get().cast(),
    capacity: INITIAL_CAPACITY,
    mapped: 0,
    lowest_free: FIRST_GIVEN,
}));

impl FdTable {
    fn slots(&mut self) -> &mut [Option<Descriptor>] {
        // SAFETY: `slots` points to `capacity` initialised elements that only this table uses.
        unsafe { core::slice::from_raw_parts_mut(self.slots, self.capacity) }
    }

    /// Doubles the table.
    #[cold]
    fn grow(&mut self) -> Result<()> {
        let capacity = self.capacity * 2;
        let bytes = (capacity * size_of::<Option<Descriptor>>()).next_multiple_of(sys::page_size());
        let start: *mut Option<Descriptor> = sys::allocate(bytes, false).ok_or(Errno::Nomem)?.cast();
        let old = self.slots();
        for index in 0..capacity {
            let slot = old.get(index).copied().flatten();
            // SAFETY: the mapping has room for `capacity` elements and is aligned to a page.
            unsafe { start.add(index).write(slot) };
        }
        if self.mapped != 0 {
            // SAFETY: the mapping was made by an earlier `grow`, and nothing points into it any more.
            unsafe { sys::release(self.slots.cast(), self.mapped) };
        }
        *self = FdTable { slots: start, capacity, mapped: bytes, lowest_free: self.lowest_free };
        Ok(())
    }

    /// A number became free.
    fn release(&mut self, fd: u32) {
        self.lowest_free = self.lowest_free.min((fd as usize).max(FIRST_GIVEN));
    }

    /// The lowest free number from [`FIRST_GIVEN`] on, with a slot behind it.
    fn free(&mut self) -> Result<usize> {
        let from = self.lowest_free;
        let free = self.slots().iter().skip(from).position(Option::is_none).map(|at| from + at);
        let free = match free {
            Some(free) => free,
            None => {
                let first_new = self.capacity;
                self.grow()?;
                first_new
            }
        };
        self.lowest_free = free;
        Ok(free)
    }
}

fn with_table<R>(action: impl FnOnce(&mut FdTable) -> R) -> R {
    // SAFETY: the one thread that runs host functions is here, and `action`, which is code of this file, does not come back.
    action(unsafe { &mut *TABLE.0.get() })
}

fn with_slot<R>(fd: u32, action: impl FnOnce(&mut Option<Descriptor>) -> R) -> Result<R> {
    with_table(|table| table.slots().get_mut(fd as usize).map(action).ok_or(Errno::Badf))
}

/// The descriptor of this number.
pub fn get(fd: u32) -> Result<Descriptor> {
    with_slot(fd, |slot| *slot)?.ok_or(Errno::Badf)
}

/// The descriptor of this number, if it allows all of `needed`.
pub fn get_with(fd: u32, needed: u32) -> Result<Descriptor> {
    let descriptor = get(fd)?;
    descriptor.check(needed)?;
    Ok(descriptor)
}

/// The directory of this number, if it allows all of `needed`.
pub fn get_directory(fd: u32, needed: u32) -> Result<Descriptor> {
    let descriptor = get(fd)?;
    if descriptor.filetype != Filetype::Directory {
        return Err(Errno::Notdir);
    }
    descriptor.check(needed)?;
    Ok(descriptor)
}

/// Makes sure that the next [`insert`] succeeds.
pub fn reserve() -> Result<()> {
    with_table(|table| table.free().map(drop))
}

/// Adds a descriptor under the lowest free number.
pub fn insert(descriptor: Descriptor) -> Result<u32> {
    let fd = with_table(FdTable::free)? as u32;
    replace(fd, descriptor)?;
    Ok(fd)
}

/// Changes what a number stands for, without closing what it stood for.
pub fn replace(fd: u32, descriptor: Descriptor) -> Result<()> {
    with_slot(fd, |slot| *slot = Some(descriptor))
}

/// Closes a descriptor.
pub fn close(fd: u32) -> Result<()> {
    let descriptor = with_slot(fd, Option::take)?.ok_or(Errno::Badf)?;
    with_table(|table| table.release(fd));
    descriptor.close()
}

/// Moves a descriptor onto another one, which is closed.
pub fn renumber(from: u32, to: u32) -> Result<()> {
    let descriptor = get(from)?;
    let overwritten = get(to)?;
    if from == to {
        return Ok(());
    }
    replace(to, descriptor)?;
    with_slot(from, |slot| *slot = None)?;
    with_table(|table| table.release(from));
    overwritten.close()
}
