//! `clock_*`.

use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

use super::filestat::timestamp;
use super::types::{Errno, Result, clockid};
use crate::guest::{Guest, GuestPtr};

fn clock(id: u32) -> Result<ClockId> {
    match id {
        clockid::REALTIME => Ok(ClockId::Realtime),
        clockid::MONOTONIC => Ok(ClockId::Monotonic),
        clockid::PROCESS_CPUTIME_ID => Ok(ClockId::ProcessCPUTime),
        clockid::THREAD_CPUTIME_ID => Ok(ClockId::ThreadCPUTime),
        _ => Err(Errno::Inval),
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    timestamp(time.tv_sec, time.tv_nsec as u64)
}

/// The time of a clock in nanoseconds.
pub fn now(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(clock))
}

/// Return the resolution of a clock.
pub fn clock_res_get(guest: Guest, id: u32, resolution: GuestPtr) -> Result<()> {
    let out = guest.range(resolution, 8)?;
    out.write(0, &nanoseconds(clock_getres(clock(id)?)).to_le_bytes())
}

/// Return the time value of a clock. The host reads its clocks as precisely as it can.
pub fn clock_time_get(guest: Guest, id: u32, _precision: u64, time: GuestPtr) -> Result<()> {
    let out = guest.range(time, 8)?;
    out.write(0, &now(clock(id)?).to_le_bytes())
}
