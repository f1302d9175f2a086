//! The system calls that an executable makes once its program runs: for each host function, and for what the runtime does without
//! one. The compiler makes a filter of them (see [`crate::hardening`]), and the kernel kills a process that makes any other. Calls of
//! start-up are not here: the filter comes after them.

use core::fmt;

/// A system call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SystemCall {
    /// Its name.
    pub name: &'static str,
    /// Its number on x86-64.
    pub x86_64: u32,
    /// Its number on aarch64.
    pub aarch64: u32,
}

/// A system call that may be made if its arguments pass all tests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rule {
    /// The call.
    pub call: SystemCall,
    /// What its arguments must be, in any order.
    pub tests: &'static [Test],
}

/// What the low 32 bits of an argument must be. None of the arguments tested has a meaning beyond them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Test {
    /// Which argument, from 0 on.
    pub argument: u8,
    /// What it must be.
    pub condition: Condition,
}

/// A condition on a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Condition {
    /// It is one of these.
    OneOf(&'static [u32]),
    /// It has no bits but these.
    Within(u32),
    /// It is the number of the process itself.
    OwnProcess,
}

impl fmt::Display for Rule {
    /// As `mprotect(2=3)`: the name, then the tests, arguments counted from 0; `|` between choices, `<=` before a set of bits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.call.name)?;
        for (index, test) in self.tests.iter().enumerate() {
            write!(formatter, "{}{}", if index == 0 { "(" } else { "," }, test.argument)?;
            match test.condition {
                Condition::OneOf(values) => {
                    for (index, value) in values.iter().enumerate() {
                        write!(formatter, "{}{value:#x}", if index == 0 { "=" } else { "|" })?;
                    }
                }
                Condition::Within(bits) => write!(formatter, "<={bits:#x}")?,
                Condition::OwnProcess => formatter.write_str("=self")?,
            }
        }
        formatter.write_str(if self.tests.is_empty() { "" } else { ")" })
    }
}

/// What a host function needs to be of any use, besides being imported: without it, it fails before it makes a system call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grant {
    /// Nothing.
    None,
    /// A directory.
    Directory,
    /// A socket that listens, or one that is inherited.
    Socket,
}

/// The system calls of a host function.
#[derive(Clone, Copy, Debug)]
pub struct HostCalls {
    /// Its name in WASI, the same in all snapshots.
    pub function: &'static str,
    /// Without this grant it makes none.
    pub grant: Grant,
    /// Lists of rules, all of which apply.
    pub rules: &'static [&'static [Rule]],
}

/// The rules of a host function, if it makes system calls at all.
pub fn host_calls(function: &str) -> Option<&'static HostCalls> {
    HOST_CALLS.iter().find(|calls| calls.function == function)
}

macro_rules! system_calls {
    ($($constant:ident $x86_64:literal $aarch64:literal $name:literal;)*) => {
        $(const $constant: SystemCall = SystemCall { name: $name, x86_64: $x86_64, aarch64: $aarch64 };)*

        /// Every system call that a rule names.
        pub static SYSTEM_CALLS: &[SystemCall] = &[$($constant),*];
    };
}

