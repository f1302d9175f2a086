//! Child processes, measured by the operating system's own figures.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a process took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Usage {
    /// From before it was spawned until it was reaped.
    pub wall: Duration,
    /// User and system time of it and the children it waited for.
    pub cpu: Duration,
    /// Bytes. At least the size of the process that spawned it, which a few megabytes do not matter for; where they
    /// do, see [`peak_memory`].
    pub peak_memory: u64,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// What it took.
    pub usage: Usage,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

/// Runs a command to its end; its standard input is the command's own choice.
///
/// # Errors
/// It cannot be started.
pub fn run(command: &mut Command) -> io::Result<Finished> {
    // Files, not pipes: nobody has to drain them, so the process is not slowed down.
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let (status, usage) = time(command)?;
    let contents = |file: &mut File| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    Ok(Finished { status, usage, stdout: contents(&mut stdout)?, stderr: contents(&mut stderr)? })
}

/// Runs a command to its end with the standard streams it was given.
///
/// # Errors
/// It cannot be started.
pub fn time(command: &mut Command) -> io::Result<(ExitStatus, Usage)> {
    let start = Instant::now();
    let child = command.spawn()?;
    let (status, usage) = wait(child)?;
    Ok((status, Usage { wall: start.elapsed(), ..usage }))
}

fn wait(child: Child) -> io::Result<(ExitStatus, Usage)> {
    let mut status = 0;
    // SAFETY: `rusage` is plain integers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live variables of the right type; the child is ours and not reaped yet, as a `Child`
    // that nobody waited for never is.
    while unsafe { libc::wait4(child.id() as i32, &mut status, 0, &mut usage) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    let peak_memory = usage.ru_maxrss as u64 * 1024;
    Ok((ExitStatus::from_raw(status), Usage { wall: Duration::ZERO, cpu, peak_memory }))
}

/// Peak resident memory in bytes of a small single-threaded program, without that of its parent: read from /proc just
/// before the process is torn down, as `ru_maxrss` also counts what ran under its process id before `exec`.
///
/// # Errors
/// It cannot be started or traced.
pub fn peak_memory(command: &mut Command) -> io::Result<u64> {
    let trace_me = || {
        // SAFETY: a plain system call without pointers.
        match unsafe { libc::ptrace(libc::PTRACE_TRACEME) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    // SAFETY: `trace_me` makes one system call and allocates nothing, so it may run between fork and exec.
    let child = unsafe { command.pre_exec(trace_me) }.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let pid = child.id() as i32;
    wait_for_stop(pid)?;
    // SAFETY: the child is stopped and traced by this thread; both requests read no memory of ours.
    unsafe {
        libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL);
        libc::ptrace(libc::PTRACE_CONT, pid, 0, 0);
    }
    while wait_for_stop(pid)? >> 8 != libc::SIGTRAP | (libc::PTRACE_EVENT_EXIT << 8) {
        // SAFETY: as above; no program measured here depends on signals.
        unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, 0) };
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    // SAFETY: as above.
    unsafe { libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0) };
    wait(child)?;
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.map(|kilobytes: u64| kilobytes * 1024).ok_or_else(|| io::Error::other("no VmHWM in /proc/PID/status"))
}

/// Waits until a traced child stops; its wait status.
fn wait_for_stop(pid: i32) -> io::Result<i32> {
    let mut status = 0;
    // SAFETY: the pointer is to a live variable.
    if unsafe { libc::waitpid(pid, &mut status, 0) } < 0 {
        return Err(io::Error::last_os_error());
    }
    if libc::WIFSTOPPED(status) { Ok(status) } else { Err(io::Error::other("the traced program ended early")) }
}
