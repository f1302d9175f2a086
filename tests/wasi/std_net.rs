//! Rust's standard library on a granted socket.
//!
//! flags: --listen 127.0.0.1:$PORT
//! client: sends "one\n", receives "ONE\n"
//! client: sends "two\n", receives "TWO\n"
//! peer: it has no sockets

use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener};
use std::os::fd::FromRawFd;

fn main() {
    // SAFETY: the test is started with a listening socket as descriptor 3, which nothing else uses.
    let listener = unsafe { TcpListener::from_raw_fd(3) };
    for expected in ["one\n", "two\n"] {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(&stream).read_line(&mut line).unwrap();
        assert_eq!(line, expected);
        stream.write_all(line.to_uppercase().as_bytes()).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    }
    listener.set_nonblocking(true).unwrap();
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