system_calls! {
    ACCEPT4 288 242 "accept4";
    CLOCK_GETRES 229 114 "clock_getres";
    CLOCK_GETTIME 228 113 "clock_gettime";
    CLONE 56 220 "clone";
    CLOSE 3 57 "close";
    EXIT 60 93 "exit";
    EXIT_GROUP 231 94 "exit_group";
    FADVISE64 221 223 "fadvise64";
    FALLOCATE 285 47 "fallocate";
    FCNTL 72 25 "fcntl";
    FDATASYNC 75 83 "fdatasync";
    FSTAT 5 80 "fstat";
    FSYNC 74 82 "fsync";
    FTRUNCATE 77 46 "ftruncate";
    FUTEX 202 98 "futex";
    GETDENTS64 217 61 "getdents64";
    GETPID 39 172 "getpid";
    GETRANDOM 318 278 "getrandom";
    GETSOCKOPT 55 209 "getsockopt";
    GETTID 186 178 "gettid";
    IOCTL 16 29 "ioctl";
    KILL 62 129 "kill";
    LINKAT 265 37 "linkat";
    LSEEK 8 62 "lseek";
    MADVISE 28 233 "madvise";
    MKDIRAT 258 34 "mkdirat";
    MMAP 9 222 "mmap";
    MPROTECT 10 226 "mprotect";
    MREMAP 25 216 "mremap";
    MUNMAP 11 215 "munmap";
    NEWFSTATAT 262 79 "newfstatat";
    OPENAT 257 56 "openat";
    OPENAT2 437 437 "openat2";
    PPOLL 271 73 "ppoll";
    PREADV 295 69 "preadv";
    PWRITEV 296 70 "pwritev";
    READLINKAT 267 78 "readlinkat";
    READV 19 65 "readv";
    RECVMSG 47 212 "recvmsg";
    RENAMEAT 264 38 "renameat";
    RESTART_SYSCALL 219 128 "restart_syscall";
    RT_SIGACTION 13 134 "rt_sigaction";
    RT_SIGRETURN 15 139 "rt_sigreturn";
    SCHED_YIELD 24 124 "sched_yield";
    SENDMSG 46 211 "sendmsg";
    SHUTDOWN 48 210 "shutdown";
    SIGALTSTACK 131 132 "sigaltstack";
    SYMLINKAT 266 36 "symlinkat";
    TGKILL 234 131 "tgkill";
    UNLINKAT 263 35 "unlinkat";
    UTIMENSAT 280 88 "utimensat";
    WRITE 1 64 "write";
    WRITEV 20 66 "writev";
}

const fn any(call: SystemCall) -> Rule {
    Rule { call, tests: &[] }
}

const fn only(call: SystemCall, tests: &'static [Test]) -> Rule {
    Rule { call, tests }
}

const fn one_of(argument: u8, values: &'static [u32]) -> Test {
    Test { argument, condition: Condition::OneOf(values) }
}

const fn own_process(argument: u8) -> Test {
    Test { argument, condition: Condition::OwnProcess }
}

const PROT_NONE: u32 = 0;
const PROT_READ_WRITE: u32 = 3;
const MAP_PRIVATE_ANONYMOUS: u32 = 0x22;
const MAP_NORESERVE: u32 = 0x4000;
const MREMAP_MAYMOVE: u32 = 1;
const MADV_DONTNEED: u32 = 4;

/// New memory, never in the place of other memory, never executable, never of a file.
const ALLOCATE: Rule = only(
    MMAP,
    &[
        Test { argument: 2, condition: Condition::Within(PROT_READ_WRITE) },
        one_of(3, &[MAP_PRIVATE_ANONYMOUS, MAP_PRIVATE_ANONYMOUS | MAP_NORESERVE]),
    ],
);
const MAKE_ACCESSIBLE: Rule = only(MPROTECT, &[one_of(2, &[PROT_READ_WRITE])]);
const RESIZE: Rule = only(MREMAP, &[one_of(3, &[MREMAP_MAYMOVE])]);
const RELEASE: Rule = any(MUNMAP);

/// Of every executable: its end, its last words, and how it dies of a fault that is no trap.
pub static ALWAYS: &[Rule] = &[
    any(EXIT_GROUP),
    only(WRITE, &[one_of(0, &[STDERR])]),
    any(RT_SIGRETURN),
    only(RT_SIGACTION, &[one_of(0, &FAULTS)]),
    any(GETPID),
    any(GETTID),
    only(TGKILL, &[own_process(0), one_of(2, &FAULTS)]),
];

const STDOUT: u32 = 1;
const STDERR: u32 = 2;
/// Signals of faults, which are all handled: SIGILL, SIGBUS, SIGFPE, SIGSEGV.
pub const FAULTS: [u32; 4] = [4, 7, 8, 11];

/// Of programs that print results of an export.
pub static INVOKE: &[Rule] = &[only(WRITE, &[one_of(0, &[STDOUT])])];
/// Of programs with a limit of time: how they die of its signal when somebody else sends that.
pub static TIMEOUT: &[Rule] = &[
    only(RT_SIGACTION, &[one_of(0, &[TIMEOUT_SIGNAL])]),
    only(TGKILL, &[own_process(0), one_of(2, &[TIMEOUT_SIGNAL])]),
];
/// The signal that tells that the time is over: a real-time one, which nothing else uses and WASI has no name for, and not among those that
/// emulators of other processors keep for themselves.
pub const TIMEOUT_SIGNAL: u32 = 62;

