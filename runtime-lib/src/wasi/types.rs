//! The data types of WASI preview 1, as its witx file (`typenames.witx`) numbers and lays them out.
//! Snapshot 0 shares them but for `filestat`, `subscription_clock` and `whence`.

/// What a WASI function answers.
pub type Result<T> = core::result::Result<T, Errno>;

/// witx `errno`. `success` is [`Ok`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
#[allow(missing_docs, reason = "the names are POSIX's")]
pub enum Errno {
    TooBig = 1,
    Acces = 2,
    Addrinuse = 3,
    Addrnotavail = 4,
    Afnosupport = 5,
    Again = 6,
    Already = 7,
    Badf = 8,
    Badmsg = 9,
    Busy = 10,
    Canceled = 11,
    Child = 12,
    Connaborted = 13,
    Connrefused = 14,
    Connreset = 15,
    Deadlk = 16,
    Destaddrreq = 17,
    Dom = 18,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Hostunreach = 23,
    Idrm = 24,
    Ilseq = 25,
    Inprogress = 26,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isconn = 30,
    Isdir = 31,
    Loop = 32,
    Mfile = 33,
    Mlink = 34,
    Msgsize = 35,
    Multihop = 36,
    Nametoolong = 37,
    Netdown = 38,
    Netreset = 39,
    Netunreach = 40,
    Nfile = 41,
    Nobufs = 42,
    Nodev = 43,
    Noent = 44,
    Noexec = 45,
    Nolck = 46,
    Nolink = 47,
    Nomem = 48,
    Nomsg = 49,
    Noprotoopt = 50,
    Nospc = 51,
    Nosys = 52,
    Notconn = 53,
    Notdir = 54,
    Notempty = 55,
    Notrecoverable = 56,
    Notsock = 57,
    Notsup = 58,
    Notty = 59,
    Nxio = 60,
    Overflow = 61,
    Ownerdead = 62,
    Perm = 63,
    Pipe = 64,
    Proto = 65,
    Protonosupport = 66,
    Prototype = 67,
    Range = 68,
    Rofs = 69,
    Spipe = 70,
    Srch = 71,
    Stale = 72,
    Timedout = 73,
    Txtbsy = 74,
    Xdev = 75,
    Notcapable = 76,
}

/// witx `filetype`. A pipe has no number of its own and is `Unknown`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Filetype {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketDgram = 5,
    SocketStream = 6,
    SymbolicLink = 7,
}

/// witx `rights`: what may be done with a descriptor. Bits 30 to 63 have no meaning.
#[allow(missing_docs, reason = "the names are those of the functions they allow")]
pub mod rights {
    pub const FD_DATASYNC: u32 = 1 << 0;
    pub const FD_READ: u32 = 1 << 1;
    pub const FD_SEEK: u32 = 1 << 2;
    pub const FD_FDSTAT_SET_FLAGS: u32 = 1 << 3;
    pub const FD_SYNC: u32 = 1 << 4;
    pub const FD_TELL: u32 = 1 << 5;
    pub const FD_WRITE: u32 = 1 << 6;
    pub const FD_ADVISE: u32 = 1 << 7;
    pub const FD_ALLOCATE: u32 = 1 << 8;
    pub const PATH_CREATE_DIRECTORY: u32 = 1 << 9;
    pub const PATH_CREATE_FILE: u32 = 1 << 10;
    pub const PATH_LINK_SOURCE: u32 = 1 << 11;
    pub const PATH_LINK_TARGET: u32 = 1 << 12;
    pub const PATH_OPEN: u32 = 1 << 13;
    pub const FD_READDIR: u32 = 1 << 14;
    pub const PATH_READLINK: u32 = 1 << 15;
    pub const PATH_RENAME_SOURCE: u32 = 1 << 16;
    pub const PATH_RENAME_TARGET: u32 = 1 << 17;
    pub const PATH_FILESTAT_GET: u32 = 1 << 18;
    pub const PATH_FILESTAT_SET_SIZE: u32 = 1 << 19;
    pub const PATH_FILESTAT_SET_TIMES: u32 = 1 << 20;
    pub const FD_FILESTAT_GET: u32 = 1 << 21;
    pub const FD_FILESTAT_SET_SIZE: u32 = 1 << 22;
    pub const FD_FILESTAT_SET_TIMES: u32 = 1 << 23;
    pub const PATH_SYMLINK: u32 = 1 << 24;
    pub const PATH_REMOVE_DIRECTORY: u32 = 1 << 25;
    pub const PATH_UNLINK_FILE: u32 = 1 << 26;
    pub const POLL_FD_READWRITE: u32 = 1 << 27;
    pub const SOCK_SHUTDOWN: u32 = 1 << 28;
    pub const SOCK_ACCEPT: u32 = 1 << 29;
}

