//! What a descriptor tells about itself, and flags that can be changed.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp
//! peer: it cannot open files for synchronous writing

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let stat = fdstat(ROOT).unwrap();
    assert_eq!((stat.filetype, stat.flags), (DIRECTORY_TYPE, 0));
    assert_eq!(stat.base & (PATH_OPEN | FD_READDIR | FD_READ | FD_WRITE | FD_SEEK), PATH_OPEN | FD_READDIR);
    assert_eq!(stat.inheriting & (PATH_OPEN | READ_WRITE | FD_SEEK), PATH_OPEN | READ_WRITE | FD_SEEK);

    let fd = path_open(ROOT, 0, "file", CREAT, READ_WRITE, 0, APPEND).unwrap();
    let stat = fdstat(fd).unwrap();
    assert_eq!((stat.filetype, stat.flags), (REGULAR_FILE, APPEND as u16));
    let expected = READ_WRITE | FD_SEEK | FD_TELL | FD_FILESTAT_SET_SIZE;
    assert_eq!(stat.base & expected, expected);
    assert_eq!(stat.base & (PATH_OPEN | SOCK_ACCEPT), 0);
    let stat = fdstat(open("file", 0, FD_READ).unwrap()).unwrap();
    assert_eq!((stat.flags, stat.base & (READ_WRITE | FD_FILESTAT_SET_SIZE)), (0, FD_READ));

    append_and_back(fd);
    synchronous();
    nonblocking();
    standard_streams();
    directories_and_nothing();
}

fn append_and_back(fd: u32) {
    write(fd, b"one").unwrap();
    seek(fd, 0, SET).unwrap();
    write(fd, b"two").unwrap();
    assert_eq!(contents("file"), b"onetwo");
    set_flags(fd, 0).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, 0);
    seek(fd, 0, SET).unwrap();
    write(fd, b"ONE").unwrap();
    assert_eq!(contents("file"), b"ONEtwo");
    set_flags(fd, APPEND | NONBLOCK).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, (APPEND | NONBLOCK) as u16);
    seek(fd, 0, SET).unwrap();
    write(fd, b"!").unwrap();
    assert_eq!(contents("file"), b"ONEtwo!");
    set_flags(fd, NONBLOCK).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, NONBLOCK as u16);
}

/// Whether writes are synchronous is settled when a file is opened.
fn synchronous() {
    for flags in [DSYNC, SYNC, RSYNC, DSYNC | SYNC | RSYNC | APPEND] {
        let fd = path_open(ROOT, 0, "sync", CREAT, READ_WRITE, 0, flags).unwrap();
        assert_eq!(fdstat(fd).unwrap().flags, flags as u16);
        assert_eq!(write(fd, b"x"), Ok(1));
        set_flags(fd, flags ^ APPEND).unwrap();
        assert_eq!(fdstat(fd).unwrap().flags, (flags ^ APPEND) as u16);
        assert_eq!(set_flags(fd, 0), Err(INVAL));
        close(fd).unwrap();
    }
    let fd = open("sync", 0, READ_WRITE).unwrap();
    for flags in [DSYNC, SYNC, RSYNC, 32, 0x1_0000, u32::MAX] {
        assert_eq!(set_flags(fd, flags), Err(INVAL));
        assert_eq!(fdstat(fd).unwrap().flags, 0);
    }
    assert_eq!(path_open(ROOT, 0, "sync", 0, FD_READ, 0, 32), Err(INVAL));
}

/// A file is always ready.
fn nonblocking() {
    let fd = path_open(ROOT, 0, "file", 0, FD_READ, 0, NONBLOCK).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, NONBLOCK as u16);
    let mut buffer = [0; 4];
    assert_eq!(read(fd, &mut buffer), Ok(4));
}

/// Pipes in this test: no type of their own, one direction.
fn standard_streams() {
    for (fd, right) in [(0, FD_READ), (1, FD_WRITE), (2, FD_WRITE)] {
        let stat = fdstat(fd).unwrap();
        assert_eq!((stat.filetype, stat.flags, stat.base & READ_WRITE), (UNKNOWN, 0, right));
    }
    assert_eq!(read(1, &mut [0]), Err(BADF));
    assert_eq!(write(0, b"x"), Err(BADF));
    set_flags(0, NONBLOCK).unwrap();
    assert_eq!(fdstat(0).unwrap().flags, NONBLOCK as u16);
    set_flags(0, 0).unwrap();
    assert_eq!(set_flags(1, APPEND), Err(NOTCAPABLE));
    assert_eq!(set_size(1, 0), Err(BADF));
}

fn directories_and_nothing() {
    assert_eq!(set_flags(ROOT, 0), Err(BADF));
    assert_eq!(set_flags(99, 0), Err(BADF));
    assert_eq!(fdstat(99), Err(BADF));
    let end = memory_end();
    assert_eq!(result(raw::fd_fdstat_get(1, end - 23)), Err(FAULT));
    assert_eq!(result(raw::fd_fdstat_get(1, end - 24)), Ok(()));
}
