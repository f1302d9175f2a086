//! `fd_*`: what is done with an open descriptor.

use rustix::event::PollFlags;
use rustix::fs::{
    Advice, FallocateFlags, OFlags, SeekFrom, fadvise, fallocate, fcntl_getfl, fcntl_setfl, fdatasync, fstat, fsync,
    ftruncate, futimens, seek, tell,
};
use rustix::termios::isatty;

use super::descriptor::{Descriptor, Traits};
use super::directory::DirectoryBuffer;
use super::fd_table;
use super::filestat;
use super::iovec::{retry, with_vectors};
use super::types::{Errno, Filetype, Record, Result, fdflags, rights};
use crate::guest::{Guest, GuestPtr, GuestRange};
use crate::sys::{self, Transfer};

const SYNC_FLAGS: u16 = fdflags::DSYNC | fdflags::RSYNC | fdflags::SYNC;

/// Provide file advisory information.
pub fn fd_advise(_: Guest, fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_ADVISE)?;
    let advice = match advice {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval),
    };
    Ok(fadvise(descriptor.host(), offset, core::num::NonZeroU64::new(len), advice)?)
}

/// Force the allocation of space in a file.
pub fn fd_allocate(_: Guest, fd: u32, offset: u64, len: u64) -> Result<()> {
    let descriptor = fd_table::get(fd)?;
    descriptor.check_writable()?;
    descriptor.check(rights::FD_ALLOCATE)?;
    retry(&descriptor, PollFlags::OUT, || fallocate(descriptor.host(), FallocateFlags::empty(), offset, len))
}

/// Close a descriptor.
pub fn fd_close(_: Guest, fd: u32) -> Result<()> {
    fd_table::close(fd)
}

/// Synchronize the data of a file to disk.
pub fn fd_datasync(_: Guest, fd: u32) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_DATASYNC)?;
    retry(&descriptor, PollFlags::OUT, || fdatasync(descriptor.host()))
}

/// Synchronize the data and metadata of a file to disk.
pub fn fd_sync(_: Guest, fd: u32) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_SYNC)?;
    retry(&descriptor, PollFlags::OUT, || fsync(descriptor.host()))
}

/// Get the attributes of a descriptor.
pub fn fd_fdstat_get(guest: Guest, fd: u32, stat: GuestPtr) -> Result<()> {
    let out = guest.range(stat, 24)?;
    let descriptor = fd_table::get(fd)?;
    let host = descriptor.host();
    let mut filetype = descriptor.filetype;
    if descriptor.traits.contain(Traits::STANDARD) {
        filetype = filestat::filetype(host, &fstat(host)?);
    }
    let mut flags = descriptor.fdflags;
    if fcntl_getfl(host)?.contains(OFlags::APPEND) {
        flags |= fdflags::APPEND;
    }
    let mut base = descriptor.rights_base;
    if filetype == Filetype::CharacterDevice && isatty(host) {
        // How the C library tells a terminal from other devices.
        base &= !(rights::FD_SEEK | rights::FD_TELL);
    }
    let mut record = Record::<24>::ZERO;
    record.field::<0, 1>([filetype as u8]);
    record.field::<2, 2>(flags.to_le_bytes());
    record.field::<8, 8>(u64::from(base).to_le_bytes());
    record.field::<16, 8>(u64::from(descriptor.rights_inheriting).to_le_bytes());
    out.write(0, &record.0)
}

/// Adjust the flags of a descriptor: appending and blocking. How writes are synchronized is settled when a file is opened.
/// Standard output appends or not as whoever started the executable wanted it.
pub fn fd_fdstat_set_flags(_: Guest, fd: u32, flags: u32) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_FDSTAT_SET_FLAGS)?;
    let flags = fdflags_from(flags)?;
    if (flags ^ descriptor.fdflags) & SYNC_FLAGS != 0 {
        return Err(Errno::Inval);
    }
    descriptor.update(|descriptor| {
        let old = fcntl_getfl(descriptor.host())?;
        let mut new = old;
        new.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
        if new != old {
            descriptor.check_writable()?;
            if descriptor.traits.contain(Traits::STANDARD) {
                return Err(Errno::Notcapable);
            }
        }
        new.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
        fcntl_setfl(descriptor.host(), new)?;
        descriptor.fdflags = flags & !fdflags::APPEND;
        Ok(())
    })
}

