//! Reading and writing at the position of a descriptor.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = path_open(ROOT, 0, "file", CREAT | EXCL, READ_WRITE, 0, 0).unwrap();
    assert_eq!(write(fd, b"hello, world"), Ok(12));
    assert_eq!(write(fd, b""), Ok(0));
    assert_eq!(tell(fd), Ok(12));
    let mut buffer = [0; 20];
    assert_eq!(read(fd, &mut buffer), Ok(0));
    assert_eq!(seek(fd, 0, SET), Ok(0));
    assert_eq!(read(fd, &mut buffer[..5]), Ok(5));
    assert_eq!(&buffer[..6], b"hello\0");
    assert_eq!(read(fd, &mut []), Ok(0));
    assert_eq!(read(fd, &mut buffer), Ok(7));
    assert_eq!(&buffer[..8], b", world\0");
    // Behind the end there are zeros once something is written.
    assert_eq!(seek(fd, 3, CUR), Ok(15));
    assert_eq!(read(fd, &mut buffer), Ok(0));
    assert_eq!(write(fd, b"!"), Ok(1));
    assert_eq!(contents("file"), b"hello, world\0\0\0!");
    close(fd).unwrap();
    assert_eq!(read(fd, &mut buffer), Err(BADF));
    assert_eq!(write(fd, b"x"), Err(BADF));

    // A descriptor that was opened for one thing does not do the other.
    let reads = open("file", 0, FD_READ).unwrap();
    assert_eq!(write(reads, b"x"), Err(BADF));
    assert_eq!(pwrite(reads, b"x", 0), Err(BADF));
    assert_eq!(read(reads, &mut buffer), Ok(16));
    let writes = open("file", 0, FD_WRITE).unwrap();
    assert_eq!(read(writes, &mut buffer), Err(BADF));
    assert_eq!(pread(writes, &mut buffer, 0), Err(BADF));
    assert_eq!(write(writes, b"H"), Ok(1));
    assert_eq!(contents("file"), b"Hello, world\0\0\0!");

    // Neither does a directory.
    assert_eq!(read(ROOT, &mut buffer), Err(BADF));
    assert_eq!(write(ROOT, b"x"), Err(BADF));
    for fd in [99, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        assert_eq!(read(fd, &mut buffer), Err(BADF));
        assert_eq!(write(fd, b"x"), Err(BADF));
    }

    // Two descriptors of one file have two positions.
    let (one, two) = (open("file", 0, FD_READ).unwrap(), open("file", 0, FD_READ).unwrap());
    assert_ne!(one, two);
    assert_eq!(read(one, &mut buffer[..4]), Ok(4));
    assert_eq!((tell(one), tell(two)), (Ok(4), Ok(0)));
}
