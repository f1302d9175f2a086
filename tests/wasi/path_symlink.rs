//! Symbolic links: making, reading, following, going round in circles.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir && printf text > tmp/file && ln -s /etc/passwd tmp/absolute
//! resolver: openat2 enosys eperm
//! after: test "$(readlink tmp/link)" = file

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    symlink("file", ROOT, "link").unwrap();
    assert_eq!(contents("link"), b"text");
    assert_eq!(readlink(ROOT, "link", 100).unwrap(), "file");
    // What does not fit is cut off.
    assert_eq!(readlink(ROOT, "link", 2).unwrap(), "fi");
    assert_eq!(readlink(ROOT, "link", 0).unwrap(), "");
    symlink("../file", ROOT, "dir/up").unwrap();
    assert_eq!(contents("dir/up"), b"text");
    symlink("dir/", ROOT, "slash").unwrap();
    assert_eq!(contents("slash/up"), b"text");
    symlink("dir/up/", ROOT, "file-with-slash").unwrap();
    assert_eq!(open("file-with-slash", 0, FD_READ), Err(NOTDIR));
    symlink("..//./dir/../file", ROOT, "dir/crooked").unwrap();
    assert_eq!(contents("dir/crooked"), b"text");
    symlink("nowhere", ROOT, "dangling").unwrap();
    assert_eq!(readlink(ROOT, "dangling", 100).unwrap(), "nowhere");

    errors();
    circles();
    chains();
}

fn errors() {
    for path in ["file", "dir", "dir/", "link", "dangling", "."] {
        assert_eq!(symlink("x", ROOT, path), Err(EXIST), "{path}");
    }
    assert_eq!(symlink("x", ROOT, "file/"), Err(NOTDIR));
    assert_eq!(symlink("x", ROOT, "new/"), Err(NOENT));
    assert_eq!(symlink("x", ROOT, "missing/new"), Err(NOENT));
    assert_eq!(symlink("x", ROOT, "file/new"), Err(NOTDIR));
    assert_eq!(symlink("x", ROOT, ""), Err(NOENT));
    assert_eq!(symlink("", ROOT, "new"), Err(NOENT));
    assert_eq!(symlink("/etc", ROOT, "new"), Err(PERM));
    assert_eq!(symlink("x", 99, "new"), Err(BADF));
    assert_eq!(path_filestat(ROOT, 0, "new"), Err(NOENT));

    assert_eq!(readlink(ROOT, "absolute", 100), Err(PERM));
    for path in ["file", "dir", "dir/", "."] {
        assert_eq!(readlink(ROOT, path, 100), Err(INVAL), "{path}");
    }
    assert_eq!(readlink(ROOT, "file/", 100), Err(NOTDIR));
    assert_eq!(readlink(ROOT, "link/", 100), Err(NOTDIR));
    assert_eq!(readlink(ROOT, "slash/", 100), Err(INVAL));
    assert_eq!(readlink(ROOT, "missing", 100), Err(NOENT));
    assert_eq!(readlink(99, "link", 100), Err(BADF));
}

fn circles() {
    symlink("self", ROOT, "self").unwrap();
    symlink("pong", ROOT, "ping").unwrap();
    symlink("./ping", ROOT, "pong").unwrap();
    symlink("grow/x", ROOT, "grow").unwrap();
    for path in ["self", "ping", "grow", "self/x", "ping/x", "grow/"] {
        assert_eq!(open(path, 0, FD_READ), Err(LOOP), "{path}");
        assert_eq!(open(path, CREAT, FD_WRITE).is_err(), true, "{path}");
        assert_eq!(path_filestat(ROOT, FOLLOW, path), Err(LOOP), "{path}");
    }
    assert_eq!(path_filestat(ROOT, 0, "self").unwrap().filetype, SYMBOLIC_LINK);
    assert_eq!(create_directory(ROOT, "self/x"), Err(LOOP));
    unlink(ROOT, "self").unwrap();
}

/// Up to forty links are followed on one path.
fn chains() {
    symlink("file", ROOT, "chain1").unwrap();
    for index in 2..=41 {
        symlink(&format!("chain{}", index - 1), ROOT, &format!("chain{index}")).unwrap();
    }
    assert_eq!(contents("chain40"), b"text");
    assert_eq!(open("chain41", 0, FD_READ), Err(LOOP));
    symlink(".", ROOT, "here").unwrap();
    assert!(path_filestat(ROOT, FOLLOW, &("here/".repeat(40) + "file")).is_ok());
    assert_eq!(path_filestat(ROOT, FOLLOW, &("here/".repeat(41) + "file")), Err(LOOP));
}
