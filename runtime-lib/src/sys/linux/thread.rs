//! Threads, as the kernel makes them.

use linux_raw_sys::general::{
    CLONE_CHILD_SETTID, CLONE_FILES, CLONE_FS, CLONE_SETTLS, CLONE_SIGHAND, CLONE_SYSVSEM, CLONE_THREAD, CLONE_VM,
};

/// What a thread shares with the others, and what the kernel sets up for it.
pub const THREAD_FLAGS: u32 = CLONE_VM
    | CLONE_FS
    | CLONE_FILES
    | CLONE_SIGHAND
    | CLONE_THREAD
    | CLONE_SYSVSEM
    | CLONE_SETTLS
    | CLONE_CHILD_SETTID;

// The filter of system calls lets no other thread be started.
const _: () = assert!(THREAD_FLAGS == abi::system_calls::THREAD_FLAGS);
