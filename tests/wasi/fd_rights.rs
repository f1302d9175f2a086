//! Rights can be given up, and are gone then, for the descriptor itself and for what is opened through it.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp tmp/dir && echo text > tmp/file
//! peer: it has no rights

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

/// A descriptor of its own for the root, without some rights.
fn root_without(base: u64, inheriting: u64) -> u32 {
    let fd = path_open(ROOT, 0, ".", DIRECTORY, 0, 0, 0).unwrap();
    let stat = fdstat(fd).unwrap();
    assert_eq!(stat.base & base, base);
    assert_eq!(stat.inheriting & inheriting, inheriting);
    set_rights(fd, stat.base & !base, stat.inheriting & !inheriting).unwrap();
    let less = fdstat(fd).unwrap();
    assert_eq!((less.base, less.inheriting), (stat.base & !base, stat.inheriting & !inheriting));
    assert_eq!(set_rights(fd, stat.base, less.inheriting), if base == 0 { Ok(()) } else { Err(NOTCAPABLE) });
    assert_eq!(set_rights(fd, less.base, stat.inheriting), if inheriting == 0 { Ok(()) } else { Err(NOTCAPABLE) });
    fd
}

fn main() {
    files();
    directories();
    inheriting();
    // Rights that mean nothing cannot be had.
    let fd = open("file", 0, FD_READ).unwrap();
    let stat = fdstat(fd).unwrap();
    assert_eq!(set_rights(fd, stat.base | 1 << 40, stat.inheriting), Err(NOTCAPABLE));
    assert_eq!(set_rights(fd, stat.base | FD_WRITE, stat.inheriting), Err(NOTCAPABLE));
    assert_eq!(set_rights(fd, stat.base, stat.inheriting), Ok(()));
    assert_eq!(set_rights(99, 0, 0), Err(BADF));
    // Standard output can be silenced.
    set_rights(1, 0, 0).unwrap();
    assert_eq!(write(1, b"not to be seen"), Err(NOTCAPABLE));
}

fn files() {
    let fd = open("file", 0, READ_WRITE).unwrap();
    let mut buffer = [0; 8];
    let mut base = fdstat(fd).unwrap().base;
    let mut give_up = |right: u64| {
        assert_eq!(base & right, right);
        base &= !right;
        set_rights(fd, base, 0).unwrap();
    };
    give_up(FD_SEEK);
    assert_eq!(seek(fd, 1, SET), Err(NOTCAPABLE));
    assert_eq!(pread(fd, &mut buffer, 0), Err(NOTCAPABLE));
    assert_eq!(pwrite(fd, b"x", 0), Err(NOTCAPABLE));
    assert_eq!(seek(fd, 0, CUR), Ok(0));
    give_up(FD_TELL);
    assert_eq!(seek(fd, 0, CUR), Err(NOTCAPABLE));
    assert_eq!(tell(fd), Err(NOTCAPABLE));
    assert_eq!(read(fd, &mut buffer[..1]), Ok(1));
    give_up(FD_READ);
    assert_eq!(read(fd, &mut buffer), Err(NOTCAPABLE));
    assert_eq!(poll(&[fd_subscription(0, POLL_READ, fd)]), Err(NOTCAPABLE));
    assert_eq!(poll(&[fd_subscription(0, POLL_WRITE, fd)]).unwrap().len(), 1);
    give_up(POLL_FD_READWRITE);
    assert_eq!(poll(&[fd_subscription(0, POLL_WRITE, fd)]), Err(NOTCAPABLE));
    assert_eq!(write(fd, b"E"), Ok(1));
    give_up(FD_WRITE);
    assert_eq!(write(fd, b"x"), Err(NOTCAPABLE));
    give_up(FD_FILESTAT_SET_SIZE);
    assert_eq!(set_size(fd, 0), Err(NOTCAPABLE));
    give_up(FD_FILESTAT_SET_TIMES);
    assert_eq!(set_times(fd, 0, 0, ATIM_NOW), Err(NOTCAPABLE));
    give_up(FD_FILESTAT_GET);
    assert_eq!(filestat(fd), Err(NOTCAPABLE));
    give_up(FD_FDSTAT_SET_FLAGS);
    assert_eq!(set_flags(fd, 0), Err(NOTCAPABLE));
    give_up(FD_SYNC | FD_DATASYNC | FD_ADVISE | FD_ALLOCATE);
    assert_eq!(result(raw::fd_sync(fd)), Err(NOTCAPABLE));
    assert_eq!(result(raw::fd_datasync(fd)), Err(NOTCAPABLE));
    assert_eq!(result(raw::fd_advise(fd, 0, 0, 0)), Err(NOTCAPABLE));
    assert_eq!(result(raw::fd_allocate(fd, 0, 1)), Err(NOTCAPABLE));
    assert_eq!(contents("file"), b"tExt\n");
    close(fd).unwrap();
}

