//! `sched_yield`.

use super::types::Result;
use crate::guest::Guest;

/// Temporarily yield execution of the calling thread.
pub fn sched_yield(_: Guest) -> Result<()> {
    rustix::thread::sched_yield();
    Ok(())
}
