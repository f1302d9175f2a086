//! What a process can give up for good. Every function here tells whether the kernel agreed; one that is too old, or a sandbox around
//! the process, refuses.

use core::mem::MaybeUninit;

use abi::hardening::{MAX_FILTER_LEN, OWN_PROCESS};
use linux_raw_sys::auxvec::{AT_PHDR, AT_PHNUM};
use linux_raw_sys::elf::{Elf_Phdr, PF_W, PT_GNU_RELRO, PT_LOAD};
use linux_raw_sys::general::{
    __NR_getpid, __NR_landlock_add_rule, __NR_landlock_create_ruleset, __NR_landlock_restrict_self, __NR_mseal,
    __NR_seccomp,
};
use rustix::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use super::arch::{self, system_call};
use super::auxiliary;

/// Programs that this process becomes have no more rights than it has.
pub fn forbid_new_privileges() -> bool {
    const PR_SET_NO_NEW_PRIVS: u32 = 38;
    // SAFETY: the option takes a number.
    unsafe { arch::prctl(PR_SET_NO_NEW_PRIVS, 1) == 0 }
}

/// No memory that is writable, or was, becomes executable.
pub fn forbid_executable_memory() -> bool {
    const PR_SET_MDWE: u32 = 65;
    const PR_MDWE_REFUSE_EXEC_GAIN: usize = 1;
    // SAFETY: the option takes a number.
    unsafe { arch::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN) == 0 }
}

/// The code and the constants of the executable stay mapped as they are.
pub fn seal_executable() -> bool {
    let (Some(headers), Some(count)) = (auxiliary::value(AT_PHDR), auxiliary::value(AT_PHNUM)) else { return false };
    let headers: *const Elf_Phdr = core::ptr::with_exposed_provenance(headers);
    // SAFETY: the kernel says where the program headers are, which are mapped with the executable.
    let headers = unsafe { core::slice::from_raw_parts(headers, count) };
    let page = auxiliary::page_size();
    let start_of_page = page.wrapping_neg();
    let base = super::executable_start();
    let mut done = true;
    let (mut sealed_start, mut sealed_end) = (0, 0);
    for header in headers {
        let end = base + header.p_vaddr + header.p_memsz;
        let end = match header.p_type {
            PT_LOAD if header.p_flags & PF_W == 0 => (end + page - 1) & start_of_page,
            // Behind it, on its last page, there may be variables.
            PT_GNU_RELRO => end & start_of_page,
            _ => continue,
        };
        let start = (base + header.p_vaddr) & start_of_page;
        if start != sealed_end {
            done &= seal(sealed_start, sealed_end);
            sealed_start = start;
        }
        sealed_end = end;
    }
    done & seal(sealed_start, sealed_end)
}

#[inline(never)]
fn seal(start: usize, end: usize) -> bool {
    // SAFETY: nothing unmaps, moves or changes the protection of these pages.
    start >= end || unsafe { system_call(__NR_mseal, [start, end - start, 0, 0]) == 0 }
}

/// The kernel's `sock_fprog`.
#[repr(C)]
struct FilterProgram {
    len: u16,
    instructions: *const u64,
}

/// From now on the kernel asks the filter about every system call of this process. Comes before any other thread. Returns whether the
/// kernel takes it.
pub fn filter_system_calls(filter: &[u64]) -> bool {
    const SECCOMP_SET_MODE_FILTER: usize = 1;
    // Kernels before 5.16 else slow the process down, lest others with the same filter read its memory by speculation.
    const SECCOMP_FILTER_FLAG_SPEC_ALLOW: usize = 4;
    const OPERAND: u32 = 32;
    // SAFETY: the system call takes nothing.
    let process = unsafe { system_call(__NR_getpid, [0; 4]) } as u64;
    let mut copy = [const { MaybeUninit::uninit() }; MAX_FILTER_LEN];
    for (place, instruction) in copy.iter_mut().zip(filter) {
        let is_placeholder = instruction >> OPERAND == u64::from(OWN_PROCESS);
        let own = instruction & u64::from(u32::MAX) | process << OPERAND;
        place.write(if is_placeholder { own } else { *instruction });
    }
    let program = FilterProgram { len: filter.len() as u16, instructions: copy.as_ptr().cast() };
    let program = (&raw const program) as usize;
    // SAFETY: the kernel reads as many instructions as there are, which were all written above as they fit.
    filter.len() <= MAX_FILTER_LEN
        && unsafe {
            system_call(__NR_seccomp, [SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, program, 0]) == 0
        }
}

/// Directories that the process is going to be kept to: a ruleset of landlock.
pub struct PathRules {
    ruleset: OwnedFd,
    /// What is forbidden where no rule allows it: bits of `LANDLOCK_ACCESS_FS_*`.
    handled: u64,
}

/// The kernel's `landlock_ruleset_attr`.
#[repr(C)]
struct RulesetAttributes {
    files: u64,
    network: u64,
    scopes: u64,
}