fn directories() {
    let refused = Err(NOTCAPABLE);
    let fd = root_without(PATH_OPEN, 0);
    assert_eq!(path_open(fd, 0, "file", 0, FD_READ, 0, 0), Err(NOTCAPABLE));
    let fd = root_without(PATH_CREATE_FILE, 0);
    assert_eq!(path_open(fd, 0, "new", CREAT, FD_WRITE, 0, 0), Err(NOTCAPABLE));
    assert!(path_open(fd, 0, "file", 0, FD_READ, 0, 0).is_ok());
    assert_eq!(create_directory(root_without(PATH_CREATE_DIRECTORY, 0), "new"), refused);
    assert_eq!(remove_directory(root_without(PATH_REMOVE_DIRECTORY, 0), "dir"), refused);
    assert_eq!(unlink(root_without(PATH_UNLINK_FILE, 0), "file"), refused);
    assert_eq!(symlink("file", root_without(PATH_SYMLINK, 0), "new"), refused);
    assert_eq!(link(root_without(PATH_LINK_SOURCE, 0), 0, "file", ROOT, "new"), refused);
    assert_eq!(link(ROOT, 0, "file", root_without(PATH_LINK_TARGET, 0), "new"), refused);
    assert_eq!(rename(root_without(PATH_RENAME_SOURCE, 0), "file", ROOT, "new"), refused);
    assert_eq!(rename(ROOT, "file", root_without(PATH_RENAME_TARGET, 0), "new"), refused);
    assert_eq!(path_filestat(root_without(PATH_FILESTAT_GET, 0), 0, "file"), Err(NOTCAPABLE));
    assert_eq!(path_set_times(root_without(PATH_FILESTAT_SET_TIMES, 0), 0, "file", 0, 0, ATIM_NOW), refused);
    assert_eq!(readlink(root_without(PATH_READLINK, 0), "file", 10), Err(NOTCAPABLE));
    assert_eq!(readdir(root_without(FD_READDIR, 0), 100, 0), Err(NOTCAPABLE));
    assert_eq!(path_filestat(ROOT, 0, "new"), Err(NOENT));
}

/// What a directory does not pass on cannot be asked for beneath it, at any depth.
fn inheriting() {
    let fd = root_without(0, FD_WRITE);
    assert_eq!(path_open(fd, 0, "file", 0, FD_WRITE, 0, 0), Err(NOTCAPABLE));
    assert_eq!(path_open(fd, 0, "file", TRUNC, FD_READ, 0, 0), Err(NOTCAPABLE));
    assert_eq!(path_open(fd, 0, "dir", DIRECTORY, 0, FD_WRITE, 0), Err(NOTCAPABLE));
    let dir = path_open(fd, 0, "dir", DIRECTORY, 0, FD_READ, 0).unwrap();
    assert_eq!(path_open(dir, 0, "new", CREAT, READ_WRITE, 0, 0), Err(NOTCAPABLE));
    let file = path_open(dir, 0, "new", CREAT, FD_READ, 0, 0).unwrap();
    assert_eq!(fdstat(file).unwrap().base & READ_WRITE, FD_READ);
    let fd = root_without(0, FD_TELL | FD_SEEK);
    let file = path_open(fd, 0, "file", 0, FD_READ, 0, 0).unwrap();
    assert_eq!(seek(file, 1, SET), Err(NOTCAPABLE));
    let fd = root_without(0, PATH_OPEN);
    let dir = path_open(fd, 0, "dir", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(path_open(dir, 0, "new", 0, FD_READ, 0, 0), Err(NOTCAPABLE));
}
