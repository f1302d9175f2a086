//! Attributes and times by path.
//!
//! flags: --dir tmp::/
//! setup: mkdir -p tmp/dir && printf 12345 > tmp/dir/file && ln -s dir/file tmp/link && ln -s dir tmp/dirlink
//! setup: mkfifo tmp/fifo && touch -d @1000000000.123456789 tmp/dir/file && touch -h -d @5 tmp/link
//! resolver: openat2 enosys eperm
//! after: test "$(stat -c %.9X.%.9Y tmp/dir/file)" = 7.000000009.1234567890.123456789
//! after: test "$(stat -c %.9X.%.9Y tmp/link)" = 3.000000004.5.000000000
//! peer: it reports the time of birth as ctim

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let stat = path_filestat(ROOT, 0, "dir/file").unwrap();
    assert_eq!((stat.filetype, stat.nlink, stat.size), (REGULAR_FILE, 1, 5));
    assert_eq!((stat.atim, stat.mtim), (1_000_000_000_123_456_789, 1_000_000_000_123_456_789));
    assert_eq!(path_filestat(ROOT, FOLLOW, "link"), Ok(stat));
    assert_eq!(path_filestat(ROOT, FOLLOW, "dirlink/../link"), Ok(stat));
    assert_eq!(filestat(open("link", 0, FD_READ).unwrap()), Ok(stat));
    let link = path_filestat(ROOT, 0, "link").unwrap();
    assert_eq!((link.filetype, link.size, link.mtim), (SYMBOLIC_LINK, 8, 5_000_000_000));
    assert_ne!(link.ino, stat.ino);
    let dir = path_filestat(ROOT, 0, "dir").unwrap();
    for path in ["dir/", "dir/.", "./dir", "dirlink/", "dirlink/.", "dir/../dir"] {
        assert_eq!(path_filestat(ROOT, 0, path), Ok(dir), "{path}");
    }
    assert_eq!(path_filestat(ROOT, FOLLOW, "dirlink"), Ok(dir));
    assert_eq!(path_filestat(ROOT, 0, "."), filestat(ROOT));
    assert_eq!(path_filestat(ROOT, 0, "dir/.."), filestat(ROOT));
    assert_eq!(path_filestat(ROOT, 0, "fifo").unwrap().filetype, UNKNOWN);

    for flags in [0, FOLLOW] {
        assert_eq!(path_filestat(ROOT, flags, "missing"), Err(NOENT));
        assert_eq!(path_filestat(ROOT, flags, ""), Err(NOENT));
        assert_eq!(path_filestat(ROOT, flags, "dir/file/"), Err(NOTDIR));
        assert_eq!(path_filestat(ROOT, flags, "dir/file/x"), Err(NOTDIR));
        assert_eq!(path_filestat(99, flags, "dir"), Err(BADF));
    }
    times();

    let end = memory_end();
    let path = "dir";
    let call = |out| result(raw::path_filestat_get(ROOT, 0, at(path), 3, out));
    assert_eq!((call(end - 63), call(end - 64), call(end - 65)), (Err(FAULT), Ok(()), Ok(())));
}

fn times() {
    let get = |path| {
        let stat = path_filestat(ROOT, 0, path).unwrap();
        (stat.atim, stat.mtim)
    };
    path_set_times(ROOT, 0, "link", 3_000_000_004, 0, ATIM).unwrap();
    assert_eq!(get("link"), (3_000_000_004, 5_000_000_000));
    path_set_times(ROOT, FOLLOW, "link", 7_000_000_009, 2, ATIM).unwrap();
    assert_eq!(get("dir/file"), (7_000_000_009, 1_000_000_000_123_456_789));
    path_set_times(ROOT, 0, "dirlink/file", 1, 2, MTIM_NOW).unwrap();
    assert!(get("dir/file").1.abs_diff(clock_time(REALTIME).unwrap()) < 1_000_000_000);
    path_set_times(ROOT, 0, "dir/file", 1, 1_234_567_890_123_456_789, MTIM).unwrap();
    path_set_times(ROOT, 0, "dir/", 1, 1, ATIM | MTIM).unwrap();
    assert_eq!(get("dir"), (1, 1));
    path_set_times(ROOT, FOLLOW, "dirlink", 2, 2, ATIM | MTIM).unwrap();
    assert_eq!(get("dir"), (2, 2));
    path_set_times(ROOT, FOLLOW, ".", 2, 2, ATIM | MTIM).unwrap();
    path_set_times(ROOT, 0, ".", 3, 3, ATIM).unwrap();
    assert_eq!(get("."), (3, 2));
    path_set_times(ROOT, 0, "fifo", 3, 3, ATIM | MTIM).unwrap();
    for flags in [0, FOLLOW] {
        assert_eq!(path_set_times(ROOT, flags, "dir", 1, 1, ATIM | ATIM_NOW), Err(INVAL));
        assert_eq!(path_set_times(ROOT, flags, "dir", 1, 1, MTIM | MTIM_NOW), Err(INVAL));
        assert_eq!(path_set_times(ROOT, flags, "missing", 1, 1, ATIM), Err(NOENT));
        assert_eq!(path_set_times(ROOT, flags, "dir/file/", 1, 1, ATIM), Err(NOTDIR));
        assert_eq!(path_set_times(99, flags, "dir", 1, 1, ATIM), Err(BADF));
    }
    // Reading must not have changed the times that the test ends with.
    path_set_times(ROOT, 0, "link", 3_000_000_004, 0, ATIM).unwrap();
}