/// Of memories that grow in place.
pub static MEMORY_GROW: &[Rule] = &[MAKE_ACCESSIBLE];
/// Of memories that move when they grow.
pub static MEMORY_MOVE: &[Rule] = &[RESIZE];
/// Of tables that grow.
pub static TABLE_GROW: &[Rule] = &[ALLOCATE, RESIZE];
/// Of programs with a heap for objects.
pub static HEAP: &[Rule] = &[ALLOCATE, MAKE_ACCESSIBLE, RESIZE, RELEASE, only(MADVISE, &[one_of(2, &[MADV_DONTNEED])])];
/// Of programs that wait for a change of shared memory.
pub static WAIT: &[Rule] = &[only(FUTEX, &[one_of(1, &[FUTEX_WAIT_PRIVATE, FUTEX_WAKE_PRIVATE])]), RESTART];
/// Of programs that start threads. What a thread maps are its stacks and its instance, with all memories of its own.
pub static THREADS: &[Rule] = &[
    only(CLONE, &[one_of(0, &[THREAD_FLAGS])]),
    any(EXIT),
    any(SIGALTSTACK),
    ALLOCATE,
    only(MPROTECT, &[one_of(2, &[PROT_NONE, PROT_READ_WRITE])]),
    RESIZE,
    RELEASE,
];

const FUTEX_WAIT_PRIVATE: u32 = 128;
const FUTEX_WAKE_PRIVATE: u32 = 129;
/// With these flags alone a thread is started: CLONE_VM, _FS, _FILES, _SIGHAND, _THREAD, _SYSVSEM, _SETTLS, _CHILD_SETTID.
pub const THREAD_FLAGS: u32 = 0x10d_0f00;

/// How the kernel continues a call with a timeout after the process was stopped.
const RESTART: Rule = any(RESTART_SYSCALL);
/// A descriptor that does not block is waited for.
const RETRY: &[Rule] = &[any(PPOLL), RESTART];
/// Asks whether a socket is one for datagrams.
const SOCKET_TYPE: Rule = only(GETSOCKOPT, &[one_of(1, &[SOL_SOCKET]), one_of(2, &[SO_TYPE])]);
const SOL_SOCKET: u32 = 1;
const SO_TYPE: u32 = 3;
/// Finds what a path leads to, in one step or name by name.
const RESOLVE: &[Rule] = &[any(OPENAT2), any(OPENAT), any(READLINKAT), any(FSTAT), any(CLOSE)];
/// The table of descriptors may move.
const NEW_DESCRIPTOR: &[Rule] =
    &[only(FCNTL, &[one_of(1, &[F_DUPFD_CLOEXEC])]), ALLOCATE, RELEASE, any(CLOSE), any(FSTAT), SOCKET_TYPE];
const F_GETFL: u32 = 3;
const F_SETFL: u32 = 4;
const F_DUPFD_CLOEXEC: u32 = 1030;
const TIOCGWINSZ: u32 = 0x5413;
const FIONREAD: u32 = 0x541b;
const AT_SYMLINK_NOFOLLOW: u32 = 0x100;
const NAME_STATUS: Rule = only(NEWFSTATAT, &[one_of(3, &[AT_SYMLINK_NOFOLLOW])]);

macro_rules! host_calls {
    ($($grant:ident $function:literal = $($rules:expr),*;)*) => {
        /// The system calls of host functions; those that make none are absent.
        pub static HOST_CALLS: &[HostCalls] =
            &[$(HostCalls { function: $function, grant: Grant::$grant, rules: &[$($rules),*] }),*];
    };
}

