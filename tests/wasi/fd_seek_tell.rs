//! Positions.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = path_open(ROOT, 0, "file", CREAT, READ_WRITE, 0, 0).unwrap();
    assert_eq!(tell(fd), Ok(0));
    write(fd, b"0123456789").unwrap();
    assert_eq!(tell(fd), Ok(10));
    assert_eq!(seek(fd, -3, CUR), Ok(7));
    assert_eq!(seek(fd, 0, CUR), Ok(7));
    assert_eq!(seek(fd, -10, END), Ok(0));
    assert_eq!(seek(fd, 5, END), Ok(15));
    assert_eq!(seek(fd, 4, SET), Ok(4));
    assert_eq!(seek(fd, 1 << 40, SET), Ok(1 << 40));
    assert_eq!(tell(fd), Ok(1 << 40));
    assert_eq!(seek(fd, 4, SET), Ok(4));

    assert_eq!(seek(fd, -1, SET), Err(INVAL));
    assert_eq!(seek(fd, i64::MIN, SET), Err(INVAL));
    assert_eq!(seek(fd, -5, CUR), Err(INVAL));
    assert_eq!(seek(fd, -11, END), Err(INVAL));
    assert_eq!(tell(fd), Ok(4));

    // Directories have no position of this kind, pipes none at all.
    assert_eq!(seek(ROOT, 0, SET), Err(BADF));
    assert_eq!(tell(ROOT), Err(BADF));
    assert_eq!(seek(0, 0, CUR), Err(SPIPE));
    assert_eq!(seek(1, 0, SET), Err(SPIPE));
    assert_eq!(tell(1), Err(SPIPE));
    assert_eq!(seek(99, 0, SET), Err(BADF));
    assert_eq!(tell(99), Err(BADF));
}
