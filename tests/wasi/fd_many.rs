//! Thousands of descriptors, and no more than the system allows.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && echo text > tmp/file
//! run: ulimit -n 3000 && "$EXE"
//! peer: it has more descriptors of its own

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut fds = Vec::new();
    let error = loop {
        match open("file", 0, FD_READ) {
            Ok(fd) => fds.push(fd),
            Err(error) => break error,
        }
    };
    assert_eq!(error, MFILE);
    assert!((2900..=2996).contains(&fds.len()), "{}", fds.len());
    assert!(fds.iter().copied().eq(4..4 + fds.len() as u32));
    let last = *fds.last().unwrap();
    assert_eq!(read(last, &mut [0; 10]), Ok(5));
    for fd in [7, 2000, 100] {
        close(fd).unwrap();
    }
    for fd in [7, 100, 2000] {
        assert_eq!(open("file", 0, FD_READ), Ok(fd));
    }
    for fd in fds {
        assert_eq!(close(fd), Ok(()));
    }
    assert_eq!(open("file", 0, FD_READ), Ok(4));
}
