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
    /// Bit set of `HARDEN_*`.
    pub flags: u64,
}

/// What the system does not offer is told on standard error.
pub const HARDEN_REPORT: u64 = 1;

/// Stands for the number of the process in a filter. No process has it.
pub const OWN_PROCESS: u32 = 0x7fff_fff7;

/// Most instructions of a filter.
pub const MAX_FILTER_LEN: usize = 512;
