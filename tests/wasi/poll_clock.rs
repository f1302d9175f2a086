//! Waiting for time to pass.
//!
//! peer: it has its own idea of clocks that are not supported

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

const MS: u64 = 1_000_000;

/// How long a call waits, in nanoseconds, and its events.
fn timed(subscriptions: &[Subscription]) -> (u64, Vec<Event>) {
    let start = clock_time(MONOTONIC).unwrap();
    let events = poll(subscriptions).unwrap();
    (clock_time(MONOTONIC).unwrap() - start, events)
}

fn is_clock_event(event: &Event, userdata: u64) {
    assert_eq!(*event, Event { userdata, ..Event::default() });
}

fn main() {
    for clock in [REALTIME, MONOTONIC] {
        let (waited, events) = timed(&[clock_subscription(7, clock, 30 * MS, 0)]);
        assert!((30 * MS..5000 * MS).contains(&waited), "{waited}");
        assert_eq!(events.len(), 1);
        is_clock_event(&events[0], 7);

        let due = clock_time(clock).unwrap() + 30 * MS;
        let (waited, events) = timed(&[clock_subscription(8, clock, due, ABSTIME)]);
        assert!((29 * MS..5000 * MS).contains(&waited), "{waited}");
        assert!(clock_time(clock).unwrap() >= due);
        is_clock_event(&events[0], 8);

        // Now, and long ago.
        for (timeout, flags) in [(0, 0), (0, ABSTIME), (1, ABSTIME), (due - 1, ABSTIME)] {
            let (waited, events) = timed(&[clock_subscription(9, clock, timeout, flags)]);
            assert!(waited < 1000 * MS, "{waited}");
            is_clock_event(&events[0], 9);
        }
    }

    // Of several clocks the first one counts, and all that are due at once are reported.
    let forever = [u64::MAX, u64::MAX - 1, 1 << 62].map(|timeout| clock_subscription(1, MONOTONIC, timeout, 0));
    let mut subscriptions = forever.to_vec();
    subscriptions.push(clock_subscription(2, MONOTONIC, 20 * MS, 0));
    subscriptions.push(clock_subscription(3, REALTIME, u64::MAX, ABSTIME));
    let (waited, events) = timed(&subscriptions);
    assert!((20 * MS..5000 * MS).contains(&waited), "{waited}");
    assert_eq!(events.len(), 1);
    is_clock_event(&events[0], 2);
    let many: Vec<_> = (0..100).map(|index| clock_subscription(index, MONOTONIC, index % 2, ABSTIME)).collect();
    let (_, events) = timed(&many);
    assert_eq!(events.len(), 100);
    for (index, event) in events.iter().enumerate() {
        is_clock_event(event, index as u64);
    }

    assert_eq!(poll(&[]), Err(INVAL));
    assert_eq!(poll(&[clock_subscription(1, 2, 0, 0)]), Err(INVAL));
    assert_eq!(poll(&[clock_subscription(1, 3, 0, 0)]), Err(INVAL));
    assert_eq!(poll(&[clock_subscription(1, 4, 0, 0)]), Err(INVAL));
    assert_eq!(poll(&[clock_subscription(1, MONOTONIC, 0, 2)]), Err(INVAL));
    assert_eq!(poll(&[Subscription { tag: 3, ..clock_subscription(1, MONOTONIC, 0, 0) }]), Err(INVAL));
    bounds();
}

fn bounds() {
    let end = memory_end();
    let subscription = [clock_subscription(5, MONOTONIC, 0, 0); 2];
    let mut events = [Event::default(); 2];
    let mut count = 0u32;
    let (r#in, out, nevents) = (at(&subscription), at_mut(&mut events), at_mut(&mut count));
    let call = |r#in, out, n, nevents| result(raw::poll_oneoff(r#in, out, n, nevents));
    assert_eq!(call(end - 48 * 2 + 1, out, 2, nevents), Err(FAULT));
    assert_eq!(call(r#in, end - 32 * 2 + 1, 2, nevents), Err(FAULT));
    assert_eq!(call(r#in, out, 2, end - 3), Err(FAULT));
    for n in [u32::MAX, u32::MAX / 32, u32::MAX / 48, 1 << 27] {
        assert_eq!(call(r#in, out, n, nevents), Err(FAULT));
    }
    // Misaligned, and the events over the subscriptions.
    let mut bytes = [0u8; 97];
    // SAFETY: both types have 96 bytes, and the one to make takes any.
    let copy: [u8; 96] = unsafe { std::mem::transmute(subscription) };
    bytes[1..].copy_from_slice(&copy);
    let start = at_mut(&mut bytes) + 1;
    assert_eq!(call(start, start, 2, end - 5), Ok(()));
    assert_eq!(byte_at(end - 5), 2);
    // SAFETY: both types have 32 bytes; of those that are compared none is padding.
    let expected: [u8; 32] = unsafe { std::mem::transmute(Event { userdata: 5, ..Event::default() }) };
    assert_eq!(&bytes[1..8], &expected[..7]);
    assert_eq!(&bytes[33..40], &expected[..7]);
}
