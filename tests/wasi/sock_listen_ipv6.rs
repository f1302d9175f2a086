//! Listening on an IPv6 address.
//!
//! flags: --listen [::1]:0 --listen 127.0.0.1:0
//! run: if test -e /proc/net/if_inet6; then exec "$EXE"; fi
//! peer: it has no sockets

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    for fd in [3, 4] {
        assert_eq!(fdstat(fd).unwrap().base & SOCK_ACCEPT, SOCK_ACCEPT);
        set_flags(fd, NONBLOCK).unwrap();
        assert_eq!(out::<u32>(|out| raw::sock_accept(fd, 0, out)), Err(AGAIN));
    }
    assert_eq!(fdstat(5), Err(BADF));
}
