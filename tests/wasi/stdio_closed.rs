//! Standard input, output and error are closed from the start, and nothing else takes their place.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp
//! run: "$EXE" <&- >&- 2>&-
//! after: test "$(cat tmp/result)" = passed
//! peer: it opens them anew

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let file = open("result", CREAT, READ_WRITE).unwrap();
    assert_eq!(file, 4);
    assert_eq!(read(0, &mut [0]), Err(BADF));
    assert_eq!(write(1, b"lost"), Err(BADF));
    assert_eq!(write(2, b"lost"), Err(BADF));
    assert_eq!(filestat(1), Err(BADF));
    assert_eq!(fdstat(0), Err(BADF));
    assert_eq!(filestat(file).unwrap().size, 0);
    write(file, b"passed").unwrap();
    close(1).unwrap_err();
    assert_eq!(open("result", 0, FD_READ), Ok(5));
}
