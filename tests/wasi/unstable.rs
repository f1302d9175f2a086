//! Snapshot 0: other layouts of filestat and subscription, other numbers of whence, and the rest as in preview 1.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && printf 0123456789 > tmp/file && ln tmp/file tmp/link && touch -d @1000000000.123456789 tmp/file
//! peer: it looks for the second subscription in the wrong place

#[path = "support/preview1.rs"]
mod preview1;
#[path = "support/unstable.rs"]
mod unstable;

use preview1::{ABSTIME, BADF, CLOCK, DIRECTORY_TYPE, FAULT, FD_READ, INVAL, MONOTONIC, POLL_READ, REALTIME};
use preview1::{REGULAR_FILE, ROOT, at, at_mut, memory_end, out, result};

#[derive(Clone, Copy, Default, Debug, PartialEq)]
#[repr(C)]
struct Filestat {
    dev: u64,
    ino: u64,
    filetype: u8,
    nlink: u32,
    size: u64,
    atim: u64,
    mtim: u64,
    ctim: u64,
}

#[derive(Clone, Copy, Default)]
#[repr(C)]
struct Subscription {
    userdata: u64,
    tag: u64,
    /// A descriptor, or the name of a clock, which means nothing.
    identifier: u64,
    clock: u64,
    timeout: u64,
    precision: u64,
    flags: u64,
}

fn main() {
    let path = "file";
    let fd: u32 = out(|out| unstable::path_open(ROOT, 0, at(path), 4, 0, FD_READ, 0, 0, out)).unwrap();
    stat(fd);
    seek(fd);
    poll(fd);
    assert_eq!(unstable::fd_close(fd), 0);
    assert_eq!(result(unstable::fd_close(fd)), Err(BADF));
    let (mut argc, mut size) = (0u32, 0u32);
    assert_eq!(unstable::args_sizes_get(at_mut(&mut argc), at_mut(&mut size)), 0);
    assert_eq!(argc, 1);
}

fn stat(fd: u32) {
    let by_fd: Filestat = out(|out| unstable::fd_filestat_get(fd, out)).unwrap();
    assert_eq!((by_fd.filetype, by_fd.nlink, by_fd.size), (REGULAR_FILE, 2, 10));
    assert_eq!((by_fd.atim, by_fd.mtim), (1_000_000_000_123_456_789, 1_000_000_000_123_456_789));
    let path = "link";
    let by_path = out(|out| unstable::path_filestat_get(ROOT, 0, at(path), 4, out));
    assert_eq!(by_path, Ok(by_fd));
    let root: Filestat = out(|out| unstable::fd_filestat_get(ROOT, out)).unwrap();
    assert_eq!(root.filetype, DIRECTORY_TYPE);

    // 56 bytes and no more.
    let mut room = [Filestat::default(); 2];
    assert_eq!(unstable::fd_filestat_get(fd, at_mut(&mut room)), 0);
    assert_eq!(std::hint::black_box(room), [by_fd, Filestat::default()]);
    let end = memory_end();
    assert_eq!(unstable::fd_filestat_get(fd, end - 56), 0);
    assert_eq!(unstable::path_filestat_get(ROOT, 0, at(path), 4, end - 56), 0);
}

fn seek(fd: u32) {
    let seek = |offset, whence| out::<u64>(|out| unstable::fd_seek(fd, offset, whence, out));
    let (cur, end, set) = (0, 1, 2);
    assert_eq!(seek(4, set), Ok(4));
    assert_eq!(seek(2, cur), Ok(6));
    assert_eq!(seek(-1, end), Ok(9));
    assert_eq!(seek(0, cur), Ok(9));
    assert_eq!(out::<u64>(|out| unstable::fd_tell(fd, out)), Ok(9));
    assert_eq!(seek(-1, set), Err(INVAL));
}

fn poll(fd: u32) {
    let (mut events, mut count) = ([preview1::Event::default(); 3], 0u32);
    let mut poll = |subscriptions: &[Subscription]| {
        let (events_at, count_at) = (at_mut(&mut events), at_mut(&mut count));
        let len = subscriptions.len() as u32;
        result(unstable::poll_oneoff(at(subscriptions), events_at, len, count_at))?;
        Ok(std::hint::black_box(events)[..count as usize].to_vec())
    };
    let clock = |userdata, clock: u32, timeout, flags| Subscription {
        userdata,
        tag: CLOCK,
        identifier: u64::MAX,
        clock: clock.into(),
        timeout,
        precision: 0,
        flags,
    };
    let start = preview1::clock_time(MONOTONIC).unwrap();
    let events = poll(&[clock(1, REALTIME, u64::MAX, 0), clock(2, MONOTONIC, 20_000_000, 0)]).unwrap();
    assert!(preview1::clock_time(MONOTONIC).unwrap() - start >= 20_000_000);
    assert_eq!((events.len(), events[0].userdata), (1, 2));
    let file = Subscription { userdata: 4, tag: POLL_READ, identifier: fd.into(), ..Subscription::default() };
    let events = poll(&[clock(3, MONOTONIC, 0, ABSTIME), file, clock(5, MONOTONIC, u64::MAX, 0)]).unwrap();
    assert_eq!(events.iter().map(|event| event.userdata).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(poll(&[Subscription { identifier: 99, ..file }]), Err(BADF));

    let end = memory_end();
    let call = |subscriptions| result(unstable::poll_oneoff(subscriptions, end - 1000, 1, end - 2000));
    assert_eq!(call(end - 55), Err(FAULT));
    assert_eq!(call(end - 56), Ok(()));
}
