//! `proc_*`: the end of the process, and signals to it.

use rustix::process::{Signal, getpid, kill_process, test_kill_process};

use super::types::{Errno, Result};
use crate::guest::Guest;
use crate::process;

/// The largest exit status that the host can pass on. Larger ones become it, so that none of them looks like success.
const MAX_STATUS: u32 = 255;

/// Terminate the process normally.
pub fn proc_exit(rval: u32) -> ! {
    process::end(rval.min(MAX_STATUS) as i32)
}

/// Send a signal to the process.
pub fn proc_raise(_: Guest, sig: u32) -> Result<()> {
    /// In the order of witx `signal`, from 1 on.
    const SIGNALS: [Signal; 30] = [
        Signal::HUP,
        Signal::INT,
        Signal::QUIT,
        Signal::ILL,
        Signal::TRAP,
        Signal::ABORT,
        Signal::BUS,
        Signal::FPE,
        Signal::KILL,
        Signal::USR1,
        Signal::SEGV,
        Signal::USR2,
        Signal::PIPE,
        Signal::ALARM,
        Signal::TERM,
        Signal::CHILD,
        Signal::CONT,
        Signal::STOP,
        Signal::TSTP,
        Signal::TTIN,
        Signal::TTOU,
        Signal::URG,
        Signal::XCPU,
        Signal::XFSZ,
        Signal::VTALARM,
        Signal::PROF,
        Signal::WINCH,
        Signal::IO,
        Signal::POWER,
        Signal::SYS,
    ];
    let process = getpid();
    match sig.checked_sub(1) {
        None => Ok(test_kill_process(process)?),
        Some(index) => {
            let signal = SIGNALS.get(index as usize).ok_or(Errno::Inval)?;
            Ok(kill_process(process, *signal)?)
        }
    }
}
