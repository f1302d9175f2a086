//! Numbers that are no value of an enumeration, and flags without a meaning.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && echo text > tmp/file
//! peer: it traps

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = open("file", 0, READ_WRITE).unwrap();
    for number in [3, 256, u32::MAX] {
        assert_eq!(seek(fd, 0, number), Err(INVAL));
    }
    for number in [6, 256, u32::MAX] {
        assert_eq!(result(raw::fd_advise(fd, 0, 0, number)), Err(INVAL));
    }
    for flags in [16, 0x1_0000, u32::MAX] {
        assert_eq!(set_times(fd, 0, 0, flags), Err(INVAL));
        assert_eq!(path_set_times(ROOT, 0, "file", 0, 0, flags), Err(INVAL));
        assert_eq!(path_open(ROOT, 0, "file", flags, FD_READ, 0, 0), Err(INVAL));
    }
    for flags in [32, 0x1_0000, u32::MAX] {
        assert_eq!(path_open(ROOT, 0, "file", 0, FD_READ, 0, flags), Err(INVAL));
        assert_eq!(set_flags(fd, flags), Err(INVAL));
    }
    for flags in [2, u32::MAX] {
        assert_eq!(path_open(ROOT, flags, "file", 0, FD_READ, 0, 0), Err(INVAL));
        assert_eq!(path_filestat(ROOT, flags, "file"), Err(INVAL));
        assert_eq!(path_set_times(ROOT, flags, "file", 0, 0, ATIM_NOW), Err(INVAL));
        assert_eq!(link(ROOT, flags, "file", ROOT, "new"), Err(INVAL));
    }
    assert_eq!(tell(fd), Ok(0));
    assert_eq!(path_filestat(ROOT, 0, "new"), Err(NOENT));
    assert_eq!(contents("file"), b"text\n");
}
