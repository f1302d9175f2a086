//! Reading from a pipe that is empty: at once with an error where the guest asked for that, later otherwise.
//!
//! run: (sleep 0.3; printf abc) | "$EXE"
//! peer: it does not change standard input

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    set_flags(0, NONBLOCK).unwrap();
    let mut buffer = [0; 8];
    assert_eq!(read(0, &mut buffer), Err(AGAIN));
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, 0)]).unwrap().len(), 1);
    assert_eq!(read(0, &mut buffer[..1]), Ok(1));
    set_flags(0, 0).unwrap();
    assert_eq!(read(0, &mut buffer), Ok(2));
    assert_eq!(read(0, &mut buffer), Ok(0));
    assert_eq!(&buffer[..2], b"bc");
}
