//! Numbers of descriptors: the lowest free one is given out, but never a standard one; they can be moved, onto standard ones too.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && echo one > tmp/one && echo two > tmp/two
//! stdin: input
//! stdout: to standard output\n
//! after: test "$(cat tmp/redirected)" = 'to the file'
//! peer: it gives out the number that was closed last

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn read_one(fd: u32) -> Result<u8> {
    let mut byte = [0];
    read(fd, &mut byte).map(|count| if count == 1 { byte[0] } else { 0 })
}

fn main() {
    let one = open("one", 0, FD_READ).unwrap();
    let two = open("two", 0, FD_READ).unwrap();
    assert_eq!((one, two), (4, 5));
    close(one).unwrap();
    assert_eq!(close(one), Err(BADF));
    assert_eq!(close(99), Err(BADF));
    assert_eq!(open("one", 0, FD_READ), Ok(4));
    assert_eq!(open("one", 0, FD_READ), Ok(6));
    close(6).unwrap();

    // Onto another, itself, one that is closed.
    assert_eq!(read_one(two), Ok(b't'));
    renumber(two, one).unwrap();
    assert_eq!(read_one(one), Ok(b'w'));
    assert_eq!(read_one(two), Err(BADF));
    renumber(one, one).unwrap();
    assert_eq!(read_one(one), Ok(b'o'));
    assert_eq!(renumber(one, two), Err(BADF));
    assert_eq!(renumber(two, one), Err(BADF));
    assert_eq!(renumber(99, 99), Err(BADF));
    assert_eq!(renumber(u32::MAX, one), Err(BADF));
    assert_eq!(read_one(one), Ok(b'\n'));
    assert_eq!(open("one", 0, FD_READ), Ok(5));

    standard_streams();
    preopens();
}

fn standard_streams() {
    assert_eq!(read_one(0), Ok(b'i'));
    close(0).unwrap();
    assert_eq!(read_one(0), Err(BADF));
    // What a program prints after closing its standard output must not end up in the next file that it opens.
    let file = open("one", 0, FD_READ).unwrap();
    assert!(file > 2);
    assert_eq!(read_one(0), Err(BADF));

    write(1, b"to standard output\n").unwrap();
    let file = open("redirected", CREAT, FD_WRITE).unwrap();
    renumber(file, 1).unwrap();
    println!("to the file");
    assert_eq!(filestat(1).unwrap().size, 12);
    close(1).unwrap();
    close(2).unwrap();
    assert_eq!(write(1, b"x"), Err(BADF));
    assert_eq!(write(2, b"x"), Err(BADF));
}

fn preopens() {
    let mut prestat = [0u32; 2];
    assert_eq!(raw::fd_prestat_get(ROOT, at_mut(&mut prestat)), 0);
    // A preopened directory keeps its name wherever it goes.
    renumber(ROOT, 4).unwrap();
    assert_eq!(result(raw::fd_prestat_get(ROOT, at_mut(&mut prestat))), Err(BADF));
    assert_eq!(raw::fd_prestat_get(4, at_mut(&mut prestat)), 0);
    let file = path_open(4, 0, "one", 0, FD_READ, 0, 0).unwrap();
    assert_eq!(file, ROOT);
    close(4).unwrap();
    assert_eq!(path_open(4, 0, "one", 0, FD_READ, 0, 0), Err(BADF));
}
