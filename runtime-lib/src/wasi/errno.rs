//! From the operating system's error numbers to WASI's, and the number a WASI function returns.

use rustix::io::Errno as Os;

use super::types::{Errno, Result};

/// What a WASI function returns: 0, or an errno.
pub fn code(result: Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(errno) => errno as i32,
    }
}

impl From<Os> for Errno {
    fn from(errno: Os) -> Errno {
        match errno {
            Os::TOOBIG => Errno::TooBig,
            Os::ACCESS => Errno::Acces,
            Os::ADDRINUSE => Errno::Addrinuse,
            Os::ADDRNOTAVAIL => Errno::Addrnotavail,
            Os::AFNOSUPPORT => Errno::Afnosupport,
            Os::AGAIN => Errno::Again,
            Os::ALREADY => Errno::Already,
            Os::BADF => Errno::Badf,
            Os::BADMSG => Errno::Badmsg,
            Os::BUSY => Errno::Busy,
            Os::CANCELED => Errno::Canceled,
            Os::CHILD => Errno::Child,
            Os::CONNABORTED => Errno::Connaborted,
            Os::CONNREFUSED => Errno::Connrefused,
            Os::CONNRESET => Errno::Connreset,
            Os::DEADLK => Errno::Deadlk,
            Os::DESTADDRREQ => Errno::Destaddrreq,
            Os::DOM => Errno::Dom,
            Os::DQUOT => Errno::Dquot,
            Os::EXIST => Errno::Exist,
            Os::FAULT => Errno::Fault,
            Os::FBIG => Errno::Fbig,
            Os::HOSTUNREACH => Errno::Hostunreach,
            Os::IDRM => Errno::Idrm,
            Os::ILSEQ => Errno::Ilseq,
            Os::INPROGRESS => Errno::Inprogress,
            Os::INTR => Errno::Intr,
            Os::INVAL => Errno::Inval,
            Os::ISCONN => Errno::Isconn,
            Os::ISDIR => Errno::Isdir,
            Os::LOOP => Errno::Loop,
            Os::MFILE => Errno::Mfile,
            Os::MLINK => Errno::Mlink,
            Os::MSGSIZE => Errno::Msgsize,
            Os::MULTIHOP => Errno::Multihop,
            Os::NAMETOOLONG => Errno::Nametoolong,
            Os::NETDOWN => Errno::Netdown,
            Os::NETRESET => Errno::Netreset,
            Os::NETUNREACH => Errno::Netunreach,
            Os::NFILE => Errno::Nfile,
            Os::NOBUFS => Errno::Nobufs,
            Os::NODEV => Errno::Nodev,
            Os::NOENT => Errno::Noent,
            Os::NOEXEC => Errno::Noexec,
            Os::NOLCK => Errno::Nolck,
            Os::NOLINK => Errno::Nolink,
            Os::NOMEM => Errno::Nomem,
            Os::NOMSG => Errno::Nomsg,
            Os::NOPROTOOPT => Errno::Noprotoopt,
            Os::NOSPC => Errno::Nospc,
            Os::NOSYS => Errno::Nosys,
            Os::NOTCONN => Errno::Notconn,
            Os::NOTDIR => Errno::Notdir,
            Os::NOTEMPTY => Errno::Notempty,
            Os::NOTRECOVERABLE => Errno::Notrecoverable,
            Os::NOTSOCK => Errno::Notsock,
            Os::NOTSUP => Errno::Notsup,
            Os::NOTTY => Errno::Notty,
            Os::NXIO => Errno::Nxio,
            Os::OVERFLOW => Errno::Overflow,
            Os::OWNERDEAD => Errno::Ownerdead,
            Os::PERM => Errno::Perm,
            Os::PIPE => Errno::Pipe,
            Os::PROTO => Errno::Proto,
            Os::PROTONOSUPPORT => Errno::Protonosupport,
            Os::PROTOTYPE => Errno::Prototype,
            Os::RANGE => Errno::Range,
            Os::ROFS => Errno::Rofs,
            Os::SPIPE => Errno::Spipe,
            Os::SRCH => Errno::Srch,
            Os::STALE => Errno::Stale,
            Os::TIMEDOUT => Errno::Timedout,
            Os::TXTBSY => Errno::Txtbsy,
            Os::XDEV => Errno::Xdev,
            // What WASI has no number for, and I/O errors themselves.
            _ => Errno::Io,
        }
    }
}
