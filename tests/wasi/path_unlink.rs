//! Removing files.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir && cd tmp && touch a b c dir/d && ln -s a link && ln -s dir dirlink && ln -s no dangling && mkfifo fifo
//! resolver: openat2 enosys eperm

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    unlink(ROOT, "a").unwrap();
    assert_eq!(unlink(ROOT, "a"), Err(NOENT));
    unlink(ROOT, "dirlink/../b").unwrap();
    let dir = path_open(ROOT, 0, "dir", DIRECTORY, 0, 0, 0).unwrap();
    unlink(dir, "d").unwrap();
    // A link goes, not what it leads to.
    unlink(ROOT, "link").unwrap();
    unlink(ROOT, "dangling").unwrap();
    unlink(ROOT, "fifo").unwrap();
    for path in ["dir", "dir/", "dir/.", ".", "dir/..", "dirlink/"] {
        assert_eq!(unlink(ROOT, path), Err(ISDIR), "{path}");
    }
    unlink(ROOT, "dirlink").unwrap();
    assert_eq!(unlink(ROOT, "c/"), Err(NOTDIR));
    assert_eq!(unlink(ROOT, "c/x"), Err(NOTDIR));
    assert_eq!(unlink(ROOT, ""), Err(NOENT));
    assert_eq!(unlink(99, "c"), Err(BADF));
    // An open file lives on.
    create("open", b"text");
    let fd = open("open", 0, FD_READ).unwrap();
    unlink(ROOT, "open").unwrap();
    assert_eq!(filestat(fd).unwrap().nlink, 0);
    assert_eq!(read(fd, &mut [0; 9]), Ok(4));
    assert_eq!(names(ROOT), [".", "..", "c", "dir"]);
}
