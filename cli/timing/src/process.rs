//! Child processes, measured by the operating system's own figures.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

/// What a process took.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Usage {
    /// From before it was spawned until it was reaped.
    pub wall: Duration,
    /// User and system time of it and the children it waited for.
    pub cpu: Duration,
    /// Bytes. At least the size of the process that spawned it, which a few megabytes do not matter for; where they
    /// do, see [`observe`].
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
    Ok(Finished { status, usage, stdout: contents(&mut stdout)?, stderr: contents(&mut stderr)? })
}

/// Runs a command to its end with the standard streams it was given.
///
/// # Errors
/// It cannot be started.
pub fn time(command: &mut Command) -> io::Result<(ExitStatus, Usage)> {
    let start = Instant::now();
    let child = command.spawn()?;
    let (status, usage) = wait(child.id() as i32)?;
    Ok((ExitStatus::from_raw(status), Usage { wall: start.elapsed(), ..usage }))
}

/// Has the system end the process with SIGALRM, unless it ends itself before this many seconds have passed. The process is then
/// started by a `fork` of this one, which takes longer: not for what measures start-up.
pub fn limit(command: &mut Command, seconds: u32) {
    let set_alarm = move || {
        // SAFETY: the set is plain integers, for which all zeroes is a value, and `sigemptyset` makes it one for `sigprocmask`.
        unsafe {
            let mut alarm: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut alarm);
            libc::sigaddset(&mut alarm, libc::SIGALRM);
            libc::sigprocmask(libc::SIG_UNBLOCK, &alarm, std::ptr::null_mut());
            libc::signal(libc::SIGALRM, libc::SIG_DFL);
            libc::alarm(seconds);
        }
        Ok(())
    };
    // SAFETY: `set_alarm` makes system calls and allocates nothing, so it may run between fork and exec.
    unsafe { command.pre_exec(set_alarm) };
}

/// Whether a process was ended by [`limit`].
pub fn has_hit_limit(status: ExitStatus) -> bool {
    status.signal() == Some(libc::SIGALRM)
}

/// Runs a command to its end under observation: `peak_memory` is that of the program itself, without its parent's, read
/// from /proc just before the process is torn down, as the system's own figure also counts what ran under its process
/// id before `exec`. Being watched costs time when it begins and when it ends.
///
/// # Errors
/// It cannot be started or traced.
pub fn observe(command: &mut Command) -> io::Result<Finished> {
    let (mut stdout, mut stderr) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
    let trace_me = || {
        // SAFETY: a plain system call without pointers.
        match unsafe { libc::ptrace(libc::PTRACE_TRACEME) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    let start = Instant::now();
    // SAFETY: `trace_me` makes one system call and allocates nothing, so it may run between fork and exec.
    let child = unsafe { command.pre_exec(trace_me) }.spawn()?;
    let (status, usage) = trace(child.id() as i32)?;
    let usage = Usage { wall: start.elapsed(), ..usage };
    Ok(Finished { status, usage, stdout: contents(&mut stdout)?, stderr: contents(&mut stderr)? })
}

/// Lets a process that this thread traces, and which stops at its `exec`, run to its end.
fn trace(pid: i32) -> io::Result<(ExitStatus, Usage)> {
    let mut peak_memory = None;
    let mut is_new = true;
    loop {
        let (status, usage) = wait(pid)?;
        if !libc::WIFSTOPPED(status) {
            let peak_memory = peak_memory.unwrap_or(usage.peak_memory);
            return Ok((ExitStatus::from_raw(status), Usage { peak_memory, ..usage }));
        }
        let event = status >> 16;
        if event == libc::PTRACE_EVENT_EXIT {
            peak_memory = high_water_mark(pid);
        }
        if is_new {
            let options = libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_TRACEEXEC | libc::PTRACE_O_EXITKILL;
            // SAFETY: the process is stopped and traced by this thread; the request reads no memory of ours.
            unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options) };
        }
        // What stopped for a signal of its own gets that signal.
        let signal = if is_new || event != 0 { 0 } else { libc::WSTOPSIG(status) };
        is_new = false;
        // SAFETY: as above.
        unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, signal) };
    }
}

/// Peak resident memory of a process that is still there, in bytes.
fn high_water_mark(pid: i32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Waits until a child ends or, traced, stops: its wait status, and what it took so far apart from wall time.
fn wait(pid: i32) -> io::Result<(i32, Usage)> {
    let mut status = 0;
    // SAFETY: `rusage` is plain integers, for which all zeroes is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live variables of the right type; the child is ours and not reaped yet, as a `Child`
    // that nobody waited for never is.
    while unsafe { libc::wait4(pid, &mut status, 0, &mut usage) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    let duration = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    let cpu = duration(usage.ru_utime) + duration(usage.ru_stime);
    let peak_memory = usage.ru_maxrss as u64 * 1024;
    Ok((status, Usage { wall: Duration::ZERO, cpu, peak_memory }))
}

/// What was written into a file.
fn contents(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Stdio;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null());
        command
    }

    /// The system's own figure for a child includes what its parent held when it was started.
    #[test]
    fn memory_is_counted_without_the_parent() {
        let ballast = vec![1u8; 64 << 20];
        let memory = observe(&mut shell("true")).expect("sh runs").usage.peak_memory;
        assert!(memory > 0 && memory < ballast.len() as u64, "{memory} bytes");
        assert!(ballast.iter().all(|byte| *byte == 1));
    }

    #[test]
    fn the_observed_write_exit_exec_and_get_signals_as_ever() {
        let finished = observe(&mut shell("echo out; echo err >&2; exit 3")).expect("sh runs");
        assert_eq!((finished.stdout.as_slice(), finished.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(finished.status.code(), Some(3));
        let finished = observe(&mut shell("trap 'echo caught' USR1; kill -USR1 $$; exec echo again")).expect("sh runs");
        assert_eq!((finished.stdout.as_slice(), finished.status.code()), (&b"caught\nagain\n"[..], Some(0)));
        let finished = observe(&mut shell("kill -SEGV $$")).expect("sh runs");
        assert_eq!(finished.status.signal(), Some(libc::SIGSEGV));
    }

    #[test]
    fn what_does_not_end_is_ended() {
        for begin in [run, observe] {
            let mut command = shell("exec sleep 60");
            limit(&mut command, 1);
            let finished = begin(&mut command).expect("sh runs");
            assert!(has_hit_limit(finished.status), "{}", finished.status);
            let mut command = shell("echo done");
            limit(&mut command, 60);
            assert_eq!(begin(&mut command).expect("sh runs").stdout, b"done\n");
        }
    }

    #[test]
    fn figures_are_of_the_process_and_its_children() {
        let finished = run(&mut shell("sleep 0.1; echo done")).expect("sh runs");
        assert!(finished.usage.wall >= Duration::from_millis(100));
        assert!(finished.usage.cpu < finished.usage.wall);
        assert_eq!(finished.stdout, b"done\n");
    }
}
