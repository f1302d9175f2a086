//! What the host does not permit, the guest may not do. A granted directory that can be searched but not listed is of use all
//! the same.
//!
//! flags: --dir tmp::/ --dir blind::/blind
//! setup: mkdir -p tmp/closed tmp/listed blind/dir && echo text > blind/file && echo > tmp/closed/file && echo > tmp/listed/file
//! setup: echo > tmp/secret && echo text > tmp/fixed && cp "$EXE" program
//! setup: chmod 000 tmp/closed tmp/secret && chmod 444 tmp/listed tmp/fixed && chmod 111 blind && chmod 755 . tmp
//! run: if test "$(id -u)" = 0; then user='setpriv --reuid=65534 --regid=65534 --clear-groups'; fi; exec $user ./program
//! resolver: openat2 enosys eperm
//! after: chmod -R u+rwx .
//! peer: it cannot grant a directory without reading it

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

const BLIND: u32 = 4;

fn main() {
    let open = |path, oflags, rights| path_open(ROOT, 0, path, oflags, rights, 0, 0).map(drop);
    assert_eq!(open("secret", 0, FD_READ), Err(ACCES));
    assert_eq!(open("secret", 0, 0), Err(ACCES));
    assert_eq!(path_filestat(ROOT, 0, "secret").unwrap().size, 1);
    assert_eq!(open("fixed", 0, FD_READ), Ok(()));
    assert_eq!(open("fixed", 0, READ_WRITE), Err(ACCES));
    assert_eq!(open("fixed", TRUNC, FD_READ), Err(ACCES));
    for path in ["closed/file", "closed/new", "listed/file"] {
        assert_eq!(open(path, 0, FD_READ), Err(ACCES), "{path}");
        assert_eq!(path_filestat(ROOT, 0, path), Err(ACCES), "{path}");
        assert_eq!(unlink(ROOT, path), Err(ACCES), "{path}");
    }
    assert_eq!(open("closed", DIRECTORY, 0), Err(ACCES));
    let listed = path_open(ROOT, 0, "listed", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(names(listed), [".", "..", "file"]);
    assert_eq!(path_open(listed, 0, "file", 0, FD_READ, 0, 0), Err(ACCES));

    let file = path_open(BLIND, 0, "file", 0, FD_READ, 0, 0).unwrap();
    assert_eq!(read(file, &mut [0; 9]), Ok(5));
    assert_eq!(path_filestat(BLIND, 0, "dir").unwrap().filetype, DIRECTORY_TYPE);
    assert_eq!(filestat(BLIND).unwrap().filetype, DIRECTORY_TYPE);
    assert_eq!(readdir(BLIND, 100, 0), Err(BADF));
    assert_eq!(create_directory(BLIND, "new"), Err(ACCES));
}
