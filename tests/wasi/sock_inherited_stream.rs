//! A connected socket passed on by a service manager.
//!
//! flags: --inherit-sockets
//! run: export LISTEN_FDS=1 LISTEN_PID=$$; exec "$EXE"
//! inherit: stream
//! peer: it has no sockets

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let stat = fdstat(3).unwrap();
    assert_eq!((stat.filetype, stat.base & (SOCK_ACCEPT | SOCK_SHUTDOWN)), (SOCKET_STREAM, SOCK_SHUTDOWN));
    assert_eq!(write(3, b"echo"), Ok(4));
    assert_eq!(result(raw::sock_shutdown(3, 2)), Ok(()));
    let mut buffer = [0; 8];
    assert_eq!(read(3, &mut buffer), Ok(4));
    assert_eq!(&buffer[..4], b"echo");
    assert_eq!(read(3, &mut buffer), Ok(0));
}
