//! Resolving a path by hand, on systems that cannot do it safely in one step: from name to name, each opened without following
//! links. A link is read and its target put in front of the rest of the path. For `..` the walk starts over from the root
//! along the names it took, so that nobody can lead it astray by moving directories.

use core::ffi::CStr;
use core::ops::Range;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, fstat, openat, readlinkat_raw};
use rustix::io::Errno as Os;

use super::path_resolver::{DIRECTORY, PATH_MAX};
use super::types::{Errno, Result};

/// Symbolic links followed on the way, as many as the host would.
const MAX_LINKS: u32 = 40;

/// A path on its way from a root directory.
pub struct Walk<'a> {
    root: BorrowedFd<'a>,
    /// Where the walk is, unless at the root.
    directory: Option<OwnedFd>,
    /// The names from the root to there, none of them a link, each closed with a NUL.
    taken: [u8; PATH_MAX],
    taken_len: usize,
    /// The names still to go, at the end of the array and closed with a NUL.
    rest: [u8; PATH_MAX],
    rest_start: usize,
    links: u32,
}

/// The next name, as a range of `rest`, where a NUL follows it.
#[derive(Clone)]
struct Component {
    name: Range<usize>,
    is_last: bool,
    /// It is the last name, and slashes follow.
    is_directory: bool,
}

impl<'a> Walk<'a> {
    /// A walk that is still at `root`.
    #[cold]
    #[inline(never)]
    pub fn new(root: BorrowedFd<'a>, path: &CStr) -> Result<Walk<'a>> {
        let mut walk = Walk {
            root,
            directory: None,
            taken: [0; PATH_MAX],
            taken_len: 0,
            rest: [0; PATH_MAX],
            rest_start: PATH_MAX - 1,
            links: 0,
        };
        walk.go_on_with(path.to_bytes())?;
        Ok(walk)
    }

    /// Goes to the end of the path and opens what is there, like `open` with these flags.
    #[inline(never)]
    pub fn open(mut self, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        let creates_new = flags.contains(OFlags::CREATE.union(OFlags::EXCL));
        let follows = !flags.contains(OFlags::NOFOLLOW) && !creates_new;
        loop {
            let component = self.next();
            let name = self.name(&component).to_bytes();
            let (is_dot, is_dot_dot) = (name == b".", name == b"..");
            if is_dot_dot {
                self.leave()?;
            }
            if is_dot || is_dot_dot {
                if component.is_last {
                    return Ok(openat(self.directory(), c".", flags.union(OFlags::CLOEXEC), mode)?);
                }
            } else if !component.is_last {
                self.enter(&component)?;
            } else if component.is_directory && flags.contains(OFlags::CREATE) {
                return Err(Errno::Isdir);
            } else if let Some(fd) = self.arrive(&component, follows || component.is_directory, flags, mode)? {
                return Ok(fd);
            }
        }
    }

    fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_ref().map_or(self.root, AsFd::as_fd)
    }

