//! `sock_*`: granted listening sockets and their connections.

use rustix::event::PollFlags;
use rustix::fd::AsFd;
use rustix::fs::fstat;
use rustix::net::{Shutdown, SocketFlags, accept_with, shutdown};

use super::descriptor::{Descriptor, Traits};
use super::fd::{fdflags_from, write_count};
use super::fd_table::{self, Lent};
use super::filestat;
use super::iovec::{retry, with_vectors};
use super::types::{Errno, Result, fdflags, rights, sdflags, sock_flags};
use crate::guest::{Guest, GuestPtr};
use crate::sys::{self, ReceiveFlags};

/// A socket that allows all of `needed`. Standard input may be one too.
fn socket(fd: u32, needed: u32) -> Result<Lent> {
    let descriptor = fd_table::get(fd)?;
    if !descriptor.is_socket() && !descriptor.traits.contain(Traits::STANDARD) {
        return Err(Errno::Notsock);
    }
    descriptor.check(needed)?;
    Ok(descriptor)
}

/// Accept a new incoming connection.
pub fn sock_accept(guest: Guest, fd: u32, flags: u32, result: GuestPtr) -> Result<()> {
    let out = guest.range(result, 4)?;
    let flags = fdflags_from(flags)?;
    if flags & !fdflags::NONBLOCK != 0 {
        return Err(Errno::Inval);
    }
    let listener = socket(fd, rights::SOCK_ACCEPT)?;
    let number = fd_table::reserve()?;
    let mut how = SocketFlags::CLOEXEC;
    how.set(SocketFlags::NONBLOCK, flags != 0);
    let connection = retry(&listener, PollFlags::IN, || accept_with(listener.host(), how))?;
    let filetype = filestat::filetype(connection.as_fd(), &fstat(&connection)?);
    let mut descriptor = Descriptor::new(connection, filetype, Traits::READ.and(Traits::WRITE))?;
    descriptor.fdflags = flags;
    out.write(0, &number.fill(descriptor).to_le_bytes())
}

/// Receive a message from a socket.
pub fn sock_recv(
    guest: Guest,
    fd: u32,
    ri_data: GuestPtr,
    ri_data_len: u32,
    ri_flags: u32,
    ro_datalen: GuestPtr,
    ro_flags: GuestPtr,
) -> Result<()> {
    let (len_out, flags_out) = (guest.range(ro_datalen, 4)?, guest.range(ro_flags, 2)?);
    if ri_flags & !(sock_flags::RECV_PEEK | sock_flags::RECV_WAITALL) != 0 {
        return Err(Errno::Inval);
    }
    let how = ReceiveFlags {
        peek: ri_flags & sock_flags::RECV_PEEK != 0,
        wait_all: ri_flags & sock_flags::RECV_WAITALL != 0,
    };
    let socket = socket(fd, rights::FD_READ)?;
    let (count, truncated) = with_vectors(guest, ri_data, ri_data_len, |vectors| {
        // SAFETY: the vectors are guest memory, which may hold anything.
        retry(&socket, PollFlags::IN, || unsafe { sys::receive(socket.host(), vectors, how) })
    })?;
    let flags = if truncated { sock_flags::RECV_DATA_TRUNCATED } else { 0 };
    flags_out.write(0, &flags.to_le_bytes())?;
    write_count(len_out, count)
}

/// Send a message on a socket. There are no flags yet.
pub fn sock_send(
    guest: Guest,
    fd: u32,
    si_data: GuestPtr,
    si_data_len: u32,
    si_flags: u32,
    so_datalen: GuestPtr,
) -> Result<()> {
    let out = guest.range(so_datalen, 4)?;
    if si_flags != 0 {
        return Err(Errno::Inval);
    }
    let socket = socket(fd, rights::FD_WRITE)?;
    let count = with_vectors(guest, si_data, si_data_len, |vectors| {
        // SAFETY: the vectors are guest memory, which may hold anything.
        retry(&socket, PollFlags::OUT, || unsafe { sys::send(socket.host(), vectors) })
    })?;
    write_count(out, count)
}

/// Shut down socket send and receive channels.
pub fn sock_shutdown(_: Guest, fd: u32, how: u32) -> Result<()> {
    const BOTH: u32 = sdflags::RD | sdflags::WR;
    let socket = socket(fd, rights::SOCK_SHUTDOWN)?;
    let how = match how {
        sdflags::RD => Shutdown::Read,
        sdflags::WR => Shutdown::Write,
        BOTH => Shutdown::Both,
        _ => return Err(Errno::Inval),
    };
    Ok(shutdown(socket.host(), how)?)
}