/// The `fdflags` in a parameter.
pub fn fdflags_from(flags: u32) -> Result<u16> {
    u16::try_from(flags).ok().filter(|flags| flags & !fdflags::ALL == 0).ok_or(Errno::Inval)
}

/// Give up rights of a descriptor; asking for more than it has is refused.
pub fn fd_fdstat_set_rights(_: Guest, fd: u32, base: u64, inheriting: u64) -> Result<()> {
    fd_table::get(fd)?.update(|descriptor| {
        let added = base & !u64::from(descriptor.rights_base) | inheriting & !u64::from(descriptor.rights_inheriting);
        if added != 0 {
            return Err(Errno::Notcapable);
        }
        descriptor.rights_base = base as u32;
        descriptor.rights_inheriting = inheriting as u32;
        Ok(())
    })
}

/// Return the attributes of an open file.
pub fn fd_filestat_get(guest: Guest, fd: u32, buf: GuestPtr) -> Result<()> {
    let out = guest.range(buf, 64)?;
    let descriptor = fd_table::get_with(fd, rights::FD_FILESTAT_GET)?;
    let stat = fstat(descriptor.host())?;
    out.write(0, &filestat::preview1(&stat, filestat::filetype(descriptor.host(), &stat)).0)
}

/// [`fd_filestat_get`] of snapshot 0.
pub fn fd_filestat_get_unstable(guest: Guest, fd: u32, buf: GuestPtr) -> Result<()> {
    let out = guest.range(buf, 56)?;
    let descriptor = fd_table::get_with(fd, rights::FD_FILESTAT_GET)?;
    let stat = fstat(descriptor.host())?;
    out.write(0, &filestat::unstable(&stat, filestat::filetype(descriptor.host(), &stat)).0)
}

/// Adjust the size of an open file. Of one that is not open for writing it is an invalid argument, as on the host.
pub fn fd_filestat_set_size(_: Guest, fd: u32, size: u64) -> Result<()> {
    let descriptor = fd_table::get(fd)?;
    descriptor.check_writable()?;
    if descriptor.filetype == Filetype::RegularFile && !descriptor.traits.contain(Traits::WRITE) {
        return Err(Errno::Inval);
    }
    descriptor.check(rights::FD_FILESTAT_SET_SIZE)?;
    retry(&descriptor, PollFlags::OUT, || ftruncate(descriptor.host(), size))
}

/// Adjust the timestamps of an open file or directory.
pub fn fd_filestat_set_times(_: Guest, fd: u32, atim: u64, mtim: u64, fst_flags: u32) -> Result<()> {
    let times = filestat::timestamps(atim, mtim, fst_flags)?;
    let descriptor = fd_table::get(fd)?;
    descriptor.check_writable()?;
    descriptor.check(rights::FD_FILESTAT_SET_TIMES)?;
    Ok(futimens(descriptor.host(), &times)?)
}

fn read(guest: Guest, descriptor: &Descriptor, iovs: GuestPtr, len: u32, out: GuestPtr, how: Transfer) -> Result<()> {
    let out = guest.range(out, 4)?;
    let count = with_vectors(guest, iovs, len, |vectors| {
        // SAFETY: the vectors are guest memory, which may hold anything.
        retry(descriptor, PollFlags::IN, || unsafe { sys::transfer(descriptor.host(), vectors, how) })
    })?;
    write_count(out, count)
}

fn write(guest: Guest, descriptor: &Descriptor, iovs: GuestPtr, len: u32, out: GuestPtr, how: Transfer) -> Result<()> {
    let out = guest.range(out, 4)?;
    let count = with_vectors(guest, iovs, len, |vectors| {
        // SAFETY: the vectors are guest memory, which may hold anything.
        retry(descriptor, PollFlags::OUT, || unsafe { sys::transfer(descriptor.host(), vectors, how) })
    })?;
    write_count(out, count)
}

/// Delivers a number of bytes. The host transfers less than 2 GiB at a time.
pub fn write_count(out: GuestRange, count: usize) -> Result<()> {
    out.write(0, &(count as u32).to_le_bytes())
}

/// Read from a descriptor.
pub fn fd_read(guest: Guest, fd: u32, iovs: GuestPtr, iovs_len: u32, nread: GuestPtr) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_READ)?;
    read(guest, &descriptor, iovs, iovs_len, nread, Transfer::Read)
}

/// Read from a file at an offset.
pub fn fd_pread(guest: Guest, fd: u32, iovs: GuestPtr, iovs_len: u32, offset: u64, nread: GuestPtr) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_READ | rights::FD_SEEK)?;
    read(guest, &descriptor, iovs, iovs_len, nread, Transfer::ReadAt(offset))
}

