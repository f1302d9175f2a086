//! What a process gives up before guest code runs, each as far as the system lets it: new privileges, executable memory, changes to its
//! own code and constants, files outside the granted directories, and all system calls that the program cannot need. A layer behind
//! the sandbox that the compiler makes: it bounds what a defect there, or here, could be used for.

use abi::hardening::{
    Hardening, REFUSED_FILTER, REFUSED_LANDLOCK, REFUSED_MDWE, REFUSED_NAMES, REFUSED_NO_NEW_PRIVILEGES, REFUSED_SEAL,
};

use crate::sys;

/// [`abi::symbols::HARDEN`].
///
/// # Safety
/// The compiler emitted the structure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_harden(hardening: &Hardening) {
    // SAFETY: the compiler emits an array of so many instructions.
    let filter = unsafe { core::slice::from_raw_parts(hardening.filter, hardening.filter_len as usize) };
    // The filter comes last, as it allows none of the other calls; the system takes it only without new privileges.
    let mut refused = 0;
    let mut note = |what: u32, done: bool| refused |= if done { 0 } else { what };
    note(REFUSED_NO_NEW_PRIVILEGES, sys::forbid_new_privileges());
    note(REFUSED_MDWE, sys::forbid_executable_memory());
    note(REFUSED_SEAL, sys::seal_executable());
    note(REFUSED_LANDLOCK, confine_paths(hardening));
    note(REFUSED_FILTER, sys::filter_system_calls(filter));
    if refused != 0 && !hardening.report.is_null() {
        // SAFETY: the compiler emits the address of `abi::symbols::HARDEN_REPORT`, which is of this type.
        let report: extern "C" fn(u32) = unsafe { core::mem::transmute(hardening.report) };
        report(refused);
    }
}

fn confine_paths(hardening: &Hardening) -> bool {
    if hardening.confine_paths.is_null() {
        return true;
    }
    // SAFETY: the compiler emits the address of `abi::symbols::CONFINE_PATHS`, which is of this type.
    let confine_paths: extern "C" fn() -> bool = unsafe { core::mem::transmute(hardening.confine_paths) };
    confine_paths()
}

/// [`abi::symbols::HARDEN_REPORT`]: the program runs without what the system lacks. This is not yet the process's last message, so it
/// takes no buffer of those.
#[cold]
#[unsafe(no_mangle)]
pub extern "C" fn w2e_harden_report(refused: u32) {
    sys::write_error(b"wasm2exe: this system does not offer all hardening; it lacks:");
    for (bit, name) in REFUSED_NAMES.as_bytes().split(|byte| *byte == b' ').enumerate() {
        if refused >> bit & 1 != 0 {
            sys::write_error(b" ");
            sys::write_error(name);
        }
    }
    sys::write_error(b"\n");
}
