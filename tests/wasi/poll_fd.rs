//! Waiting for descriptors: files, a pipe with a writer that is slow and goes away.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && printf 12345 > tmp/file && mkfifo pipe
//! run: (sleep 0.2; printf abc; sleep 0.2) | "$EXE"
//! peer: it always reports one byte

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

const MS: u64 = 1_000_000;
const HANGUP: u16 = 1;

fn main() {
    let file = open("file", 0, READ_WRITE).unwrap();
    let events = poll(&[fd_subscription(1, POLL_READ, file), fd_subscription(2, POLL_WRITE, file)]).unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!((events[0].userdata, events[0].eventtype, events[0].nbytes, events[0].flags), (1, 1, 5, 0));
    assert_eq!((events[1].userdata, events[1].eventtype, events[1].flags), (2, 2, 0));
    assert!(events[1].nbytes > 0);
    seek(file, 3, SET).unwrap();
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, file)]).unwrap()[0].nbytes, 2);
    seek(file, 0, END).unwrap();
    let event = poll(&[fd_subscription(1, POLL_READ, file)]).unwrap()[0];
    assert_eq!((event.nbytes, event.flags), (0, HANGUP));

    pipe();
    many(file);

    // What cannot be polled.
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, 99)]), Err(BADF));
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, u32::MAX)]), Err(BADF));
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, ROOT)]), Err(BADF));
    assert_eq!(poll(&[fd_subscription(1, POLL_WRITE, 0)]), Err(BADF));
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, 1)]), Err(BADF));
    let reads = open("file", 0, FD_READ).unwrap();
    assert_eq!(poll(&[fd_subscription(1, POLL_WRITE, reads)]), Err(BADF));
    close(file).unwrap();
    assert_eq!(poll(&[fd_subscription(1, POLL_READ, file)]), Err(BADF));
}

/// Standard input: first nothing, then three bytes, then nobody who writes.
fn pipe() {
    let read_input = fd_subscription(1, POLL_READ, 0);
    let events = poll(&[read_input, clock_subscription(2, MONOTONIC, 1, 0)]).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].userdata, 2);
    let start = clock_time(MONOTONIC).unwrap();
    let events = poll(&[read_input, clock_subscription(2, MONOTONIC, 20_000 * MS, 0)]).unwrap();
    assert!(clock_time(MONOTONIC).unwrap() - start > MS);
    assert_eq!(events, [Event { userdata: 1, error: 0, eventtype: 1, nbytes: 3, flags: 0 }]);
    assert_eq!(read(0, &mut [0; 10]), Ok(3));
    let events = poll(&[read_input, clock_subscription(2, MONOTONIC, 20_000 * MS, 0)]).unwrap();
    assert_eq!(events, [Event { userdata: 1, error: 0, eventtype: 1, nbytes: 0, flags: HANGUP }]);
    assert_eq!(read(0, &mut [0; 10]), Ok(0));
    // Both standard outputs can be written to.
    let events = poll(&[fd_subscription(1, POLL_WRITE, 1), fd_subscription(2, POLL_WRITE, 2)]).unwrap();
    assert_eq!(events.len(), 2);
}

/// More than are kept on the stack.
fn many(file: u32) {
    for count in [16, 17, 500] {
        let mut subscriptions: Vec<_> =
            (0..count).map(|index| fd_subscription(index, POLL_READ + index % 2, file)).collect();
        subscriptions.insert(3, clock_subscription(1 << 40, MONOTONIC, u64::MAX, 0));
        let events = poll(&subscriptions).unwrap();
        assert!(events.iter().map(|event| event.userdata).eq(0..count));
    }
}
