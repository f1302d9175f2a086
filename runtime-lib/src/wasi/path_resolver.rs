//! The one place where a guest's path meets the host's file system. Nothing outside the directory it is relative to is ever
//! reached: an absolute path, a `..` or a symbolic link that would lead out is refused with `perm`, as by other engines.
//!
//! The host resolves a path in one step where it can ([`sys::open_beneath`]); otherwise [`Walk`](super::path_walk::Walk) goes
//! from name to name.

use core::ffi::CStr;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};

use super::path_walk::Walk;
use super::types::{Errno, Result};
use crate::guest::{Guest, GuestPtr};
use crate::sys::{self, BeneathError};

/// The host's limit for a path, its closing NUL included.
pub const PATH_MAX: usize = 4096;

/// Opens a directory on the way to somewhere.
pub const DIRECTORY: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A path of the guest: relative, not empty, without NUL.
pub struct Path {
    /// The path; zero from `len` on.
    bytes: [u8; PATH_MAX],
    len: usize,
}

impl Path {
    /// Copies a path out of guest memory.
    pub fn read(guest: Guest, path: GuestPtr, path_len: u32) -> Result<Path> {
        let source = guest.range(path, path_len)?;
        let mut path = Path { bytes: [0; PATH_MAX], len: source.size() };
        if source.size() >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        source.read_into(&mut path.bytes)?;
        match path.bytes() {
            [] => Err(Errno::Noent),
            [b'/', ..] => Err(Errno::Perm),
            bytes if bytes.contains(&0) => Err(Errno::Inval),
            _ => Ok(path),
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The path.
    pub fn as_c_str(&self) -> &CStr {
        self.c_str_from(0)
    }

    fn c_str_from(&self, start: usize) -> &CStr {
        let bytes = self.bytes.get(start..).unwrap_or_default();
        CStr::from_bytes_until_nul(bytes).unwrap_or_default()
    }

    /// The path itself if it is a single name, which leads nowhere unless it is followed.
    pub fn as_name(&self) -> Option<&CStr> {
        let bytes = self.bytes();
        let plain = !bytes.contains(&b'/') && !is_dots(bytes);
        plain.then(|| self.as_c_str())
    }

    /// Whether it ends with a slash, and so means a directory.
    fn has_trailing_slash(&self) -> bool {
        self.bytes().ends_with(b"/")
    }

    /// Cuts the path before its last name: the path to the parent directory, if there is one, then the name with the
    /// slashes behind it.
    fn split(&mut self) -> (Option<&CStr>, &CStr) {
        let bytes = self.bytes();
        let end = bytes.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        let name = bytes.get(..end).unwrap_or_default();
        match name.iter().rposition(|byte| *byte == b'/') {
            None => (None, self.as_c_str()),
            Some(slash) => {
                if let Some(byte) = self.bytes.get_mut(slash) {
                    *byte = 0;
                }
                (Some(self.as_c_str()), self.c_str_from(slash + 1))
            }
        }
    }

    /// Whether the last name is `.` or `..`.
    fn ends_in_dots(&self) -> bool {
        let bytes = self.bytes();
        let end = bytes.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        let name = bytes.get(..end).unwrap_or_default();
        name.rsplit(|byte| *byte == b'/').next().is_some_and(is_dots)
    }
}

fn is_dots(name: &[u8]) -> bool {
    name == b"." || name == b".."
}

/// What a slash at the end of a path means to what is done with its last name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum TrailingSlash {
    /// The host decides, and does not follow a link there.
    Host,
    /// There must be a directory of that name, and the slash stands for `/.`.
    Directory,
}

/// A directory, and a name in it that is not followed further.
pub struct Place<'a> {
    parent: Parent<'a>,
    /// The name: `.`, but never `..`.
    pub name: &'a CStr,
}

enum Parent<'a> {
    Root(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl Place<'_> {
    /// The directory.
    pub fn parent(&self) -> BorrowedFd<'_> {
        match &self.parent {
            Parent::Root(root) => *root,
            Parent::Opened(fd) => fd.as_fd(),
        }
    }
}

/// Finds the directory that holds the last name of `path`. A last name of `.` or `..` becomes the `.` of that directory.
pub fn place<'a>(root: BorrowedFd<'a>, path: &'a mut Path, slash: TrailingSlash) -> Result<Place<'a>> {
    if path.ends_in_dots() || slash == TrailingSlash::Directory && path.has_trailing_slash() {
        let directory = open_beneath(root, path.as_c_str(), DIRECTORY, Mode::empty())?;
        return Ok(Place { parent: Parent::Opened(directory), name: c"." });
    }
    let (parent, name) = path.split();
    let parent = match parent {
        None => Parent::Root(root),
        Some(parent) => Parent::Opened(open_beneath(root, parent, DIRECTORY, Mode::empty())?),
    };
    Ok(Place { parent, name })
}

/// Opens the file at `path`; a link there is followed unless `flags` hold `NOFOLLOW`. `mode` is for files that are created.
pub fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    open_beneath(root, path.as_c_str(), flags, mode)
}

fn open_beneath(root: BorrowedFd<'_>, path: &CStr, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    match sys::open_beneath(root, path, flags, mode) {
        Ok(fd) => Ok(fd),
        Err(BeneathError::Escape) => Err(Errno::Perm),
        Err(BeneathError::Failed(errno)) => Err(errno.into()),
        Err(BeneathError::Unavailable) => Walk::new(root, path)?.open(flags, mode),
    }
}
