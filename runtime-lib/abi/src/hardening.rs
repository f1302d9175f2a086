//! What an executable takes from itself before the first instruction of the guest runs.

/// What [`crate::layout::Program::hardening`] points to.
#[repr(C)]
pub struct Hardening {
    /// `extern "C" fn(&'static Hardening)`, which does all of it: [`crate::symbols::HARDEN`].
    pub harden: *const u8,
    /// `extern "C" fn() -> bool` that has the system keep the process to the granted directories, and tells whether it could:
    /// [`crate::symbols::CONFINE_PATHS`], or null when the policy grants none.
    pub confine_paths: *const u8,
    /// The filter of system calls: a program for the kernel's classic BPF, instructions of 8 bytes. Where it compares with
    /// [`OWN_PROCESS`], the runtime puts the number of the process.
    pub filter: *const u64,
    /// Number of instructions, at most [`MAX_FILTER_LEN`].
    pub filter_len: u64,
    /// What the filter allows: a [`crate::system_calls::Rule`] in text after the other, each closed by a NUL byte. For readers of the
    /// executable; in the section [`crate::symbols::SYSTEM_CALLS_SECTION`].
    pub system_calls: *const u8,
    /// `extern "C" fn(refused: u32)` that tells on standard error what the system does not offer, a bit set of `REFUSED_*`:
    /// [`crate::symbols::HARDEN_REPORT`], or null when nobody asked.
    pub report: *const u8,
}

/// No new privileges.
pub const REFUSED_NO_NEW_PRIVILEGES: u32 = 1 << 0;
/// No memory becomes executable.
pub const REFUSED_MDWE: u32 = 1 << 1;
/// Code and constants are sealed.
pub const REFUSED_SEAL: u32 = 1 << 2;
/// The process is kept to the granted directories.
pub const REFUSED_LANDLOCK: u32 = 1 << 3;
/// The filter of system calls.
pub const REFUSED_FILTER: u32 = 1 << 4;
/// Names of what is refused in the order of the bits, separated by spaces.
pub const REFUSED_NAMES: &str = "no_new_privs PR_SET_MDWE mseal landlock seccomp";

/// Stands for the number of the process in a filter. No process has it.
pub const OWN_PROCESS: u32 = 0x7fff_fff7;

/// Most instructions of a filter.
pub const MAX_FILTER_LEN: usize = 512;
