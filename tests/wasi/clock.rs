//! All four clocks.
//!
//! peer: it has no clocks of CPU time

#[path = "support/preview1.rs"]
mod preview1;

use std::time::{SystemTime, UNIX_EPOCH};

use preview1::*;

fn main() {
    for clock in 0..4 {
        let resolution: u64 = out(|out| raw::clock_res_get(clock, out)).unwrap();
        assert!((1..=100_000_000).contains(&resolution), "clock {clock}: {resolution}");
        let first = clock_time(clock).unwrap();
        let mut number = first | 1;
        while clock_time(clock).unwrap() < first + 1_000_000 {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert_ne!(number, 0);
    }
    // 2020 to 2200, in nanoseconds.
    let now = clock_time(REALTIME).unwrap();
    assert!((1_577_836_800_000_000_000..7_258_118_400_000_000_000).contains(&now));
    assert!(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64 - now < 1_000_000_000);
    // A program has not computed longer than it has been running.
    assert!(clock_time(2).unwrap() < clock_time(MONOTONIC).unwrap());

    for clock in [4, 5, u32::MAX] {
        assert_eq!(clock_time(clock), Err(INVAL));
        assert_eq!(out::<u64>(|out| raw::clock_res_get(clock, out)), Err(INVAL));
    }
    let end = memory_end();
    assert_eq!(result(raw::clock_time_get(0, 0, end - 7)), Err(FAULT));
    assert_eq!(result(raw::clock_res_get(0, end - 7)), Err(FAULT));
    assert_eq!(result(raw::clock_time_get(0, 0, end - 8)), Ok(()));
    assert_eq!(result(raw::clock_time_get(0, 0, end - 9)), Ok(()));
}
