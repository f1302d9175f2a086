//! `path_*`: what is done with a file by its name. Everything goes through [`path_resolver`]; what acts on a name itself
//! acts on the last name of the path and follows no link there.

use rustix::fd::AsFd;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, Timestamps, fstat, futimens, linkat, mkdirat, readlinkat_raw, renameat,
    statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::Errno as Os;

use super::descriptor::{Descriptor, INHERITABLE_RIGHTS, Traits};
use super::fd::{fdflags_from, write_count};
use super::fd_table::{self, Lent};
use super::filestat;
use super::path_resolver::{self, PATH_MAX, Path, TrailingSlash};
use super::types::{Errno, Filetype, Result, SYMLINK_FOLLOW, fdflags, oflags, rights};
use crate::guest::{Guest, GuestPtr};

/// Whether `lookupflags` say to follow a link at the end of the path.
fn follows(lookup: u32) -> Result<bool> {
    match lookup {
        0 => Ok(false),
        SYMLINK_FOLLOW => Ok(true),
        _ => Err(Errno::Inval),
    }
}

/// A directory through which something may be changed.
fn writable_directory(fd: u32, needed: u32) -> Result<Lent> {
    let directory = fd_table::get_directory(fd, needed)?;
    directory.check_writable()?;
    Ok(directory)
}

/// Create a directory.
pub fn path_create_directory(guest: Guest, fd: u32, path: GuestPtr, path_len: u32) -> Result<()> {
    let directory = writable_directory(fd, rights::PATH_CREATE_DIRECTORY)?;
    let mut path = Path::read(guest, path, path_len)?;
    let place = path_resolver::place(directory.host(), &mut path, TrailingSlash::Host)?;
    Ok(mkdirat(place.parent(), place.name, Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO))?)
}

fn stat(guest: Guest, fd: u32, flags: u32, path: GuestPtr, path_len: u32) -> Result<Stat> {
    let follows = follows(flags)?;
    let directory = fd_table::get_directory(fd, rights::PATH_FILESTAT_GET)?;
    let path = Path::read(guest, path, path_len)?;
    if let Some(name) = path.as_name() {
        // One system call rather than three in the usual case.
        let stat = statat(directory.host(), name, AtFlags::SYMLINK_NOFOLLOW)?;
        if !follows || FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
            return Ok(stat);
        }
    }
    let mut flags = OFlags::PATH;
    flags.set(OFlags::NOFOLLOW, !follows);
    Ok(fstat(path_resolver::open(directory.host(), &path, flags, Mode::empty())?)?)
}

fn stat_type(stat: &Stat) -> Filetype {
    FileType::from_raw_mode(stat.st_mode).into()
}

/// Return the attributes of a file or directory.
pub fn path_filestat_get(
    guest: Guest,
    fd: u32,
    flags: u32,
    path: GuestPtr,
    path_len: u32,
    buf: GuestPtr,
) -> Result<()> {
    let out = guest.range(buf, 64)?;
    let stat = stat(guest, fd, flags, path, path_len)?;
    out.write(0, &filestat::preview1(&stat, stat_type(&stat)).0)
}

/// [`path_filestat_get`] of snapshot 0.
pub fn path_filestat_get_unstable(
    guest: Guest,
    fd: u32,
    flags: u32,
    path: GuestPtr,
    path_len: u32,
    buf: GuestPtr,
) -> Result<()> {
    let out = guest.range(buf, 56)?;
    let stat = stat(guest, fd, flags, path, path_len)?;
    out.write(0, &filestat::unstable(&stat, stat_type(&stat)).0)
}

