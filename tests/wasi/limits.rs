//! With four descriptors there is one for the granted directory and none for more.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir && echo text > tmp/file
//! run: ulimit -n 4; exec "$EXE"
//! resolver: openat2 enosys
//! peer: it needs more

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(open("file", 0, FD_READ), Err(MFILE));
    // What needs none works, and so does what is left open.
    assert_eq!(path_filestat(ROOT, 0, "file").unwrap().size, 5);
    create_directory(ROOT, "new").unwrap();
    rename(ROOT, "new", ROOT, "new2").unwrap();
    assert_eq!(create_directory(ROOT, "dir/new"), Err(MFILE));
    assert_eq!(names(ROOT), [".", "..", "dir", "file", "new2"]);
    close(0).unwrap();
    // The number is free, but it is not given to a file: the runtime's own messages must not end up there.
    assert_eq!(open("file", 0, FD_READ), Err(MFILE));
    create_directory(ROOT, "dir/new").unwrap();
}
