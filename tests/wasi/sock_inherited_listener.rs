//! A listening socket passed on by a service manager comes after the directories.
//!
//! flags: --dir tmp::/ --inherit-sockets
//! setup: mkdir tmp
//! run: export LISTEN_FDS=1 LISTEN_PID=$$; exec "$EXE"
//! inherit: listener
//! client: sends "abc", receives "abc"
//! peer: it has no sockets

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    assert_eq!(fdstat(4).unwrap().base & SOCK_ACCEPT, SOCK_ACCEPT);
    let fd: u32 = out(|out| raw::sock_accept(4, 0, out)).unwrap();
    let mut buffer = [0; 8];
    let mut len = 0;
    loop {
        match read(fd, &mut buffer[len..]).unwrap() {
            0 => break,
            count => len += count,
        }
    }
    assert_eq!(write(fd, &buffer[..len]), Ok(3));
}
