//! Another process has set standard output not to block, and reads slowly: nothing is lost.
//!
//! setup: mkfifo pipe
//! run: (sleep 0.3; cat) < pipe > read & exec 4<> pipe; "$EXE" nonblock <&4 && "$EXE" write >&4; status=$?; exec 4>&-; wait; exit $status
//! after: test "$(wc -c < read)" = 1000000
//! peer: it does not change standard input

#[path = "support/preview1.rs"]
mod preview1;

use std::io::Write;

use preview1::*;

fn main() {
    if std::env::args().nth(1).as_deref() == Some("nonblock") {
        set_flags(0, NONBLOCK).unwrap();
        return;
    }
    assert_eq!(fdstat(1).unwrap().flags, 0);
    std::io::stdout().write_all(&vec![b'x'; 1_000_000]).unwrap();
}