/// Adjust the timestamps of a file or directory.
#[allow(clippy::too_many_arguments, reason = "WASI's signature")]
pub fn path_filestat_set_times(
    guest: Guest,
    fd: u32,
    flags: u32,
    path: GuestPtr,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result<()> {
    let follows = follows(flags)?;
    let times = filestat::timestamps(atim, mtim, fst_flags)?;
    let directory = writable_directory(fd, rights::PATH_FILESTAT_SET_TIMES)?;
    let mut path = Path::read(guest, path, path_len)?;
    if follows {
        return set_times_of_target(&directory, &path, &times);
    }
    let place = path_resolver::place(directory.host(), &mut path, TrailingSlash::Directory)?;
    Ok(utimensat(place.parent(), place.name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

fn set_times_of_target(directory: &Descriptor, path: &Path, times: &Timestamps) -> Result<()> {
    let target = path_resolver::open(directory.host(), path, OFlags::PATH, Mode::empty())?;
    match utimensat(&target, c"", times, AtFlags::EMPTY_PATH) {
        // A host that cannot do this through a descriptor that is not open for anything.
        Err(Os::INVAL) => {}
        result => return Ok(result?),
    }
    let flags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);
    Ok(futimens(path_resolver::open(directory.host(), path, flags, Mode::empty())?, times)?)
}

/// Create a hard link. Following a link at the old path is not supported, as by other engines.
#[allow(clippy::too_many_arguments, reason = "WASI's signature")]
pub fn path_link(
    guest: Guest,
    old_fd: u32,
    old_flags: u32,
    old_path: GuestPtr,
    old_path_len: u32,
    new_fd: u32,
    new_path: GuestPtr,
    new_path_len: u32,
) -> Result<()> {
    if old_flags != 0 {
        return Err(Errno::Inval);
    }
    let old_directory = writable_directory(old_fd, rights::PATH_LINK_SOURCE)?;
    let new_directory = writable_directory(new_fd, rights::PATH_LINK_TARGET)?;
    let mut old_path = Path::read(guest, old_path, old_path_len)?;
    let mut new_path = Path::read(guest, new_path, new_path_len)?;
    let old = path_resolver::place(old_directory.host(), &mut old_path, TrailingSlash::Directory)?;
    let new = path_resolver::place(new_directory.host(), &mut new_path, TrailingSlash::Directory)?;
    Ok(linkat(old.parent(), old.name, new.parent(), new.name, AtFlags::empty())?)
}

/// How the host shall open a file.
fn open_flags(lookup: u32, open: u32, base: u32, flags: u16) -> Result<OFlags> {
    let exclusive_uses = oflags::CREAT | oflags::EXCL | oflags::TRUNC;
    if open & !oflags::ALL != 0 || open & oflags::DIRECTORY != 0 && open & exclusive_uses != 0 {
        return Err(Errno::Inval);
    }
    let mut host = match (base & rights::FD_READ != 0, base & rights::FD_WRITE != 0) {
        (true, true) => OFlags::RDWR,
        (false, true) => OFlags::WRONLY,
        (_, false) => OFlags::RDONLY,
    };
    host.set(OFlags::NOCTTY, true);
    host.set(OFlags::NOFOLLOW, !follows(lookup)?);
    host.set(OFlags::CREATE, open & oflags::CREAT != 0);
    host.set(OFlags::DIRECTORY, open & oflags::DIRECTORY != 0);
    host.set(OFlags::EXCL, open & oflags::EXCL != 0);
    host.set(OFlags::TRUNC, open & oflags::TRUNC != 0);
    host.set(OFlags::APPEND, flags & fdflags::APPEND != 0);
    host.set(OFlags::NONBLOCK, flags & fdflags::NONBLOCK != 0);
    if flags & fdflags::DSYNC != 0 {
        host |= OFlags::DSYNC;
    }
    if flags & (fdflags::RSYNC | fdflags::SYNC) != 0 {
        host |= OFlags::SYNC;
    }
    Ok(host)
}

/// The rights that opening a file takes from its directory: its own ones, and those it passes on.
fn rights_to_open(open: u32, base: u64, inheriting: u64) -> (u32, u32) {
    let mut needed = rights::PATH_OPEN;
    if open & oflags::CREAT != 0 {
        needed |= rights::PATH_CREATE_FILE;
    }
    // Bits without a meaning, and those for sockets, which no directory holds, are not asked for in earnest.
    let mut passed_on = (base | inheriting) as u32 & INHERITABLE_RIGHTS;
    if open & oflags::TRUNC != 0 {
        passed_on |= rights::FD_WRITE;
    }
    (needed, passed_on)
}

/// Open a file or directory.
///
/// Of the rights asked for, those to read and to write decide how the file is opened. The others are not held against a
/// program that forgot to ask, as no engine does: the new descriptor gets all that fit its type and that the directory
/// passes on. A right that the directory does not pass on is refused.
#[allow(clippy::too_many_arguments, reason = "WASI's signature")]
pub fn path_open(
    guest: Guest,
    fd: u32,
    dirflags: u32,
    path: GuestPtr,
    path_len: u32,
    open: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
    flags: u32,
    opened_fd: GuestPtr,
) -> Result<()> {
    let out = guest.range(opened_fd, 4)?;
    let flags = fdflags_from(flags)?;
    let host_flags = open_flags(dirflags, open, fs_rights_base as u32, flags)?;
    let (needed, passed_on) = rights_to_open(open, fs_rights_base, fs_rights_inheriting);
    let directory = fd_table::get_directory(fd, needed)?;
    let path = Path::read(guest, path, path_len)?;
    if passed_on & !directory.rights_inheriting != 0 {
        return Err(Errno::Notcapable);
    }
    let writes = fs_rights_base as u32 & rights::FD_WRITE != 0;
    if writes || open & (oflags::CREAT | oflags::TRUNC) != 0 {
        directory.check_writable()?;
    }
    // From here on a failure of the table would come too late.
    let number = fd_table::reserve()?;
    let mode = if open & oflags::CREAT != 0 { Mode::from_raw_mode(0o666) } else { Mode::empty() };
    let file = path_resolver::open(directory.host(), &path, host_flags, mode)?;
    let filetype = filestat::filetype(file.as_fd(), &fstat(&file)?);
    let traits = Traits::READ
        .when(fs_rights_base as u32 & rights::FD_READ != 0)
        .and(Traits::WRITE.when(writes))
        .and(Traits::READ_ONLY.when(directory.traits.contain(Traits::READ_ONLY)));
    let mut descriptor = Descriptor::new(file, filetype, traits)?;
    descriptor.fdflags = flags & !fdflags::APPEND;
    descriptor.rights_base &= directory.rights_inheriting;
    descriptor.rights_inheriting &= directory.rights_inheriting;
    out.write(0, &number.fill(descriptor).to_le_bytes())
}

/// Read the contents of a symbolic link. An absolute one could not be followed, and tells about the host; it is refused.
pub fn path_readlink(
    guest: Guest,
    fd: u32,
    path: GuestPtr,
    path_len: u32,
    buf: GuestPtr,
    buf_len: u32,
    bufused: GuestPtr,
) -> Result<()> {
    let out = guest.range(bufused, 4)?;
    let buffer = guest.range(buf, buf_len)?;
    let directory = fd_table::get_directory(fd, rights::PATH_READLINK)?;
    let mut path = Path::read(guest, path, path_len)?;
    let place = path_resolver::place(directory.host(), &mut path, TrailingSlash::Directory)?;
    let mut target = [0; PATH_MAX];
    let len = readlinkat_raw(place.parent(), place.name, &mut target)?;
    let target = target.get(..len).unwrap_or_default();
    if target.starts_with(b"/") {
        return Err(Errno::Perm);
    }
    let fits = target.get(..buffer.size()).unwrap_or(target);
    buffer.write(0, fits)?;
    write_count(out, fits.len())
}

/// Remove a directory.
pub fn path_remove_directory(guest: Guest, fd: u32, path: GuestPtr, path_len: u32) -> Result<()> {
    let directory = writable_directory(fd, rights::PATH_REMOVE_DIRECTORY)?;
    let mut path = Path::read(guest, path, path_len)?;
    let place = path_resolver::place(directory.host(), &mut path, TrailingSlash::Host)?;
    Ok(unlinkat(place.parent(), place.name, AtFlags::REMOVEDIR)?)
}

/// Rename a file or directory.
pub fn path_rename(
    guest: Guest,
    fd: u32,
    old_path: GuestPtr,
    old_path_len: u32,
    new_fd: u32,
    new_path: GuestPtr,
    new_path_len: u32,
) -> Result<()> {
    let old_directory = writable_directory(fd, rights::PATH_RENAME_SOURCE)?;
    let new_directory = writable_directory(new_fd, rights::PATH_RENAME_TARGET)?;
    let mut old_path = Path::read(guest, old_path, old_path_len)?;
    let mut new_path = Path::read(guest, new_path, new_path_len)?;
    let old = path_resolver::place(old_directory.host(), &mut old_path, TrailingSlash::Host)?;
    let new = path_resolver::place(new_directory.host(), &mut new_path, TrailingSlash::Host)?;
    Ok(renameat(old.parent(), old.name, new.parent(), new.name)?)
}

/// Create a symbolic link. An absolute one is refused, as it could lead programs outside astray.
pub fn path_symlink(
    guest: Guest,
    old_path: GuestPtr,
    old_path_len: u32,
    fd: u32,
    new_path: GuestPtr,
    new_path_len: u32,
) -> Result<()> {
    let directory = writable_directory(fd, rights::PATH_SYMLINK)?;
    let target = Path::read(guest, old_path, old_path_len)?;
    let mut new_path = Path::read(guest, new_path, new_path_len)?;
    let new = path_resolver::place(directory.host(), &mut new_path, TrailingSlash::Directory)?;
    Ok(symlinkat(target.as_c_str(), new.parent(), new.name)?)
}

/// Unlink a file.
pub fn path_unlink_file(guest: Guest, fd: u32, path: GuestPtr, path_len: u32) -> Result<()> {
    let directory = writable_directory(fd, rights::PATH_UNLINK_FILE)?;
    let mut path = Path::read(guest, path, path_len)?;
    let place = path_resolver::place(directory.host(), &mut path, TrailingSlash::Directory)?;
    Ok(unlinkat(place.parent(), place.name, AtFlags::empty())?)
}