/// witx `fdflags`.
#[allow(missing_docs, reason = "the names are POSIX's")]
pub mod fdflags {
    pub const APPEND: u16 = 1 << 0;
    pub const DSYNC: u16 = 1 << 1;
    pub const NONBLOCK: u16 = 1 << 2;
    pub const RSYNC: u16 = 1 << 3;
    pub const SYNC: u16 = 1 << 4;
    pub const ALL: u16 = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC;
}

/// witx `oflags`.
#[allow(missing_docs, reason = "the names are POSIX's")]
pub mod oflags {
    pub const CREAT: u32 = 1 << 0;
    pub const DIRECTORY: u32 = 1 << 1;
    pub const EXCL: u32 = 1 << 2;
    pub const TRUNC: u32 = 1 << 3;
    pub const ALL: u32 = CREAT | DIRECTORY | EXCL | TRUNC;
}

/// witx `fstflags`: which times to set, and from where.
#[allow(missing_docs, reason = "the names say it")]
pub mod fstflags {
    pub const ATIM: u32 = 1 << 0;
    pub const ATIM_NOW: u32 = 1 << 1;
    pub const MTIM: u32 = 1 << 2;
    pub const MTIM_NOW: u32 = 1 << 3;
    pub const ALL: u32 = ATIM | ATIM_NOW | MTIM | MTIM_NOW;
}

/// witx `lookupflags::symlink_follow`.
pub const SYMLINK_FOLLOW: u32 = 1 << 0;

/// witx `riflags` and `roflags`.
#[allow(missing_docs, reason = "the names say it")]
pub mod sock_flags {
    pub const RECV_PEEK: u32 = 1 << 0;
    pub const RECV_WAITALL: u32 = 1 << 1;
    pub const RECV_DATA_TRUNCATED: u16 = 1 << 0;
}

/// witx `sdflags`.
#[allow(missing_docs, reason = "the names say it")]
pub mod sdflags {
    pub const RD: u32 = 1 << 0;
    pub const WR: u32 = 1 << 1;
}

/// witx `clockid`.
#[allow(missing_docs, reason = "the names say it")]
pub mod clockid {
    pub const REALTIME: u32 = 0;
    pub const MONOTONIC: u32 = 1;
    pub const PROCESS_CPUTIME_ID: u32 = 2;
    pub const THREAD_CPUTIME_ID: u32 = 3;
}

/// witx `eventtype`.
#[allow(missing_docs, reason = "the names say it")]
pub mod eventtype {
    pub const CLOCK: u8 = 0;
    pub const FD_READ: u8 = 1;
    pub const FD_WRITE: u8 = 2;
}

/// witx `subclockflags::subscription_clock_abstime`.
pub const SUBSCRIPTION_CLOCK_ABSTIME: u16 = 1 << 0;

/// witx `eventrwflags::fd_readwrite_hangup`.
pub const FD_READWRITE_HANGUP: u16 = 1 << 0;

/// Size in bytes of an `iovec` and a `ciovec`.
pub const IOVEC_SIZE: u32 = 8;
/// Size in bytes of a `dirent`, without the name that follows it.
pub const DIRENT_SIZE: usize = 24;
/// Size in bytes of an `event`.
pub const EVENT_SIZE: usize = 32;

/// Puts fields into a structure of `N` bytes at their offsets; what lies between is zero.
pub struct Record<const N: usize>(pub [u8; N]);

impl<const N: usize> Record<N> {
    /// All zero.
    pub const ZERO: Record<N> = Record([0; N]);

    /// Sets the bytes at `OFFSET`.
    pub fn field<const OFFSET: usize, const LEN: usize>(&mut self, value: [u8; LEN]) {
        const { assert!(OFFSET + LEN <= N) };
        if let Some(place) = self.0.get_mut(OFFSET..OFFSET + LEN) {
            place.copy_from_slice(&value);
        }
    }
}
