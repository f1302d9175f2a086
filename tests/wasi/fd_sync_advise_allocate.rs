//! Hints, and orders that leave no trace in a file's contents.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && printf 12345 > tmp/file
//! peer: it does not allocate

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn sync(fd: u32) -> Result<()> {
    result(raw::fd_sync(fd))
}

fn datasync(fd: u32) -> Result<()> {
    result(raw::fd_datasync(fd))
}

fn advise(fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
    result(raw::fd_advise(fd, offset, len, advice))
}

fn allocate(fd: u32, offset: u64, len: u64) -> Result<()> {
    result(raw::fd_allocate(fd, offset, len))
}

fn main() {
    let fd = open("file", 0, READ_WRITE).unwrap();
    for descriptor in [fd, ROOT] {
        assert_eq!((sync(descriptor), datasync(descriptor)), (Ok(()), Ok(())));
    }
    assert_eq!((sync(99), datasync(99)), (Err(BADF), Err(BADF)));

    for advice in 0..6 {
        assert_eq!(advise(fd, 0, 0, advice), Ok(()));
        assert_eq!(advise(fd, 2, 1 << 40, advice), Ok(()));
    }
    assert_eq!(advise(ROOT, 0, 0, 0), Err(BADF));
    assert_eq!(advise(99, 0, 0, 0), Err(BADF));
    assert_eq!(advise(1, 0, 0, 0), Err(BADF));

    allocate(fd, 0, 3).unwrap();
    assert_eq!(contents("file"), b"12345");
    allocate(fd, 4, 6).unwrap();
    assert_eq!(contents("file"), b"12345\0\0\0\0\0");
    assert_eq!(allocate(fd, 0, 0), Err(INVAL));
    assert_eq!(allocate(fd, 1 << 63, 1), Err(INVAL));
    assert_eq!(allocate(fd, 0, u64::MAX), Err(INVAL));
    assert_eq!(allocate(fd, (1 << 63) - 1, 10), Err(FBIG));
    assert_eq!(allocate(open("file", 0, FD_READ).unwrap(), 0, 20), Err(BADF));
    assert_eq!(allocate(ROOT, 0, 1), Err(BADF));
    assert_eq!(allocate(1, 0, 1), Err(BADF));
    assert_eq!(allocate(99, 0, 1), Err(BADF));
    assert_eq!(filestat(fd).unwrap().size, 10);
}