host_calls! {
    None "clock_res_get" = &[any(CLOCK_GETRES)];
    None "clock_time_get" = &[any(CLOCK_GETTIME)];
    None "fd_advise" = &[any(FADVISE64)];
    None "fd_allocate" = &[only(FALLOCATE, &[one_of(1, &[0])])], RETRY;
    None "fd_close" = &[any(CLOSE), RELEASE];
    None "fd_datasync" = &[any(FDATASYNC)], RETRY;
    None "fd_fdstat_get" =
        &[any(FSTAT), SOCKET_TYPE, only(FCNTL, &[one_of(1, &[F_GETFL])]), only(IOCTL, &[one_of(1, &[TIOCGWINSZ])])];
    None "fd_fdstat_set_flags" = &[only(FCNTL, &[one_of(1, &[F_GETFL, F_SETFL])])];
    None "fd_filestat_get" = &[any(FSTAT), SOCKET_TYPE];
    None "fd_filestat_set_size" = &[any(FTRUNCATE)], RETRY;
    None "fd_filestat_set_times" = &[any(UTIMENSAT)];
    None "fd_pread" = &[any(PREADV)], RETRY;
    None "fd_pwrite" = &[any(PWRITEV)], RETRY;
    None "fd_read" = &[any(READV)], RETRY;
    Directory "fd_readdir" = &[any(GETDENTS64), any(LSEEK), NAME_STATUS, ALLOCATE, RELEASE];
    None "fd_renumber" = &[any(CLOSE), RELEASE];
    None "fd_seek" = &[any(LSEEK)];
    None "fd_sync" = &[any(FSYNC)], RETRY;
    None "fd_tell" = &[any(LSEEK)];
    None "fd_write" = &[any(WRITEV)], RETRY;
    Directory "path_create_directory" = RESOLVE, &[any(MKDIRAT)];
    Directory "path_filestat_get" = RESOLVE, &[NAME_STATUS];
    Directory "path_filestat_set_times" = RESOLVE, &[any(UTIMENSAT)];
    Directory "path_link" = RESOLVE, &[only(LINKAT, &[one_of(4, &[0])])];
    Directory "path_open" = RESOLVE, NEW_DESCRIPTOR;
    Directory "path_readlink" = RESOLVE;
    Directory "path_remove_directory" = RESOLVE, &[any(UNLINKAT)];
    Directory "path_rename" = RESOLVE, &[any(RENAMEAT)];
    Directory "path_symlink" = RESOLVE, &[any(SYMLINKAT)];
    Directory "path_unlink_file" = RESOLVE, &[any(UNLINKAT)];
    None "poll_oneoff" =
        RETRY, &[any(CLOCK_GETTIME), any(FSTAT), any(LSEEK), only(IOCTL, &[one_of(1, &[FIONREAD])]), ALLOCATE, RELEASE];
    None "proc_raise" = &[any(GETPID), only(KILL, &[own_process(0)])];
    None "random_get" = &[any(GETRANDOM)];
    None "sched_yield" = &[any(SCHED_YIELD)];
    Socket "sock_accept" = &[any(ACCEPT4)], RETRY, NEW_DESCRIPTOR;
    None "sock_recv" = &[any(RECVMSG)], RETRY;
    None "sock_send" = &[any(SENDMSG)], RETRY;
    None "sock_shutdown" = &[any(SHUTDOWN)];
    None "thread-spawn" = THREADS, WAIT;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasi::{HOST_FUNCTIONS, THREAD_SPAWN};

    #[test]
    fn rules_are_for_host_functions() {
        for calls in HOST_CALLS {
            let names = HOST_FUNCTIONS.iter().chain([&THREAD_SPAWN]).map(|function| function.name);
            assert!(names.into_iter().any(|name| name == calls.function), "{}", calls.function);
        }
    }

    #[test]
    fn nothing_executes_traces_or_escapes() {
        for name in ["execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "io_uring_setup", "open"]
        {
            assert!(SYSTEM_CALLS.iter().all(|call| call.name != name), "{name}");
        }
        assert!(SYSTEM_CALLS.iter().all(|call| !call.name.starts_with("io_uring") && !call.name.starts_with("bpf")));
    }

    #[test]
    fn rules_are_readable() {
        extern crate std;
        use std::string::ToString;
        assert_eq!(any(CLOSE).to_string(), "close");
        assert_eq!(ALLOCATE.to_string(), "mmap(2<=0x3,3=0x22|0x4022)");
        assert_eq!(ALWAYS[6].to_string(), "tgkill(0=self,2=0x4|0x7|0x8|0xb)");
    }
}
