//! Signals that do nothing, and numbers that are none.
//!
//! peer: it has no signals

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    const NONE: u32 = 0;
    const CHLD: u32 = 16;
    const CONT: u32 = 17;
    const URG: u32 = 22;
    const WINCH: u32 = 27;
    for signal in [NONE, CHLD, CONT, URG, WINCH] {
        assert_eq!(result(raw::proc_raise(signal)), Ok(()), "signal {signal}");
    }
    for signal in [31, 255, u32::MAX] {
        assert_eq!(result(raw::proc_raise(signal)), Err(INVAL), "signal {signal}");
    }
}
