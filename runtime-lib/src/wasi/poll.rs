//! `poll_oneoff`: waiting for descriptors and clocks.

use core::mem::MaybeUninit;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{FileType, fstat, tell};
use rustix::io::{Errno as Os, ioctl_fionread};
use rustix::time::{ClockId, Timespec};

use super::clock::now;
use super::fd_table::{self, Use};
use super::types::{
    EVENT_SIZE, Errno, FD_READWRITE_HANGUP, Record, Result, SUBSCRIPTION_CLOCK_ABSTIME, clockid, eventtype, rights,
};
use crate::guest::{Guest, GuestPtr, GuestRange};
use crate::{sys, thread};

/// Subscriptions that are kept on the stack; more of them get memory of their own.
const FEW: usize = 16;

/// Uses of descriptors, likewise.
const FEW_USES: usize = if thread::POSSIBLE { FEW } else { 0 };

/// Where the two versions of `subscription` differ.
#[derive(Clone, Copy)]
struct Layout {
    size: u32,
    /// Offset of `subscription_clock::id`.
    clock: usize,
}

const PREVIEW1: Layout = Layout { size: 48, clock: 16 };
const UNSTABLE: Layout = Layout { size: 56, clock: 24 };

/// A subscription, copied from the guest and checked.
#[derive(Clone, Copy)]
struct Watch {
    userdata: u64,
    eventtype: u8,
    subject: Subject,
}

#[derive(Clone, Copy)]
enum Subject {
    /// The time, in nanoseconds of the clock, from which on the event has occurred.
    Clock { clock: ClockId, due: u64 },
    /// Index of the descriptor among those polled for.
    Descriptor(usize),
}

/// Room for subscriptions, and for the descriptors among them.
struct Room<'a> {
    watches: &'a mut [MaybeUninit<Watch>],
    descriptors: &'a mut [MaybeUninit<PollFd<'static>>],
    uses: Uses<'a>,
}

/// Keeps descriptors open while they are polled for.
struct Uses<'a> {
    room: &'a mut [MaybeUninit<Use>],
    count: usize,
}

impl Uses<'_> {
    fn push(&mut self, using: Use) {
        // Where nobody else can close it, there is no room, and nothing to keep.
        if let Some(place) = self.room.get_mut(self.count) {
            place.write(using);
            self.count += 1;
        }
    }
}

impl Drop for Uses<'_> {
    fn drop(&mut self) {
        for using in self.room.get_mut(..self.count).unwrap_or_default() {
            // SAFETY: `push` has written the first `count`.
            unsafe { using.assume_init_drop() };
        }
    }
}

