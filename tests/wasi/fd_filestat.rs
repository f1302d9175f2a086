//! Attributes of open files, their size and times.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && printf 12345 > tmp/file && ln tmp/file tmp/link && touch -d @1000000000.123456789 tmp/file
//! after: test "$(stat -c %s.%h tmp/file)" = 3.2
//! after: test "$(stat -c %.9X.%.9Y tmp/file)" = 7.000000009.1234567890.123456789
//! peer: it reports the time of birth as ctim, and reports nothing about standard streams

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let fd = open("file", 0, READ_WRITE).unwrap();
    let stat = filestat(fd).unwrap();
    assert_eq!((stat.filetype, stat.nlink, stat.size), (REGULAR_FILE, 2, 5));
    assert_eq!((stat.atim, stat.mtim), (1_000_000_000_123_456_789, 1_000_000_000_123_456_789));
    let now = clock_time(REALTIME).unwrap();
    assert!(now - stat.ctim < 60_000_000_000, "{} {now}", stat.ctim);
    let other = filestat(open("link", 0, 0).unwrap()).unwrap();
    assert_eq!((stat.dev, stat.ino), (other.dev, other.ino));
    let root = filestat(ROOT).unwrap();
    assert_eq!(root.filetype, DIRECTORY_TYPE);
    assert_ne!(root.ino, stat.ino);
    for standard in 0..3 {
        assert_eq!(filestat(standard).unwrap().filetype, UNKNOWN);
    }
    assert_eq!(filestat(99), Err(BADF));

    sizes(fd);
    times(fd);

    let end = memory_end();
    assert_eq!(result(raw::fd_filestat_get(fd, end - 63)), Err(FAULT));
    assert_eq!(result(raw::fd_filestat_get(fd, end - 64)), Ok(()));
    assert_eq!(result(raw::fd_filestat_get(fd, end - 65)), Ok(()));
}

fn sizes(fd: u32) {
    set_size(fd, 1 << 33).unwrap();
    assert_eq!(filestat(fd).unwrap().size, 1 << 33);
    set_size(fd, 7).unwrap();
    assert_eq!(contents("file"), b"12345\0\0");
    set_size(fd, 0).unwrap();
    write(fd, b"abcdef").unwrap();
    set_size(fd, 3).unwrap();
    assert_eq!((tell(fd), contents("file")), (Ok(6), b"abc".to_vec()));
    for size in [1 << 63, u64::MAX] {
        assert_eq!(set_size(fd, size), Err(INVAL));
    }
    assert_eq!(set_size(open("file", 0, FD_READ).unwrap(), 0), Err(INVAL));
    assert_eq!(set_size(ROOT, 0), Err(BADF));
    assert_eq!(set_size(1, 0), Err(BADF));
    assert_eq!(filestat(fd).unwrap().size, 3);
}

fn times(fd: u32) {
    let get = || {
        let stat = filestat(fd).unwrap();
        (stat.atim, stat.mtim)
    };
    set_times(fd, 5_000_000_001, 6_999_999_999, ATIM | MTIM).unwrap();
    assert_eq!(get(), (5_000_000_001, 6_999_999_999));
    set_times(fd, 1, 2, 0).unwrap();
    assert_eq!(get(), (5_000_000_001, 6_999_999_999));
    set_times(fd, 7_000_000_009, 2, ATIM).unwrap();
    assert_eq!(get(), (7_000_000_009, 6_999_999_999));
    let before = clock_time(REALTIME).unwrap();
    set_times(fd, 1, 2, MTIM_NOW).unwrap();
    // The system takes the time from the last tick of its clock.
    assert_eq!(get().0, 7_000_000_009);
    assert!(get().1.abs_diff(before) < 1_000_000_000);
    set_times(fd, 1, 1_234_567_890_123_456_789, MTIM).unwrap();
    assert_eq!(set_times(fd, 1, 2, ATIM | ATIM_NOW), Err(INVAL));
    assert_eq!(set_times(fd, 1, 2, MTIM | MTIM_NOW), Err(INVAL));
    assert_eq!(get(), (7_000_000_009, 1_234_567_890_123_456_789));
    // A directory, a file that is open for reading, a pipe.
    set_times(ROOT, 0, 0, ATIM_NOW | MTIM_NOW).unwrap();
    set_times(open("file", 0, FD_READ).unwrap(), 7_000_000_009, 0, ATIM).unwrap();
    assert_eq!(set_times(1, 0, 0, ATIM_NOW), Err(BADF));
    assert_eq!(set_times(99, 0, 0, ATIM_NOW), Err(BADF));
}
