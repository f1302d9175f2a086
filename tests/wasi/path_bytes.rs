//! Paths that are no ordinary text: with a NUL, too long, no UTF-8, in bad memory.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp
//! resolver: openat2 enosys
//! peer: it takes UTF-8 only

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    for path in ["a\0", "\0", "a\0b", "a/\0/b"] {
        assert_eq!(path_open(ROOT, 0, path, CREAT, FD_WRITE, 0, 0), Err(INVAL));
        assert_eq!(path_filestat(ROOT, 0, path), Err(INVAL));
        assert_eq!(create_directory(ROOT, path), Err(INVAL));
        assert_eq!(unlink(ROOT, path), Err(INVAL));
        assert_eq!(symlink(path, ROOT, "link"), Err(INVAL));
        assert_eq!(symlink("x", ROOT, path), Err(INVAL));
        assert_eq!(rename(ROOT, "x", ROOT, path), Err(INVAL));
    }
    assert_eq!(names(ROOT), [".", ".."]);

    create("file", b"");
    let longest = "./".repeat(2045) + "/file";
    assert_eq!(longest.len(), 4095);
    assert!(path_filestat(ROOT, 0, &longest).is_ok());
    for len in [4096, 4097, 100_000] {
        let path = "x".repeat(len);
        assert_eq!(path_filestat(ROOT, 0, &path), Err(NAMETOOLONG));
        assert_eq!(symlink(&path, ROOT, "link"), Err(NAMETOOLONG));
    }
    let name = [b'\xff', b'\x80', b'\n'];
    let fd = path_open_bytes(ROOT, 0, &name, CREAT | EXCL, FD_WRITE, 0, 0).unwrap();
    close(fd).unwrap();
    assert!(list(ROOT, 4096).iter().any(|entry| entry.name == name));

    let end = memory_end();
    set_byte_at(end - 1, b'z');
    let stat = Filestat::default();
    let call = |path, len| result(raw::path_filestat_get(ROOT, 0, path, len, at(&stat)));
    assert_eq!(call(end - 1, 1), Err(NOENT));
    assert_eq!(call(end - 1, 2), Err(FAULT));
    assert_eq!(call(end, 1), Err(FAULT));
    assert_eq!(call(end, 0), Err(NOENT));
    assert_eq!(call(0, u32::MAX), Err(FAULT));
    assert_eq!(call(u32::MAX, 2), Err(FAULT));
}
