//! An open descriptor of the guest: what it is and what may be done with it.

use rustix::event::{PollFd, PollFlags};
use rustix::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use rustix::fs::FileType;
use rustix::io::{fcntl_dupfd_cloexec, try_close};

use super::directory::DirectoryBuffer;
use super::types::{Errno, Filetype, Result, fdflags, rights};

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

    /// Standard input, output or error.
    pub const fn standard(host: i32, access: Traits, access_right: u32) -> Descriptor {
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
        // SAFETY: the table owns it, and closes it only when nobody uses it any more.
        unsafe { BorrowedFd::borrow_raw(self.host) }
    }

    /// What polls for it, as long as the table does not close it.
    pub fn poll_fd(&self, events: PollFlags) -> PollFd<'static> {
        // SAFETY: as in `host`.
        PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(self.host) }, events)
    }

    /// The host's number for it: no two descriptors of the guest have the same.
    pub fn host_number(&self) -> i32 {
        self.host
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

    /// Gives the resources back. The table has forgotten it, and nobody uses it.
    pub fn close(self) -> Result<()> {
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
