//! What a process gives up before guest code runs, each as far as the system lets it: new privileges, executable memory, changes to its
//! own code and constants, files outside the granted directories, and all system calls that the program cannot need. A layer behind
//! the sandbox that the compiler makes: it bounds what a defect there, or here, could be used for.

use abi::hardening::{HARDEN_REPORT, Hardening};

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
    let done = [
        (sys::forbid_new_privileges(), &b" no_new_privs"[..]),
        (sys::forbid_executable_memory(), b" PR_SET_MDWE"),
        (sys::seal_executable(), b" mseal"),
        (confine_paths(hardening), b" landlock"),
        (sys::filter_system_calls(filter), b" seccomp"),
    ];
    if hardening.flags & HARDEN_REPORT != 0 && done.iter().any(|(done, _)| !done) {
        report(&done);
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

/// The program runs without what the system lacks. This is not yet the process's last message, so it takes no buffer of those.
#[cold]
fn report(done: &[(bool, &[u8])]) {
    sys::write_error(b"wasm2exe: this system does not offer all hardening; it lacks:");
    done.iter().filter(|(done, _)| !done).for_each(|(_, name)| sys::write_error(name));
    sys::write_error(b"\n");
}
