//! Without a grant the guest sees no variable of the host.
//!
//! env: SECRET=1

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let (mut count, mut size) = (7u32, 7u32);
    assert_eq!(raw::environ_sizes_get(at_mut(&mut count), at_mut(&mut size)), 0);
    assert_eq!((count, size), (0, 0));
    // There is nothing to store, wherever it would go.
    let end = memory_end();
    assert_eq!(raw::environ_get(end, end), 0);
    assert_eq!(std::env::vars_os().count(), 0);
}
