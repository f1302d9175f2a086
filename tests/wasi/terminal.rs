//! A terminal is told apart from other devices.
//!
//! run: script -qec '"$EXE" yes' /dev/null < /dev/null && "$EXE" no < /dev/null > /dev/null
//! peer: it has no type for standard streams

#[path = "support/preview1.rs"]
mod preview1;

use std::io::{IsTerminal, stdin, stdout};

use preview1::*;

fn main() {
    let is_terminal = std::env::args().nth(1).unwrap() == "yes";
    let stat = fdstat(1).unwrap();
    assert_eq!(stat.filetype, CHARACTER_DEVICE);
    assert_eq!(stat.base & (FD_SEEK | FD_TELL) == 0, is_terminal);
    assert_eq!((stdin().is_terminal(), stdout().is_terminal()), (is_terminal, is_terminal));
    if is_terminal {
        assert_eq!(seek(1, 0, CUR), Err(SPIPE));
    }
}
