//! A read-only grant: everything can be seen, nothing changed, whichever way.
//!
//! flags: --dir tmp::/,ro --dir other::/other
//! setup: mkdir -p tmp/dir tmp/empty other && printf text > tmp/file && ln -s file tmp/link && printf x > other/file
//! setup: find tmp -printf '%p %y %s %n %T@ %C@ %l\n' | sort > before
//! resolver: openat2 enosys eperm
//! after: find tmp -printf '%p %y %s %n %T@ %C@ %l\n' | sort > after; diff before after
//! peer: it has no such grants on its command line

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

const OTHER: u32 = 4;

fn main() {
    assert_eq!(contents("file"), b"text");
    assert_eq!(contents("link"), b"text");
    assert_eq!(names(ROOT), [".", "..", "dir", "empty", "file", "link"]);
    assert_eq!(readlink(ROOT, "link", 10).unwrap(), "file");
    assert_eq!(path_filestat(ROOT, FOLLOW, "link").unwrap().size, 4);
    refused(ROOT, "file", "empty");
    // Beneath it too.
    let dir = path_open(ROOT, 0, "dir", DIRECTORY, 0, 0, 0).unwrap();
    refused(dir, "missing", "missing");
    let root = path_open(ROOT, 0, "dir/..", DIRECTORY, 0, 0, 0).unwrap();
    refused(root, "file", "empty");
    let root = path_open(root, 0, ".", DIRECTORY, 0, 0, 0).unwrap();
    refused(root, "file", "empty");

    open_file();
    // The other grant is unharmed.
    let file = path_open(OTHER, 0, "file", CREAT | TRUNC, READ_WRITE, 0, 0).unwrap();
    assert_eq!(write(file, b"new"), Ok(3));
    assert_eq!(link(OTHER, 0, "file", OTHER, "file2"), Ok(()));
}

fn refused(fd: u32, file: &str, directory: &str) {
    let open = |oflags, rights, fdflags| path_open(fd, 0, file, oflags, rights, 0, fdflags);
    assert_eq!(open(0, FD_WRITE, 0), Err(ROFS));
    assert_eq!(open(0, READ_WRITE, 0), Err(ROFS));
    assert_eq!(open(0, FD_WRITE, APPEND), Err(ROFS));
    assert_eq!(open(TRUNC, FD_READ, 0), Err(ROFS));
    assert_eq!(open(TRUNC, 0, 0), Err(ROFS));
    assert_eq!(open(CREAT, FD_READ, 0), Err(ROFS));
    assert_eq!(path_open(fd, 0, "new", CREAT | EXCL, FD_READ, 0, 0), Err(ROFS));

    assert_eq!(create_directory(fd, "new"), Err(ROFS));
    assert_eq!(remove_directory(fd, directory), Err(ROFS));
    assert_eq!(unlink(fd, file), Err(ROFS));
    assert_eq!(symlink("file", fd, "new"), Err(ROFS));
    for (from, to) in [(fd, fd), (fd, OTHER)] {
        assert_eq!(link(from, 0, file, to, "new"), Err(ROFS));
        assert_eq!(rename(from, file, to, "new"), Err(ROFS));
    }
    assert_eq!(link(OTHER, 0, "file", fd, "new"), Err(ROFS));
    assert_eq!(rename(OTHER, "file", fd, "new"), Err(ROFS));
    for flags in [0, FOLLOW] {
        assert_eq!(path_set_times(fd, flags, file, 1, 1, ATIM | MTIM), Err(ROFS));
    }
    assert_eq!(set_times(fd, 1, 1, ATIM | MTIM), Err(ROFS));
}

fn open_file() {
    let fd = open("file", 0, FD_READ).unwrap();
    assert_eq!(write(fd, b"x"), Err(BADF));
    assert_eq!(pwrite(fd, b"x", 0), Err(BADF));
    assert_eq!(set_size(fd, 0), Err(ROFS));
    assert_eq!(set_size(fd, 10), Err(ROFS));
    assert_eq!(set_times(fd, 1, 1, ATIM | MTIM), Err(ROFS));
    assert_eq!(result(raw::fd_allocate(fd, 0, 100)), Err(ROFS));
    assert_eq!(set_flags(fd, APPEND), Err(ROFS));
    assert_eq!(set_flags(fd, NONBLOCK), Ok(()));
    assert_eq!(result(raw::fd_sync(fd)), Ok(()));
    // Neither rights nor another number help.
    let stat = fdstat(fd).unwrap();
    assert_eq!(set_rights(fd, stat.base | FD_WRITE, stat.inheriting), Err(NOTCAPABLE));
    let number = path_open(OTHER, 0, "file", 0, READ_WRITE, 0, 0).unwrap();
    renumber(fd, number).unwrap();
    assert_eq!(set_size(number, 0), Err(ROFS));
    assert_eq!(write(number, b"x"), Err(BADF));
    let fd = path_open(ROOT, 0, "file", 0, FD_READ, 0, APPEND).unwrap();
    assert_eq!(set_flags(fd, 0), Err(ROFS));
}
