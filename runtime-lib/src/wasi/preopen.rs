//! What the policy grants is opened before the guest starts: directories, then sockets, from descriptor 3 on. Linked only where
//! the policy has such grants (see [`abi::layout::Program::wasi_start`]).

use core::ffi::CStr;
use core::net::SocketAddr;

use abi::policy::{self, DirGrant};
use rustix::fd::{BorrowedFd, FromRawFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, fstat, openat};
use rustix::io::{Errno as Os, FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use rustix::process::getpid;

use super::descriptor::{Descriptor, Traits};
use super::environ::{host_value, policy, runtime_grants};
use super::fd_table;
use super::filestat;
use super::path_resolver::PATH_MAX;
use super::types::Filetype;
use crate::message::Message;
use crate::sys::{self, PathRules};

/// The variable that holds more grants where the policy has `runtime-grants`, one a line.
const RUNTIME_DIR: &[u8] = b"WASM2EXE_DIR";

/// Opens everything that is granted, or ends the process.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_wasi_start() {
    let stored = || policy::entries(policy());
    for (_, grant) in stored().filter(|(key, _)| *key == policy::DIR.as_bytes()) {
        grant_directory(grant);
    }
    runtime_grants(RUNTIME_DIR).for_each(grant_directory);
    for (_, address) in stored().filter(|(key, _)| *key == policy::LISTEN.as_bytes()) {
        grant_listener(address);
    }
    if stored().any(|(key, _)| key == policy::INHERIT_SOCKETS.as_bytes()) {
        grant_inherited_sockets();
    }
}

/// Has the system keep the process to the granted directories. Returns whether it could.
#[unsafe(no_mangle)]
pub extern "C" fn w2e_confine_paths() -> bool {
    const FIRST: u32 = 3;
    let Some(rules) = PathRules::new() else { return false };
    // Nothing has been closed yet.
    let mut opened = (FIRST..).map_while(|fd| fd_table::get(fd).ok());
    let allowed = opened.all(|descriptor| {
        let is_directory = descriptor.preopen.is_some();
        !is_directory || rules.allow(descriptor.host(), descriptor.traits.contain(Traits::READ_ONLY))
    });
    allowed && rules.enforce()
}

/// Ends the process because something granted is not to be had.
fn fail(what: &[u8], name: &[u8], reason: &[u8]) -> ! {
    const START_FAILED: i32 = 126;
    let mut message = Message::new();
    message.text(b"wasm2exe: cannot ").text(what).text(b" '").guest_text(name).text(b"': ").text(reason);
    message.text(b"\n").send();
    sys::exit(START_FAILED)
}

/// The host's words for an error of opening or binding.
fn reason(errno: Os) -> &'static [u8] {
    match errno {
        Os::NOENT => b"No such file or directory",
        Os::NOTDIR => b"Not a directory",
        Os::ACCESS => b"Permission denied",
        Os::PERM => b"Operation not permitted",
        Os::LOOP => b"Too many levels of symbolic links",
        Os::NAMETOOLONG => b"File name too long",
        Os::MFILE => b"Too many open files (see `ulimit -n`)",
        Os::NFILE => b"Too many open files in system",
        Os::NOMEM => b"Cannot allocate memory",
        Os::ADDRINUSE => b"Address already in use",
        Os::ADDRNOTAVAIL => b"Cannot assign requested address",
        Os::AFNOSUPPORT => b"Address family not supported by protocol",
        Os::BADF => b"Bad file descriptor",
        Os::NOTSOCK => b"Not a socket",
        _ => b"The system refuses",
    }
}

fn add(what: &[u8], name: &[u8], fd: OwnedFd, filetype: Filetype, traits: Traits, preopen: Option<&'static [u8]>) {
    let Ok(mut descriptor) = Descriptor::new(fd, filetype, traits) else {
        fail(what, name, reason(Os::MFILE));
    };
    descriptor.preopen = preopen;
    match fd_table::reserve() {
        Ok(number) => number.fill(descriptor),
        Err(_) => fail(what, name, reason(Os::NOMEM)),
    };
}

