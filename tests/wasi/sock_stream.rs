//! A server: it accepts connections on the granted socket, receives, sends, shuts down.
//!
//! flags: --dir tmp::/ --listen 127.0.0.1:$PORT
//! setup: mkdir tmp
//! client: sends "hello", receives "olleh"
//! client: sends "second", receives "dnoces"
//! client: sends "", receives ""
//! peer: it has no sockets

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

const LISTENER: u32 = 4;

fn accept(flags: u32) -> Result<u32> {
    out(|out| raw::sock_accept(LISTENER, flags, out))
}

fn recv(fd: u32, buffer: &mut [u8], flags: u32) -> Result<(usize, u16)> {
    let iovs = [iovec(buffer)];
    let (mut len, mut roflags) = (0u32, 0xffffu16);
    let (len_out, flags_out) = (at_mut(&mut len), at_mut(&mut roflags));
    result(raw::sock_recv(fd, at(&iovs), 1, flags, len_out, flags_out))?;
    Ok((std::hint::black_box(len) as usize, std::hint::black_box(roflags)))
}

fn send(fd: u32, bytes: &[u8], flags: u32) -> Result<usize> {
    let iovs = [ciovec(bytes), ciovec(b"")];
    out(|out| raw::sock_send(fd, at(&iovs), 2, flags, out))
}

fn shutdown(fd: u32, how: u32) -> Result<()> {
    result(raw::sock_shutdown(fd, how))
}

fn main() {
    const PEEK: u32 = 1;
    const WAITALL: u32 = 2;
    let stat = fdstat(LISTENER).unwrap();
    assert_eq!((stat.filetype, stat.base & SOCK_ACCEPT), (SOCKET_STREAM, SOCK_ACCEPT));
    assert_eq!(out::<u64>(|out| raw::fd_prestat_get(LISTENER, out)), Err(BADF));
    assert_eq!(poll(&[fd_subscription(9, POLL_READ, LISTENER)]).unwrap().len(), 1);

    let first = accept(0).unwrap();
    assert_eq!(first, 5);
    assert_eq!((fdstat(first).unwrap().filetype, fdstat(first).unwrap().flags), (SOCKET_STREAM, 0));
    assert_eq!(filestat(first).unwrap().filetype, SOCKET_STREAM);
    let mut buffer = [0; 16];
    assert_eq!(recv(first, &mut buffer[..5], PEEK | WAITALL), Ok((5, 0)));
    assert_eq!(recv(first, &mut buffer[..2], 0), Ok((2, 0)));
    assert_eq!(&buffer[..5], b"hello");
    assert_eq!(read(first, &mut buffer[..3]), Ok(3));
    assert_eq!(&buffer[..3], b"llo");
    assert_eq!(recv(first, &mut buffer, 0), Ok((0, 0)));
    assert_eq!(send(first, b"ol", 0), Ok(2));
    assert_eq!(write(first, b"leh"), Ok(3));
    wrong_uses(first);
    assert_eq!(shutdown(first, 1), Ok(()));
    assert_eq!(shutdown(first, 2), Ok(()));
    assert_eq!(send(first, b"x", 0), Err(PIPE));
    assert_eq!(write(first, b"x"), Err(PIPE));
    close(first).unwrap();

    // Not blocking: readiness tells when.
    set_flags(LISTENER, NONBLOCK).unwrap();
    let second = loop {
        match accept(NONBLOCK) {
            Err(error) => assert_eq!(error, AGAIN),
            Ok(fd) => break fd,
        }
        poll(&[fd_subscription(1, POLL_READ, LISTENER)]).unwrap();
    };
    assert_eq!(fdstat(second).unwrap().flags, NONBLOCK as u16);
    let mut received = Vec::new();
    loop {
        match recv(second, &mut buffer, 0) {
            Ok((0, _)) => break,
            Ok((count, _)) => received.extend_from_slice(&buffer[..count]),
            Err(error) => {
                assert_eq!(error, AGAIN);
                let event = poll(&[fd_subscription(1, POLL_READ, second)]).unwrap()[0];
                assert!(event.nbytes <= 6);
            }
        }
    }
    received.reverse();
    assert_eq!(poll(&[fd_subscription(1, POLL_WRITE, second)]).unwrap().len(), 1);
    assert_eq!(send(second, &received, 0), Ok(6));
    close(second).unwrap();
    set_flags(LISTENER, 0).unwrap();
    close(accept(0).unwrap()).unwrap();
    close(LISTENER).unwrap();
    assert_eq!(accept(0), Err(BADF));
}

fn wrong_uses(connection: u32) {
    let file = open("file", CREAT, READ_WRITE).unwrap();
    for fd in [file, ROOT] {
        assert_eq!(recv(fd, &mut [0], 0), Err(NOTSOCK));
        assert_eq!(send(fd, b"x", 0), Err(NOTSOCK));
        assert_eq!(shutdown(fd, 1), Err(NOTSOCK));
        assert_eq!(out::<u32>(|out| raw::sock_accept(fd, 0, out)), Err(NOTSOCK));
    }
    assert_eq!(recv(99, &mut [0], 0), Err(BADF));
    assert_eq!(send(99, b"x", 0), Err(BADF));
    assert_eq!(shutdown(99, 1), Err(BADF));
    // Standard input might be a socket; here it is a pipe.
    assert_eq!(recv(0, &mut [0], 0), Err(NOTSOCK));
    assert_eq!(send(1, b"x", 0), Err(NOTSOCK));
    for how in [0, 4, 255, u32::MAX] {
        assert_eq!(shutdown(connection, how), Err(INVAL));
    }
    assert_eq!(recv(connection, &mut [0], 4), Err(INVAL));
    assert_eq!(send(connection, b"x", 1), Err(INVAL));
    assert_eq!(accept(APPEND), Err(INVAL));
    assert_eq!(accept(32), Err(INVAL));
    // A connection accepts nobody, and a listener has nothing to read and nobody to send to.
    assert_eq!(out::<u32>(|out| raw::sock_accept(connection, 0, out)), Err(BADF));
    assert_eq!(recv(LISTENER, &mut [0], 0), Err(NOTCONN));
    assert_eq!(send(LISTENER, b"x", 0), Err(BADF));
    assert_eq!(seek(connection, 0, CUR), Err(BADF));
    assert_eq!(set_size(connection, 0), Err(BADF));

    let end = memory_end();
    let iovs = [ciovec(b"x")];
    let call = |len, flags| result(raw::sock_recv(connection, at(&iovs), 1, 0, len, flags));
    assert_eq!(call(end - 3, end - 16), Err(FAULT));
    assert_eq!(call(end - 16, end - 1), Err(FAULT));
    assert_eq!(result(raw::sock_send(connection, end - 7, 1, 0, end - 16)), Err(FAULT));
    assert_eq!(result(raw::sock_accept(LISTENER, 0, end - 3)), Err(FAULT));
    // No connection was lost to that: the next one is the second.
    close(file).unwrap();
}