/// Write to a descriptor.
pub fn fd_write(guest: Guest, fd: u32, iovs: GuestPtr, iovs_len: u32, nwritten: GuestPtr) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_WRITE)?;
    write(guest, &descriptor, iovs, iovs_len, nwritten, Transfer::Write)
}

/// Write to a file at an offset.
pub fn fd_pwrite(guest: Guest, fd: u32, iovs: GuestPtr, iovs_len: u32, offset: u64, nwritten: GuestPtr) -> Result<()> {
    let descriptor = fd_table::get_with(fd, rights::FD_WRITE | rights::FD_SEEK)?;
    write(guest, &descriptor, iovs, iovs_len, nwritten, Transfer::WriteAt(offset))
}

/// Read directory entries.
pub fn fd_readdir(guest: Guest, fd: u32, buf: GuestPtr, buf_len: u32, cookie: u64, bufused: GuestPtr) -> Result<()> {
    let out = guest.range(bufused, 4)?;
    let entries = guest.range(buf, buf_len)?;
    let descriptor = fd_table::get_directory(fd, rights::FD_READDIR)?;
    let buffer = match descriptor.directory {
        Some(buffer) => buffer,
        None => descriptor.update(|descriptor| match descriptor.directory {
            // Another thread was faster.
            Some(buffer) => Ok(buffer),
            None => Ok(*descriptor.directory.insert(DirectoryBuffer::new()?)),
        })?,
    };
    write_count(out, buffer.read(descriptor.host(), cookie, entries)?)
}

/// Atomically replace a descriptor by another one.
pub fn fd_renumber(_: Guest, fd: u32, to: u32) -> Result<()> {
    fd_table::renumber(fd, to)
}

/// Move the offset of a descriptor.
pub fn fd_seek(guest: Guest, fd: u32, offset: i64, whence: u32, newoffset: GuestPtr) -> Result<()> {
    let position = match whence {
        0 => SeekFrom::Start(offset as u64),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::Inval),
    };
    move_offset(guest, fd, position, newoffset)
}

/// [`fd_seek`] of snapshot 0, which numbers `whence` in another order.
pub fn fd_seek_unstable(guest: Guest, fd: u32, offset: i64, whence: u32, newoffset: GuestPtr) -> Result<()> {
    let position = match whence {
        0 => SeekFrom::Current(offset),
        1 => SeekFrom::End(offset),
        2 => SeekFrom::Start(offset as u64),
        _ => return Err(Errno::Inval),
    };
    move_offset(guest, fd, position, newoffset)
}

fn move_offset(guest: Guest, fd: u32, position: SeekFrom, newoffset: GuestPtr) -> Result<()> {
    let out = guest.range(newoffset, 8)?;
    let asks_only = matches!(position, SeekFrom::Current(0));
    let needed = if asks_only { rights::FD_TELL } else { rights::FD_SEEK };
    let descriptor = fd_table::get_with(fd, needed)?;
    out.write(0, &seek(descriptor.host(), position)?.to_le_bytes())
}

/// Return the current offset of a descriptor.
pub fn fd_tell(guest: Guest, fd: u32, offset: GuestPtr) -> Result<()> {
    let out = guest.range(offset, 8)?;
    let descriptor = fd_table::get_with(fd, rights::FD_TELL)?;
    out.write(0, &tell(descriptor.host())?.to_le_bytes())
}

/// Return a description of a preopened directory.
pub fn fd_prestat_get(guest: Guest, fd: u32, buf: GuestPtr) -> Result<()> {
    let out = guest.range(buf, 8)?;
    let name = fd_table::get(fd)?.preopen.ok_or(Errno::Badf)?;
    // The tag of `prestat_dir` is 0.
    let mut record = Record::<8>::ZERO;
    record.field::<4, 4>((name.len() as u32).to_le_bytes());
    out.write(0, &record.0)
}

/// Return the name of a preopened directory.
pub fn fd_prestat_dir_name(guest: Guest, fd: u32, path: GuestPtr, path_len: u32) -> Result<()> {
    let name = fd_table::get(fd)?.preopen.ok_or(Errno::Notdir)?;
    if name.len() > path_len as usize {
        return Err(Errno::Nametoolong);
    }
    guest.range(path, name.len() as u32)?.write(0, name)
}
