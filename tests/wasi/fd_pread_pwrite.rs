//! Reading and writing at an offset leaves the position alone.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = path_open(ROOT, 0, "file", CREAT, READ_WRITE, 0, 0).unwrap();
    assert_eq!(pwrite(fd, b"world", 7), Ok(5));
    assert_eq!(tell(fd), Ok(0));
    assert_eq!(pwrite(fd, b"hello, ", 0), Ok(7));
    let mut buffer = [0; 16];
    assert_eq!(pread(fd, &mut buffer, 0), Ok(12));
    assert_eq!(&buffer[..12], b"hello, world");
    assert_eq!(pread(fd, &mut buffer[..4], 8), Ok(4));
    assert_eq!(&buffer[..4], b"orld");
    assert_eq!(pread(fd, &mut buffer, 12), Ok(0));
    assert_eq!(pread(fd, &mut buffer, 1 << 40), Ok(0));
    assert_eq!(tell(fd), Ok(0));

    // Behind 4 GiB.
    let far = (4 << 30) + 5;
    assert_eq!(pwrite(fd, b"far", far), Ok(3));
    assert_eq!(filestat(fd).unwrap().size, far + 3);
    assert_eq!(pread(fd, &mut buffer, far), Ok(3));
    assert_eq!(&buffer[..3], b"far");
    assert_eq!(seek(fd, -3, END), Ok(far));
    assert_eq!(read(fd, &mut buffer), Ok(3));

    for offset in [1 << 63, u64::MAX] {
        assert_eq!(pread(fd, &mut buffer, offset), Err(INVAL));
        assert_eq!(pwrite(fd, b"x", offset), Err(INVAL));
    }
    assert_eq!(pread(ROOT, &mut buffer, 0), Err(BADF));
    assert_eq!(pwrite(ROOT, b"x", 0), Err(BADF));
    // Standard input and output are pipes here.
    assert_eq!(pread(0, &mut buffer, 0), Err(SPIPE));
    assert_eq!(pwrite(1, b"x", 0), Err(SPIPE));
}