/// Opens a directory, given in the syntax of `--dir`. This is the one path that the host resolves as it likes: the user's.
fn grant_directory(grant: &'static [u8]) {
    const WHAT: &[u8] = b"open granted directory";
    let Some(DirGrant { host, guest, read_only }) = policy::parse_dir(grant) else {
        fail(WHAT, grant, b"Not of the form HOST[::GUEST][,ro]");
    };
    let mut path = [0; PATH_MAX];
    if let Some(place) = path.get_mut(..host.len()) {
        place.copy_from_slice(host);
    }
    let opened = match CStr::from_bytes_until_nul(&path) {
        Ok(path) => open_directory(path),
        Err(_) => Err(Os::NAMETOOLONG),
    };
    match opened {
        Ok(fd) => {
            let traits = Traits::READ_ONLY.when(read_only);
            add(WHAT, host, fd, Filetype::Directory, traits, Some(guest));
        }
        Err(errno) => fail(WHAT, host, reason(errno)),
    }
}

/// A directory that may be searched but not listed can still be granted.
fn open_directory(path: &CStr) -> Result<OwnedFd, Os> {
    let flags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);
    match openat(CWD, path, flags.union(OFlags::RDONLY), Mode::empty()) {
        Err(Os::ACCESS) => openat(CWD, path, flags.union(OFlags::PATH), Mode::empty()),
        result => result,
    }
}

/// Listens on `ADDR:PORT`.
fn grant_listener(address: &'static [u8]) {
    const WHAT: &[u8] = b"listen on";
    let parsed = core::str::from_utf8(address).ok().and_then(|text| text.parse::<SocketAddr>().ok());
    let Some(parsed) = parsed else {
        fail(WHAT, address, b"Not of the form ADDR:PORT");
    };
    match open_listener(&parsed) {
        Ok(fd) => add(WHAT, address, fd, Filetype::SocketStream, Traits::LISTENS, None),
        Err(errno) => fail(WHAT, address, reason(errno)),
    }
}

fn open_listener(address: &SocketAddr) -> Result<OwnedFd, Os> {
    const BACKLOG: i32 = 128;
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let fd = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    // So that a server can be started again at once.
    sockopt::set_socket_reuseaddr(&fd, true)?;
    bind(&fd, address)?;
    listen(&fd, BACKLOG)?;
    Ok(fd)
}

/// Takes over the sockets that a service manager passed on, as `sd_listen_fds` does.
fn grant_inherited_sockets() {
    const WHAT: &[u8] = b"use descriptor passed by";
    const VARIABLE: &[u8] = b"LISTEN_FDS";
    const FIRST: i32 = 3;
    if number(b"LISTEN_PID") != Some(getpid().as_raw_nonzero().get()) {
        return;
    }
    for raw in FIRST..FIRST.saturating_add(number(VARIABLE).unwrap_or(0)) {
        // SAFETY: whoever started the process says that the descriptor is open and this program's; if it is not, the
        // system says so before anything else is done with it.
        let fd = unsafe { BorrowedFd::borrow_raw(raw) };
        match inherited_socket(fd) {
            Ok((filetype, traits)) => {
                // SAFETY: it is open, and nothing else in the process knows about it.
                let fd = unsafe { OwnedFd::from_raw_fd(raw) };
                add(WHAT, VARIABLE, fd, filetype, traits, None);
            }
            Err(errno) => fail(WHAT, VARIABLE, reason(errno)),
        }
    }
}

fn inherited_socket(fd: BorrowedFd<'_>) -> Result<(Filetype, Traits), Os> {
    fcntl_setfd(fd, fcntl_getfd(fd)? | FdFlags::CLOEXEC)?;
    let listens = sockopt::socket_acceptconn(fd)?;
    let filetype = filestat::filetype(fd, &fstat(fd)?);
    Ok((filetype, if listens { Traits::LISTENS } else { Traits::READ.and(Traits::WRITE) }))
}

/// A variable of the host's environment that holds a number.
fn number(variable: &[u8]) -> Option<i32> {
    core::str::from_utf8(host_value(variable)?).ok()?.parse().ok()
}