    /// Takes the next name off `rest`, which must not be empty.
    fn next(&mut self) -> Component {
        let rest = self.rest.get(self.rest_start..PATH_MAX - 1).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| **byte == b'/').count();
        let len = rest.iter().skip(skipped).take_while(|byte| **byte != b'/').count();
        let slashes = rest.iter().skip(skipped + len).take_while(|byte| **byte == b'/').count();
        let start = self.rest_start + skipped;
        let end = start + len;
        if let Some(byte) = self.rest.get_mut(end) {
            *byte = 0;
        }
        self.rest_start = end + slashes;
        let is_last = self.rest_start == PATH_MAX - 1;
        Component { name: start..end, is_last, is_directory: is_last && slashes != 0 }
    }

    fn name(&self, component: &Component) -> &CStr {
        let bytes = self.rest.get(component.name.start..).unwrap_or_default();
        CStr::from_bytes_until_nul(bytes).unwrap_or_default()
    }

    /// Puts a path in front of `rest`, the path of the whole walk or the target of a link.
    fn go_on_with(&mut self, path: &[u8]) -> Result<()> {
        match path {
            [] => Err(Errno::Noent),
            [b'/', ..] => Err(Errno::Perm),
            _ => self.prepend(path),
        }
    }

    /// Puts names in front of `rest`.
    fn prepend(&mut self, names: &[u8]) -> Result<()> {
        let start = self.rest_start.checked_sub(names.len()).ok_or(Errno::Nametoolong)?;
        self.rest.get_mut(start..self.rest_start).ok_or(Errno::Nametoolong)?.copy_from_slice(names);
        self.rest_start = start;
        Ok(())
    }

    fn count_link(&mut self) -> Result<()> {
        self.links += 1;
        if self.links > MAX_LINKS { Err(Errno::Loop) } else { Ok(()) }
    }

    /// If the name is a link, goes on with its target instead; returns whether it is.
    fn follow(&mut self, component: &Component) -> Result<bool> {
        let mut target = [0; PATH_MAX];
        let target = match readlinkat_raw(self.directory(), self.name(component), &mut target) {
            Ok(len) => target.get(..len).unwrap_or_default(),
            Err(Os::INVAL | Os::NOENT) => return Ok(false),
            Err(errno) => return Err(errno.into()),
        };
        self.count_link()?;
        if !component.is_last || component.is_directory {
            self.prepend(b"/")?;
        }
        self.go_on_with(target)?;
        Ok(true)
    }

    /// Goes into the directory of this name.
    fn enter(&mut self, component: &Component) -> Result<()> {
        match openat(self.directory(), self.name(component), DIRECTORY.union(OFlags::NOFOLLOW), Mode::empty()) {
            Ok(fd) => {
                self.directory = Some(fd);
                let end = self.taken_len + component.name.len() + 1;
                // The name and the NUL behind it.
                let name = self.rest.get(component.name.start..=component.name.end).unwrap_or_default();
                self.taken.get_mut(self.taken_len..end).ok_or(Errno::Nametoolong)?.copy_from_slice(name);
                self.taken_len = end;
                Ok(())
            }
            Err(errno @ (Os::NOTDIR | Os::LOOP)) => {
                if self.follow(component)? {
                    Ok(())
                } else {
                    Err(errno.into())
                }
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Goes to the parent directory, by the names that were taken without the last one.
    fn leave(&mut self) -> Result<()> {
        let taken = self.taken.get(..self.taken_len).unwrap_or_default();
        let names = taken.strip_suffix(b"\0").ok_or(Errno::Perm)?;
        self.taken_len = names.iter().rposition(|byte| *byte == 0).map_or(0, |nul| nul + 1);
        let mut directory = None;
        let mut names = self.taken.get(..self.taken_len).unwrap_or_default();
        while let Ok(name) = CStr::from_bytes_until_nul(names) {
            let parent = directory.as_ref().map_or(self.root, AsFd::as_fd);
            directory = Some(openat(parent, name, DIRECTORY.union(OFlags::NOFOLLOW), Mode::empty())?);
            names = names.get(name.count_bytes() + 1..).unwrap_or_default();
        }
        self.directory = directory;
        Ok(())
    }

    /// Opens the file of this name, the path's last. `None`: it is a link, whose target the path now goes on with.
    fn arrive(&mut self, component: &Component, follows: bool, flags: OFlags, mode: Mode) -> Result<Option<OwnedFd>> {
        let mut flags = flags.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
        if component.is_directory {
            flags = flags.union(OFlags::DIRECTORY);
        }
        loop {
            if follows && self.follow(component)? {
                return Ok(None);
            }
            let opened = match openat(self.directory(), self.name(component), flags, mode) {
                // The file has just become a link.
                Err(Os::LOOP) if follows => None,
                Ok(fd) if follows && flags.contains(OFlags::PATH) && is_link(&fd)? => None,
                result => Some(result?),
            };
            if opened.is_some() {
                return Ok(opened);
            }
            self.count_link()?;
        }
    }
}

fn is_link(fd: &OwnedFd) -> Result<bool> {
    Ok(FileType::from_raw_mode(fstat(fd)?.st_mode) == FileType::Symlink)
}

#[cfg(test)]
mod tests {
    use std::ffi::CString;
    use std::format;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;
    use std::string::String;
    use std::vec::Vec;
    use std::{env, fs, process};

    use rustix::fs::{CWD, Stat};

    use super::*;
    use crate::sys::{self, BeneathError};

    /// Numbers that look random but are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % end
        }

        /// A path of a few names, most of which exist somewhere.
        fn path(&mut self) -> String {
            const PARTS: [&str; 11] = ["a", "b", "c", "d", "l", "m", "n", ".", "..", "..", ""];
            let count = 1 + self.below(6);
            let mut path = if self.below(30) == 0 { String::from("/") } else { String::new() };
            for index in 0..count {
                path.push_str(if index == 0 { "" } else { "/" });
                path.push_str(PARTS[self.below(PARTS.len())]);
            }
            path
        }
    }

    struct Tree(PathBuf);

    impl Tree {
        /// Directories, files and links of random targets beneath `root`, and something outside.
        fn new(numbers: &mut Numbers, name: &str) -> Tree {
            let tree = Tree(env::temp_dir().join(format!("wasm2exe-path-walk-{}-{name}", process::id())));
            let root = tree.0.join("root");
            fs::create_dir_all(&root).unwrap();
            fs::write(tree.0.join("a"), "outside").unwrap();
            let mut directories = Vec::from([root]);
            for name in ["a", "b", "c", "d", "l", "m", "n"] {
                for directory in directories.clone() {
                    let path = directory.join(name);
                    let _ = match (name, numbers.below(4)) {
                        ("l" | "m" | "n", _) => symlink(numbers.path(), path),
                        (_, 0) => fs::write(path, "inside"),
                        (_, 1) => Ok(()),
                        _ => {
                            directories.push(path.clone());
                            fs::create_dir(path)
                        }
                    };
                }
            }
            tree
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn identity(fd: OwnedFd) -> (u64, u64) {
        let stat: Stat = fstat(fd).unwrap();
        (stat.st_dev, stat.st_ino)
    }

    /// The walk arrives where the system does, or fails as it does.
    #[test]
    fn walk_agrees_with_the_system() {
        let mut numbers = Numbers(1);
        let (mut found, mut escapes, mut loops) = (0, 0, 0);
        for round in 0..40 {
            let tree = Tree::new(&mut numbers, &format!("{round}"));
            let root = openat(CWD, tree.0.join("root").to_str().unwrap(), DIRECTORY, Mode::empty()).unwrap();
            for _ in 0..500 {
                let path = CString::new(numbers.path()).unwrap();
                let mut flags = OFlags::PATH;
                flags.set(OFlags::NOFOLLOW, numbers.below(3) == 0);
                flags.set(OFlags::DIRECTORY, numbers.below(5) == 0);
                let walked = Walk::new(root.as_fd(), &path).and_then(|walk| walk.open(flags, Mode::empty()));
                let expected = match sys::open_beneath(root.as_fd(), &path, flags, Mode::empty()) {
                    Ok(fd) => Ok(identity(fd)),
                    Err(BeneathError::Escape) => Err(Errno::Perm),
                    Err(BeneathError::Failed(errno)) => Err(errno.into()),
                    // A system without it has nothing to compare with.
                    Err(BeneathError::Unavailable) => return,
                };
                found += u32::from(expected.is_ok());
                escapes += u32::from(expected == Err(Errno::Perm));
                loops += u32::from(expected == Err(Errno::Loop));
                assert_eq!(walked.map(identity), expected, "{path:?} {flags:?} in {}", tree.0.display());
            }
        }
        assert!(found > 1000 && escapes > 1000 && loops > 10, "{found} {escapes} {loops}");
    }
}
