//! Creating and removing directories.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && echo > tmp/file && ln -s nowhere tmp/dangling
//! run: umask 027; "$EXE"
//! resolver: openat2 enosys eperm
//! peer: it removes no directory whose name ends with a slash
//! after: test "$(stat -c %a tmp/kept)" = 750
//! after: rmdir tmp/kept

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    create_directory(ROOT, "dir").unwrap();
    create_directory(ROOT, "dir/inner/").unwrap();
    create_directory(ROOT, "dir/../dir/./other").unwrap();
    let dir = path_open(ROOT, 0, "dir", DIRECTORY, 0, 0, 0).unwrap();
    assert_eq!(names(dir), [".", "..", "inner", "other"]);
    create_directory(ROOT, "kept").unwrap();

    for path in ["dir", "dir/", "dir/inner", ".", "dir/.", "dir/inner/..", "file", "dangling"] {
        assert_eq!(create_directory(ROOT, path), Err(EXIST), "{path}");
    }
    assert_eq!(create_directory(ROOT, ""), Err(NOENT));
    assert_eq!(create_directory(ROOT, "missing/dir"), Err(NOENT));
    assert_eq!(create_directory(ROOT, "file/dir"), Err(NOTDIR));
    assert_eq!(create_directory(99, "x"), Err(BADF));

    assert_eq!(remove_directory(ROOT, "dir"), Err(NOTEMPTY));
    assert_eq!(remove_directory(ROOT, "file"), Err(NOTDIR));
    assert_eq!(remove_directory(ROOT, "file/"), Err(NOTDIR));
    assert_eq!(remove_directory(ROOT, "dangling"), Err(NOTDIR));
    assert_eq!(remove_directory(ROOT, "missing"), Err(NOENT));
    assert_eq!(remove_directory(ROOT, ""), Err(NOENT));
    assert_eq!(remove_directory(ROOT, "."), Err(INVAL));
    assert_eq!(remove_directory(ROOT, "dir/."), Err(INVAL));
    assert_eq!(remove_directory(99, "x"), Err(BADF));
    remove_directory(ROOT, "dir/inner/").unwrap();
    remove_directory(dir, "other").unwrap();
    remove_directory(ROOT, "dir").unwrap();
    assert_eq!(path_filestat(ROOT, 0, "dir"), Err(NOENT));
    // A directory that is gone takes nothing up.
    assert_eq!(create_directory(dir, "x"), Err(NOENT));
}