/// The kernel's `landlock_path_beneath_attr`.
#[repr(C, packed)]
struct DirectoryRule {
    allowed: u64,
    directory: i32,
}

impl PathRules {
    /// No rules yet. `None` when the kernel has no landlock, or one that would forbid to rename between directories that are both
    /// granted.
    pub fn new() -> Option<PathRules> {
        const LANDLOCK_CREATE_RULESET_VERSION: usize = 1;
        /// From this version on there is a right to rename and link between directories; before, nobody could.
        const WITH_REFER: isize = 2;
        // SAFETY: with this flag, the system call takes nothing else.
        let version = unsafe { system_call(__NR_landlock_create_ruleset, [0, 0, LANDLOCK_CREATE_RULESET_VERSION, 0]) };
        if version < WITH_REFER {
            return None;
        }
        let rights = match version {
            2 => 14,
            3 | 4 => 15,
            _ => 16,
        };
        let handled = (1 << rights) - 1;
        let attributes = RulesetAttributes {
            files: handled,
            // To bind and to connect.
            network: if version >= 4 { 3 } else { 0 },
            // To connect to abstract sockets, and to send signals, outside.
            scopes: if version >= 6 { 3 } else { 0 },
        };
        let attributes = (&raw const attributes) as usize;
        // SAFETY: the kernel reads a structure of its own layout; what it does not know of is zero.
        let ruleset =
            unsafe { system_call(__NR_landlock_create_ruleset, [attributes, size_of::<RulesetAttributes>(), 0, 0]) };
        if ruleset < 0 {
            return None;
        }
        // SAFETY: the kernel has just opened it.
        Some(PathRules { ruleset: unsafe { OwnedFd::from_raw_fd(ruleset as i32) }, handled })
    }

    /// Allows what a grant of this directory allows. Returns whether the kernel can.
    pub fn allow(&self, directory: BorrowedFd<'_>, read_only: bool) -> bool {
        const LANDLOCK_RULE_PATH_BENEATH: usize = 1;
        const EXECUTE: u64 = 1;
        const READ_FILE: u64 = 1 << 2;
        const READ_DIR: u64 = 1 << 3;
        const IOCTL_DEV: u64 = 1 << 15;
        let rights = if read_only { READ_FILE | READ_DIR | IOCTL_DEV } else { !EXECUTE };
        let rule = DirectoryRule { allowed: rights & self.handled, directory: directory.as_raw_fd() };
        let rule = (&raw const rule) as usize;
        let ruleset = self.ruleset.as_raw_fd() as usize;
        // SAFETY: the kernel reads a structure of its own layout.
        unsafe { system_call(__NR_landlock_add_rule, [ruleset, LANDLOCK_RULE_PATH_BENEATH, rule, 0]) == 0 }
    }

    /// From now on the process is kept to the rules. Comes before any other thread. Returns whether the kernel agrees.
    pub fn enforce(self) -> bool {
        // SAFETY: the system call takes numbers.
        unsafe { system_call(__NR_landlock_restrict_self, [self.ruleset.as_raw_fd() as usize, 0, 0, 0]) == 0 }
    }
}

#[cfg(test)]
mod tests {
    use abi::system_calls::SYSTEM_CALLS;

    /// The numbers of system calls in `abi` are those of the kernel's headers, as `linux-raw-sys` has them.
    #[test]
    fn numbers_are_those_of_this_architecture() {
        macro_rules! numbers {
            ($($name:ident)*) => {
                [$((stringify!($name), linux_raw_sys::general::$name)),*]
            };
        }
        let numbers = numbers!(
            __NR_accept4 __NR_clock_getres __NR_clock_gettime __NR_clone __NR_close __NR_exit __NR_exit_group __NR_fadvise64
            __NR_fallocate __NR_fcntl __NR_fdatasync __NR_fstat __NR_fsync __NR_ftruncate __NR_futex __NR_getdents64 __NR_getpid
            __NR_getrandom __NR_getsockopt __NR_gettid __NR_ioctl __NR_kill __NR_linkat __NR_lseek __NR_madvise __NR_mkdirat
            __NR_mmap __NR_mprotect __NR_mremap __NR_munmap __NR_newfstatat __NR_openat __NR_openat2 __NR_ppoll __NR_preadv
            __NR_pwritev __NR_readlinkat __NR_readv __NR_recvmsg __NR_renameat __NR_restart_syscall __NR_rt_sigaction
            __NR_rt_sigreturn __NR_sched_yield __NR_sendmsg __NR_shutdown __NR_sigaltstack __NR_symlinkat __NR_tgkill
            __NR_unlinkat __NR_utimensat __NR_write __NR_writev
        );
        assert_eq!(numbers.len(), SYSTEM_CALLS.len());
        for call in SYSTEM_CALLS {
            let number = if cfg!(target_arch = "x86_64") { call.x86_64 } else { call.aarch64 };
            let found = numbers.iter().find(|(name, _)| name.strip_prefix("__NR_") == Some(call.name));
            assert_eq!(found.map(|(_, number)| *number), Some(number), "{}", call.name);
        }
    }
}
