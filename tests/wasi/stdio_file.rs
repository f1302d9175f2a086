//! Standard input from a file can be read anywhere; standard output to a file grows, as whoever opened it wants.
//!
//! setup: printf 0123456789 > input && printf 'before\n' > output
//! run: "$EXE" < input >> output
//! after: test "$(cat output)" = "$(printf 'before\none\ntwo')"
//! peer: it cannot move standard input

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(seek(0, 4, SET), Ok(4));
    let mut buffer = [0; 2];
    assert_eq!((read(0, &mut buffer), &buffer), (Ok(2), b"45"));
    assert_eq!((pread(0, &mut buffer, 8), &buffer), (Ok(2), b"89"));
    assert_eq!(filestat(0).unwrap().size, 10);
    assert_eq!(fdstat(0).unwrap().filetype, REGULAR_FILE);

    write(1, b"one\n").unwrap();
    assert_eq!(fdstat(1).unwrap().flags, APPEND as u16);
    assert_eq!(set_flags(1, 0), Err(NOTCAPABLE));
    assert_eq!(set_size(1, 0), Err(BADF));
    assert_eq!(set_times(1, 1, 1, ATIM | MTIM), Err(BADF));
    assert_eq!(result(raw::fd_allocate(1, 0, 100)), Err(BADF));
    seek(1, 0, SET).unwrap();
    write(1, b"two\n").unwrap();
}
