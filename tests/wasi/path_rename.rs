//! Renaming.
//!
//! flags: --dir tmp::/ --dir other::/other
//! setup: mkdir -p tmp/dir/inner tmp/empty other && printf 1 > tmp/one && printf 2 > tmp/two && ln -s one tmp/link
//! setup: ln -s dir tmp/dirlink
//! resolver: openat2 enosys eperm

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn mv(old: &str, new: &str) -> Result<()> {
    rename(ROOT, old, ROOT, new)
}

fn main() {
    mv("one", "three").unwrap();
    assert_eq!((path_filestat(ROOT, 0, "one"), contents("three")), (Err(NOENT), b"1".to_vec()));
    mv("three", "two").unwrap();
    assert_eq!((path_filestat(ROOT, 0, "three"), contents("two")), (Err(NOENT), b"1".to_vec()));
    mv("two", "two").unwrap();
    mv("two", "dir/../dir/inner/./one").unwrap();
    assert_eq!(contents("dirlink/inner/one"), b"1");
    rename(ROOT, "dir/inner/one", 4, "moved").unwrap();
    rename(4, "moved", ROOT, "one").unwrap();
    assert_eq!(contents("one"), b"1");
    // An open file stays the same file.
    let fd = open("one", 0, READ_WRITE).unwrap();
    mv("one", "two").unwrap();
    create("one", b"new");
    write(fd, b"!").unwrap();
    assert_eq!((contents("two"), contents("one")), (b"!".to_vec(), b"new".to_vec()));
    // A link is renamed, not what it leads to.
    mv("link", "link2").unwrap();
    assert_eq!(path_filestat(ROOT, 0, "link2").unwrap().filetype, SYMBOLIC_LINK);

    directories();
    errors();
}

fn directories() {
    mv("dir", "dir2").unwrap();
    mv("dir2/", "dir/").unwrap();
    assert!(path_filestat(ROOT, 0, "dir/inner").is_ok());
    assert_eq!(mv("empty", "dir"), Err(NOTEMPTY));
    assert_eq!(mv("dir", "dir/inner/x"), Err(INVAL));
    assert_eq!(mv("one", "dir"), Err(ISDIR));
    assert_eq!(mv("dir", "one"), Err(NOTDIR));
    mv("dir", "empty").unwrap();
    assert!(path_filestat(ROOT, 0, "empty/inner").is_ok());
    mv("empty", "dir").unwrap();
}

fn errors() {
    assert_eq!(mv("missing", "x"), Err(NOENT));
    assert_eq!(mv("", "x"), Err(NOENT));
    assert_eq!(mv("one", ""), Err(NOENT));
    assert_eq!(mv("one", "missing/x"), Err(NOENT));
    assert_eq!(mv("one/", "x"), Err(NOTDIR));
    assert_eq!(mv("one", "x/"), Err(NOTDIR));
    assert_eq!(mv("one", "one/x"), Err(NOTDIR));
    assert_eq!(mv("link2/", "x"), Err(NOTDIR));
    assert_eq!(mv("dirlink/", "x"), Err(NOTDIR));
    for dots in [".", "dir/.", "dir/inner/.."] {
        assert_eq!(mv(dots, "x"), Err(BUSY), "{dots}");
        assert_eq!(mv("dir", dots), Err(BUSY), "{dots}");
    }
    assert_eq!(rename(99, "one", ROOT, "x"), Err(BADF));
    assert_eq!(rename(ROOT, "one", 99, "x"), Err(BADF));
    assert_eq!(names(ROOT), [".", "..", "dir", "dirlink", "link2", "one", "two"]);
}
