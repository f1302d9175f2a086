//! Hard links.
//!
//! flags: --dir tmp::/ --dir other::/other
//! setup: mkdir -p tmp/dir other && printf text > tmp/file && ln -s file tmp/link && ln -s nowhere tmp/dangling
//! resolver: openat2 enosys eperm

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let inode = |path| path_filestat(ROOT, 0, path).unwrap().ino;
    link(ROOT, 0, "file", ROOT, "new").unwrap();
    assert_eq!(inode("file"), inode("new"));
    assert_eq!(path_filestat(ROOT, 0, "file").unwrap().nlink, 2);
    link(ROOT, 0, "dir/../file", ROOT, "dir/new").unwrap();
    assert_eq!(inode("file"), inode("dir/new"));
    link(ROOT, 0, "file", 4, "new").unwrap();
    assert_eq!(path_filestat(4, 0, "new").unwrap().nlink, 4);
    unlink(4, "new").unwrap();
    unlink(ROOT, "file").unwrap();
    assert_eq!(contents("new"), b"text");
    rename(ROOT, "new", ROOT, "file").unwrap();

    // A link is linked itself.
    link(ROOT, 0, "link", ROOT, "link2").unwrap();
    assert_eq!(inode("link"), inode("link2"));
    assert_eq!(path_filestat(ROOT, 0, "link2").unwrap().filetype, SYMBOLIC_LINK);
    link(ROOT, 0, "dangling", ROOT, "dangling2").unwrap();
    assert_eq!(link(ROOT, FOLLOW, "link", ROOT, "link3"), Err(INVAL));

    for new in ["file", "dir", "dir/", "link", "dangling", ".", "dir/."] {
        assert_eq!(link(ROOT, 0, "file", ROOT, new), Err(EXIST), "{new}");
    }
    assert_eq!(link(ROOT, 0, "missing", ROOT, "x"), Err(NOENT));
    assert_eq!(link(ROOT, 0, "", ROOT, "x"), Err(NOENT));
    assert_eq!(link(ROOT, 0, "file", ROOT, ""), Err(NOENT));
    assert_eq!(link(ROOT, 0, "file", ROOT, "x/"), Err(NOENT));
    assert_eq!(link(ROOT, 0, "file", ROOT, "missing/x"), Err(NOENT));
    assert_eq!(link(ROOT, 0, "file/", ROOT, "x"), Err(NOTDIR));
    assert_eq!(link(ROOT, 0, "link/", ROOT, "x"), Err(NOTDIR));
    assert_eq!(link(ROOT, 0, "file", ROOT, "file/x"), Err(NOTDIR));
    assert_eq!(link(ROOT, 0, "dir", ROOT, "x"), Err(PERM));
    assert_eq!(link(ROOT, 0, "dir/", ROOT, "x"), Err(PERM));
    // Where landlock confines the process, it is the first to refuse.
    assert!(matches!(link(ROOT, 0, ".", ROOT, "x"), Err(PERM | XDEV)));
    assert_eq!(link(99, 0, "file", ROOT, "x"), Err(BADF));
    assert_eq!(link(ROOT, 0, "file", 99, "x"), Err(BADF));
    assert_eq!(path_filestat(ROOT, 0, "x"), Err(NOENT));
}