/// Concurrently poll for the occurrence of a set of events. A descriptor that cannot be polled fails the call, as with other
/// engines.
pub fn poll_oneoff(guest: Guest, r#in: GuestPtr, out: GuestPtr, nsubscriptions: u32, nevents: GuestPtr) -> Result<()> {
    poll_with(guest, PREVIEW1, r#in, out, nsubscriptions, nevents)
}

/// [`poll_oneoff`] of snapshot 0.
pub fn poll_oneoff_unstable(
    guest: Guest,
    r#in: GuestPtr,
    out: GuestPtr,
    nsubscriptions: u32,
    nevents: GuestPtr,
) -> Result<()> {
    poll_with(guest, UNSTABLE, r#in, out, nsubscriptions, nevents)
}

fn poll_with(
    guest: Guest,
    layout: Layout,
    subscriptions: GuestPtr,
    events: GuestPtr,
    nsubscriptions: u32,
    nevents: GuestPtr,
) -> Result<()> {
    let nevents = guest.range(nevents, 4)?;
    let subscriptions = guest.array(subscriptions, nsubscriptions, layout.size)?;
    let events = guest.array(events, nsubscriptions, EVENT_SIZE as u32)?;
    let count = nsubscriptions as usize;
    if count == 0 {
        return Err(Errno::Inval);
    }
    let occurred = if count <= FEW {
        let mut watches = [const { MaybeUninit::uninit() }; FEW];
        let mut descriptors = [const { MaybeUninit::uninit() }; FEW];
        let mut uses = [const { MaybeUninit::uninit() }; FEW_USES];
        let uses = Uses { room: &mut uses, count: 0 };
        let room = Room { watches: &mut watches, descriptors: &mut descriptors, uses };
        wait(layout, subscriptions, events, count, room)?
    } else {
        with_mapped_room(count, |room| wait(layout, subscriptions, events, count, room))?
    };
    nevents.write(0, &(occurred as u32).to_le_bytes())
}

#[cold]
fn with_mapped_room<R>(count: usize, action: impl FnOnce(Room<'_>) -> Result<R>) -> Result<R> {
    let watches_len = count * size_of::<Watch>();
    let descriptors_len = count * size_of::<PollFd<'static>>();
    let use_count = if thread::POSSIBLE { count } else { 0 };
    let uses_len = use_count * size_of::<Use>();
    let len = (watches_len + descriptors_len + uses_len).next_multiple_of(sys::page_size());
    let start = sys::allocate(len, false).ok_or(Errno::Nomem)?;
    // SAFETY: the mapping has room for all arrays, aligned to a page and to the sizes of those before; nobody else knows it.
    let room = unsafe {
        let uses = core::slice::from_raw_parts_mut(start.add(watches_len + descriptors_len).cast(), use_count);
        Room {
            watches: core::slice::from_raw_parts_mut(start.cast(), count),
            descriptors: core::slice::from_raw_parts_mut(start.add(watches_len).cast(), count),
            uses: Uses { room: uses, count: 0 },
        }
    };
    let result = action(room);
    // SAFETY: it was mapped above, and `action` has returned what it borrowed.
    unsafe { sys::release(start, len) };
    result
}

/// Waits until at least one event has occurred; writes the events, returns their number.
fn wait(
    layout: Layout,
    subscriptions: GuestRange,
    events: GuestRange,
    count: usize,
    mut room: Room<'_>,
) -> Result<usize> {
    let mut polled = 0;
    for index in 0..count {
        let bytes = subscriptions.part(index * layout.size as usize, layout.size as usize)?;
        let (watch, descriptor) = subscription(layout, bytes, polled)?;
        if let Some(place) = room.watches.get_mut(index) {
            place.write(watch);
        }
        if let Some((descriptor, using)) = descriptor {
            if let Some(place) = room.descriptors.get_mut(polled) {
                place.write(descriptor);
            }
            room.uses.push(using);
            polled += 1;
        }
    }
    let watches = room.watches.get(..count).unwrap_or_default();
    let descriptors = room.descriptors.get_mut(..polled).unwrap_or_default();
    // SAFETY: the loop has written as many of both.
    let (watches, descriptors) = unsafe { (watches.assume_init_ref(), descriptors.assume_init_mut()) };
    loop {
        match poll(descriptors, timeout(watches).as_ref()) {
            Ok(_) => {}
            Err(Os::INTR) => continue,
            Err(errno) => return Err(errno.into()),
        }
        let occurred = report(watches, descriptors, events)?;
        if occurred != 0 {
            return Ok(occurred);
        }
    }
}

/// Copies a subscription from the guest, and prepares to poll for its descriptor if it is about one.
fn subscription(layout: Layout, bytes: GuestRange, polled: usize) -> Result<(Watch, Option<(PollFd<'static>, Use)>)> {
    let userdata = u64::from_le_bytes(bytes.read(0)?);
    let [eventtype] = bytes.read(8)?;
    let (flags, needed) = match eventtype {
        eventtype::CLOCK => return Ok((Watch { userdata, eventtype, subject: clock(layout, bytes)? }, None)),
        eventtype::FD_READ => (PollFlags::IN.union(PollFlags::RDHUP), rights::FD_READ),
        eventtype::FD_WRITE => (PollFlags::OUT, rights::FD_WRITE),
        _ => return Err(Errno::Inval),
    };
    let fd = u32::from_le_bytes(bytes.read(16)?);
    let descriptor = fd_table::get_with(fd, needed | rights::POLL_FD_READWRITE)?;
    let watch = Watch { userdata, eventtype, subject: Subject::Descriptor(polled) };
    Ok((watch, Some((descriptor.poll_fd(flags), descriptor.into_use()))))
}

fn clock(layout: Layout, bytes: GuestRange) -> Result<Subject> {
    let id = u32::from_le_bytes(bytes.read(layout.clock)?);
    let timeout = u64::from_le_bytes(bytes.read(layout.clock + 8)?);
    let flags = u16::from_le_bytes(bytes.read(layout.clock + 24)?);
    let absolute = match flags {
        0 => false,
        SUBSCRIPTION_CLOCK_ABSTIME => true,
        _ => return Err(Errno::Inval),
    };
    match id {
        clockid::REALTIME if absolute => Ok(Subject::Clock { clock: ClockId::Realtime, due: timeout }),
        clockid::REALTIME | clockid::MONOTONIC => {
            let start = if absolute { 0 } else { now(ClockId::Monotonic) };
            Ok(Subject::Clock { clock: ClockId::Monotonic, due: start.saturating_add(timeout) })
        }
        // The time that a process has computed does not pass while it waits.
        _ => Err(Errno::Inval),
    }
}

/// How long to wait for descriptors before a clock is due; forever if there is none.
fn timeout(watches: &[Watch]) -> Option<Timespec> {
    const SECOND: u64 = 1_000_000_000;
    let remaining = watches.iter().filter_map(|watch| match watch.subject {
        Subject::Clock { clock, due } => Some(due.saturating_sub(now(clock))),
        Subject::Descriptor(_) => None,
    });
    let nanoseconds = remaining.min()?;
    Some(Timespec { tv_sec: (nanoseconds / SECOND) as i64, tv_nsec: (nanoseconds % SECOND) as i64 })
}

/// Writes the events that have occurred, in the order of the subscriptions; returns their number.
fn report(watches: &[Watch], descriptors: &[PollFd<'static>], events: GuestRange) -> Result<usize> {
    let mut occurred = 0;
    for watch in watches {
        let (nbytes, flags) = match watch.subject {
            Subject::Clock { clock, due } if now(clock) >= due => (0, 0),
            Subject::Clock { .. } => continue,
            Subject::Descriptor(index) => match descriptors.get(index) {
                Some(descriptor) if !descriptor.revents().is_empty() => readiness(watch.eventtype, descriptor),
                _ => continue,
            },
        };
        let mut event = Record::<EVENT_SIZE>::ZERO;
        event.field::<0, 8>(watch.userdata.to_le_bytes());
        event.field::<10, 1>([watch.eventtype]);
        event.field::<16, 8>(nbytes.to_le_bytes());
        event.field::<24, 2>(flags.to_le_bytes());
        events.write(occurred * EVENT_SIZE, &event.0)?;
        occurred += 1;
    }
    Ok(occurred)
}

/// How many bytes there are, or that there is room for at least, and `eventrwflags`. An error of the descriptor shows up when
/// the guest goes on to use it.
fn readiness(eventtype: u8, descriptor: &PollFd<'static>) -> (u64, u16) {
    let gone = PollFlags::HUP.union(PollFlags::RDHUP).union(PollFlags::ERR);
    let mut hangup = descriptor.revents().intersects(gone);
    let mut nbytes = 1;
    if eventtype == eventtype::FD_READ {
        let (available, at_end) = available(descriptor.as_fd());
        nbytes = available;
        hangup |= at_end;
    }
    (nbytes, if hangup { FD_READWRITE_HANGUP } else { 0 })
}

/// How many bytes can be read without waiting, and whether that is the end of a file. A listening socket has no bytes, but a
/// connection.
fn available(fd: BorrowedFd<'_>) -> (u64, bool) {
    if let (Ok(stat), Ok(offset)) = (fstat(fd), tell(fd))
        && FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
    {
        let rest = (stat.st_size as u64).saturating_sub(offset);
        return (rest, rest == 0);
    }
    (ioctl_fionread(fd).unwrap_or(1), false)
}
