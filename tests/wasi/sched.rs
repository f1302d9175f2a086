//! Yielding comes back.

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    for _ in 0..100 {
        assert_eq!(raw::sched_yield(), 0);
    }
}
