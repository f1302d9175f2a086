//! `filestat`, in the layouts of preview 1 and of snapshot 0, and times to set.

use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, Stat, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::net::{SocketType, sockopt};
use rustix::time::Timespec;

use super::types::{Errno, Filetype, Record, Result, fstflags};

const SECOND: u64 = 1_000_000_000;

/// A time as a WASI `timestamp`: nanoseconds since 1970. What lies outside becomes the nearest one.
pub fn timestamp(seconds: i64, nanoseconds: u64) -> u64 {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    seconds.saturating_mul(SECOND).saturating_add(nanoseconds)
}

/// The type of an open file.
pub fn filetype(fd: BorrowedFd<'_>, stat: &Stat) -> Filetype {
    let file_type = FileType::from_raw_mode(stat.st_mode);
    if file_type == FileType::Socket && sockopt::socket_type(fd) == Ok(SocketType::DGRAM) {
        return Filetype::SocketDgram;
    }
    file_type.into()
}

fn times(stat: &Stat) -> [u64; 3] {
    [
        timestamp(stat.st_atime, stat.st_atime_nsec),
        timestamp(stat.st_mtime, stat.st_mtime_nsec),
        timestamp(stat.st_ctime, stat.st_ctime_nsec),
    ]
}

/// `filestat` of preview 1: a 64-bit number of links.
pub fn preview1(stat: &Stat, filetype: Filetype) -> Record<64> {
    let [atim, mtim, ctim] = times(stat);
    let mut record = Record::ZERO;
    record.field::<0, 8>(stat.st_dev.to_le_bytes());
    record.field::<8, 8>(stat.st_ino.to_le_bytes());
    record.field::<16, 1>([filetype as u8]);
    #[allow(clippy::useless_conversion, reason = "other architectures have fewer bits")]
    record.field::<24, 8>(u64::from(stat.st_nlink).to_le_bytes());
    record.field::<32, 8>((stat.st_size as u64).to_le_bytes());
    record.field::<40, 8>(atim.to_le_bytes());
    record.field::<48, 8>(mtim.to_le_bytes());
    record.field::<56, 8>(ctim.to_le_bytes());
    record
}

/// `filestat` of snapshot 0: a 32-bit number of links, behind the type.
pub fn unstable(stat: &Stat, filetype: Filetype) -> Record<56> {
    let [atim, mtim, ctim] = times(stat);
    let links = u32::try_from(stat.st_nlink).unwrap_or(u32::MAX);
    let mut record = Record::ZERO;
    record.field::<0, 8>(stat.st_dev.to_le_bytes());
    record.field::<8, 8>(stat.st_ino.to_le_bytes());
    record.field::<16, 1>([filetype as u8]);
    record.field::<20, 4>(links.to_le_bytes());
    record.field::<24, 8>((stat.st_size as u64).to_le_bytes());
    record.field::<32, 8>(atim.to_le_bytes());
    record.field::<40, 8>(mtim.to_le_bytes());
    record.field::<48, 8>(ctim.to_le_bytes());
    record
}

/// The times that `fst_flags` ask to set.
pub fn timestamps(atim: u64, mtim: u64, fst_flags: u32) -> Result<Timestamps> {
    use fstflags::{ALL, ATIM, ATIM_NOW, MTIM, MTIM_NOW};
    if fst_flags & !ALL != 0 {
        return Err(Errno::Inval);
    }
    let time = |value: u64, given: bool, now: bool| match (given, now) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Timespec { tv_sec: (value / SECOND) as i64, tv_nsec: (value % SECOND) as i64 }),
        (false, true) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        (false, false) => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
    };
    Ok(Timestamps {
        last_access: time(atim, fst_flags & ATIM != 0, fst_flags & ATIM_NOW != 0)?,
        last_modification: time(mtim, fst_flags & MTIM != 0, fst_flags & MTIM_NOW != 0)?,
    })
}
