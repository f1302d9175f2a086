//! Arrays of vectors: many, empty, overlapping, out of bounds.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp
//! peer: it transfers the first vector alone, and traps at a bad pointer

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = path_open(ROOT, 0, "file", CREAT, READ_WRITE, 0, 0).unwrap();
    gather_and_scatter(fd);
    many(fd);
    overlapping(fd);
    bounds(fd);
}

fn gather_and_scatter(fd: u32) {
    let parts = [ciovec(b"one "), ciovec(b""), ciovec(b"two "), ciovec(b"three")];
    assert_eq!(writev(fd, &parts), Ok(13));
    assert_eq!(writev(fd, &[]), Ok(0));
    assert_eq!(writev(fd, &[ciovec(b""); 5]), Ok(0));
    seek(fd, 0, SET).unwrap();
    let (mut first, mut second) = ([0; 5], [0; 20]);
    assert_eq!(readv(fd, &[iovec(&mut []), iovec(&mut first), iovec(&mut second)]), Ok(13));
    assert_eq!((&first, &second[..9]), (b"one t", b"wo three\0".as_slice()));
}

/// The system takes 1024 at a time; of more, some are transferred. Empty ones do not count.
fn many(fd: u32) {
    for count in [15, 16, 17, 100, 1023, 1024] {
        set_size(fd, 0).unwrap();
        seek(fd, 0, SET).unwrap();
        assert_eq!(writev(fd, &vec![ciovec(b"ab"); count]), Ok(2 * count));
        assert_eq!(filestat(fd).unwrap().size, 2 * count as u64);
    }
    for count in [1025, 5000] {
        set_size(fd, 0).unwrap();
        seek(fd, 0, SET).unwrap();
        let written = writev(fd, &vec![ciovec(b"ab"); count]).unwrap();
        assert!((1..=2 * count).contains(&written));
        assert_eq!(filestat(fd).unwrap().size, written as u64);
    }
    let mut vectors = vec![ciovec(b""); 5000];
    vectors.push(ciovec(b"last"));
    set_size(fd, 0).unwrap();
    seek(fd, 0, SET).unwrap();
    assert_eq!(writev(fd, &vectors), Ok(4));
    assert_eq!(contents("file"), b"last");
}

/// Vectors may overlap one another, and be longer than 4 GiB together.
fn overlapping(fd: u32) {
    set_size(fd, 0).unwrap();
    seek(fd, 0, SET).unwrap();
    write(fd, b"0123456789").unwrap();
    let mut buffer = [0; 6];
    let whole = iovec(&mut buffer);
    let tail = Iovec { buf: whole.buf + 2, len: 4 };
    seek(fd, 0, SET).unwrap();
    assert_eq!(readv(fd, &[whole, tail]), Ok(10));
    assert_eq!(&buffer, b"016789");

    let large = vec![0u8; 64 << 20];
    let vectors = vec![ciovec(&large); 100];
    let empty = open("empty", CREAT, FD_READ).unwrap();
    assert_eq!(readv(empty, &vectors), Ok(0));
}

fn bounds(fd: u32) {
    set_size(fd, 0).unwrap();
    seek(fd, 0, SET).unwrap();
    let end = memory_end();
    let mut count = 0u32;
    let mut try_write = |vector: Iovec| {
        let vectors = [vector, ciovec(b"x")];
        let written = result(raw::fd_write(fd, at(&vectors), 2, at_mut(&mut count)));
        (written, std::hint::black_box(count))
    };
    // Nothing is written when any of the vectors is wrong.
    for vector in [
        Iovec { buf: end, len: 1 },
        Iovec { buf: end - 1, len: 2 },
        Iovec { buf: 0, len: u32::MAX },
        Iovec { buf: u32::MAX, len: u32::MAX },
        Iovec { buf: u32::MAX, len: 1 },
    ] {
        assert_eq!(try_write(vector), (Err(FAULT), 0), "{vector:?}");
    }
    assert_eq!(filestat(fd).unwrap().size, 0);
    assert_eq!(try_write(Iovec { buf: end - 3, len: 3 }), (Ok(()), 4));
    assert_eq!(try_write(Iovec { buf: end - 3, len: 0 }), (Ok(()), 1));
    assert_eq!(try_write(Iovec { buf: end, len: 0 }), (Ok(()), 1));
    assert_eq!(contents("file"), b"\0\0\0xxx");

    // The array itself, and the result.
    let vectors = [ciovec(b"y"); 2];
    let call = |iovs, len, out| result(raw::fd_write(fd, iovs, len, out));
    for (iovs, len) in [(end - 8, 2), (end - 7, 1), (end, 1), (0, u32::MAX), (0, 0x2000_0000), (u32::MAX, 1)] {
        assert_eq!(call(iovs, len, end - 4), Err(FAULT), "{iovs:#x} {len}");
    }
    for out in [end - 3, end, u32::MAX] {
        assert_eq!(call(at(&vectors), 2, out), Err(FAULT), "{out:#x}");
    }
    assert_eq!(contents("file"), b"\0\0\0xxx");
    assert_eq!(call(end, 0, end - 4), Ok(()));
    assert_eq!(call(at(&vectors), 2, end - 5), Ok(()));
    assert_eq!(byte_at(end - 5), 2);
    // Misaligned.
    let mut bytes = [0; 9];
    bytes[1..5].copy_from_slice(&vectors[0].buf.to_le_bytes());
    bytes[5] = 1;
    assert_eq!(call(at(&bytes) + 1, 1, end - 7), Ok(()));
    assert_eq!(contents("file"), b"\0\0\0xxxyyy");

    // Reading.
    seek(fd, 0, SET).unwrap();
    let mut call = |vector: Iovec| {
        let vectors = [vector];
        result(raw::fd_read(fd, at(&vectors), 1, at_mut(&mut count)))
    };
    assert_eq!(call(Iovec { buf: end - 8, len: 9 }), Err(FAULT));
    assert_eq!(tell(fd), Ok(0));
    assert_eq!(call(Iovec { buf: end - 9, len: 9 }), Ok(()));
    assert_eq!(byte_at(end - 1), b'y');
}
