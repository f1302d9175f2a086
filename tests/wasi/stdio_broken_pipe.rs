//! Nobody reads: an error, not the end.
//!
//! run: { "$EXE"; echo $? > status; } | true
//! after: test "$(cat status)" = 7
//! peer: it reports an I/O error

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut written = 0;
    loop {
        match write(1, &[b'x'; 1000]) {
            Ok(count) => written += count,
            Err(error) => {
                assert_eq!(error, PIPE);
                std::process::exit(7);
            }
        }
        assert!(written < 10_000_000);
    }
}
