//! Systems that cannot open a path beneath a directory in one step: a filter on system calls makes this one behave like them.

use std::fmt;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How the system answers `openat2`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Resolver {
    /// As it does.
    Openat2,
    /// Like a kernel before 5.6, which has none, and does not set times through a descriptor that is open for nothing either.
    Enosys,
    /// Like a sandbox that forbids what it does not know.
    Eperm,
}

impl fmt::Display for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Resolver::Openat2 => "openat2",
            Resolver::Enosys => "enosys",
            Resolver::Eperm => "eperm",
        })
    }
}

impl Resolver {
    /// The one of this name.
    pub fn parse(name: &str) -> Result<Resolver, String> {
        [Resolver::Openat2, Resolver::Enosys, Resolver::Eperm]
            .into_iter()
            .find(|resolver| resolver.to_string() == name)
            .ok_or_else(|| format!("unknown resolver `{name}`"))
    }

    /// Makes `command` run on such a system.
    pub fn apply(self, command: &mut Command) {
        let filter = match self {
            Resolver::Openat2 => return,
            Resolver::Enosys => filter(libc::ENOSYS, true),
            Resolver::Eperm => filter(libc::EPERM, false),
        };
        // SAFETY: `install` makes system calls and nothing else.
        unsafe { command.pre_exec(move || install(&filter)) };
    }
}

/// Offsets into `seccomp_data`, on little-endian machines.
const NUMBER: u32 = 0;
const FOURTH_ARGUMENT: u32 = 16 + 3 * 8;

fn load(offset: u32) -> libc::sock_filter {
    libc::sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: offset }
}

/// Goes on behind the next `otherwise` instructions unless the loaded value is `value`.
fn unless_equal(value: u32, otherwise: u8) -> libc::sock_filter {
    let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    libc::sock_filter { code, jt: 0, jf: otherwise, k: value }
}

/// Goes on behind the next `otherwise` instructions unless the loaded value has one of the bits of `mask`.
fn unless_any(mask: u32, otherwise: u8) -> libc::sock_filter {
    let code = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
    libc::sock_filter { code, jt: 0, jf: otherwise, k: mask }
}

fn answer(action: u32) -> libc::sock_filter {
    libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: action }
}

fn fail_with(errno: i32) -> libc::sock_filter {
    answer(libc::SECCOMP_RET_ERRNO | errno as u32)
}

fn filter(openat2_errno: i32, is_old_kernel: bool) -> Vec<libc::sock_filter> {
    let mut filter = vec![load(NUMBER), unless_equal(libc::SYS_openat2 as u32, 1), fail_with(openat2_errno)];
    if is_old_kernel {
        filter.extend([
            unless_equal(libc::SYS_utimensat as u32, 3),
            load(FOURTH_ARGUMENT),
            unless_any(libc::AT_EMPTY_PATH as u32, 1),
            fail_with(libc::EINVAL),
        ]);
    }
    filter.push(answer(libc::SECCOMP_RET_ALLOW));
    filter
}

fn install(filter: &[libc::sock_filter]) -> io::Result<()> {
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the kernel copies the filter, which is as long as the program says.
    let result = unsafe {
        if libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 {
            return Err(io::Error::last_os_error());
        }
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
