//! The other end of a guest's sockets.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{io, thread};

use crate::case::unescape;

/// How long to wait for the guest to listen, or to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A port that nobody listens on.
pub fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}

/// A connection: what is sent, then, at the end of what comes back, what that must have been.
#[derive(Clone)]
pub struct Client {
    sends: String,
    receives: String,
}

impl Client {
    /// From `sends "...", receives "..."`.
    pub fn parse(text: &str) -> Result<Client, String> {
        let parts = || {
            let rest = text.strip_prefix("sends \"")?.strip_suffix('"')?;
            rest.split_once("\", receives \"")
        };
        let (sends, receives) = parts().ok_or_else(|| format!("`client: {text}` is not understood"))?;
        Ok(Client { sends: unescape(sends)?, receives: unescape(receives)? })
    }

    /// Connects and talks.
    pub fn talk(&self, port: u16) -> Result<(), String> {
        let mut stream = connect(port)?;
        self.talk_on(&mut stream).map_err(|error| format!("client: {error}"))
    }

    fn talk_on(&self, stream: &mut TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(self.sends.as_bytes())?;
        stream.shutdown(Shutdown::Write)?;
        let mut received = String::new();
        stream.read_to_string(&mut received)?;
        if received == self.receives {
            return Ok(());
        }
        Err(io::Error::other(format!("received {received:?} rather than {:?}", self.receives)))
    }
}

fn connect(port: u16) -> Result<TcpStream, String> {
    let start = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return Ok(stream),
            Err(error) if start.elapsed() > PATIENCE => return Err(format!("client: {error}")),
            Err(_) => sleep(Duration::from_millis(10)),
        }
    }
}

/// A socket that the test passes on as descriptor 3.
#[derive(Clone, Copy)]
pub enum Inherited {
    /// One that listens on `$PORT`.
    Listener,
    /// One that is connected to an echo.
    Stream,
}

impl Inherited {
    /// The one of this name.
    pub fn parse(name: &str) -> Result<Inherited, String> {
        match name {
            "listener" => Ok(Inherited::Listener),
            "stream" => Ok(Inherited::Stream),
            _ => Err(format!("cannot inherit `{name}`")),
        }
    }

    /// Makes `command` inherit it; to be dropped once the command runs.
    pub fn pass_on(self, command: &mut Command, port: u16) -> Result<OwnedFd, String> {
        let address = (Ipv4Addr::LOCALHOST, port);
        let listener = TcpListener::bind(address).map_err(|error| error.to_string())?;
        let socket: OwnedFd = match self {
            Inherited::Listener => listener.into(),
            Inherited::Stream => {
                let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
                let (other, _) = listener.accept().map_err(|error| error.to_string())?;
                thread::spawn(move || echo(other));
                stream.into()
            }
        };
        let socket_number = socket.as_raw_fd();
        let pass = move || {
            // SAFETY: these are system calls and nothing else. The second one is for a socket that has the number already,
            // which `dup2` leaves as it is.
            let passed = unsafe { libc::dup2(socket_number, 3) == 3 && libc::fcntl(3, libc::F_SETFD, 0) == 0 };
            if passed { Ok(()) } else { Err(io::Error::last_os_error()) }
        };
        // SAFETY: `pass` does nothing that is forbidden between `fork` and `exec`.
        unsafe { command.pre_exec(pass) };
        Ok(socket)
    }
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut received = Vec::new();
    stream.read_to_end(&mut received)?;
    stream.write_all(&received)
}
