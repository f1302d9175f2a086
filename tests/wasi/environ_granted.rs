//! Variables that are set, and that are passed on where the host has them; of several grants of a name the last counts.
//!
//! flags: --env A=1 --env EMPTY= --env PASSED --env ABSENT --env 'EQUALS=a=b' --env A=2 --env 'BYTES=caf\xe9'
//! env: PASSED=from the host
//! env: A=host
//! env: OTHER=not granted
//! peer: it passes a name that is granted twice on twice

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut variables: Vec<_> = std::env::vars().collect();
    variables.sort();
    let expected = [("A", "2"), ("BYTES", "caf\\xe9"), ("EMPTY", ""), ("EQUALS", "a=b"), ("PASSED", "from the host")];
    let expected = expected.map(|(name, value)| (name.to_string(), value.to_string()));
    assert_eq!(variables, expected);

    let (mut count, mut size) = (0u32, 0u32);
    assert_eq!(raw::environ_sizes_get(at_mut(&mut count), at_mut(&mut size)), 0);
    assert_eq!(count, 5);
    assert_eq!(size as usize, "A=2 BYTES=caf\\xe9 EMPTY= EQUALS=a=b PASSED=from the host ".len());

    let end = memory_end();
    let mut addresses = [0u32; 5];
    assert_eq!(result(raw::environ_get(at_mut(&mut addresses), end - size + 1)), Err(FAULT));
    assert_eq!(addresses, [0; 5]);
    assert_eq!(result(raw::environ_get(end - 16, end - 65536)), Err(FAULT));
    assert_eq!(raw::environ_get(at_mut(&mut addresses), end - size), 0);
    assert_eq!(addresses[0], end - size);
    assert_eq!(byte_at(end - 1), 0);
}
