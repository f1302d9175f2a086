//! All variables of the host, except where another grant sets one.
//!
//! flags: --inherit-env --env B=granted
//! env: A=host
//! env: B=host
//! env: BYTES=x
//! run: BYTES="$(printf '\377')" "$EXE"
//! peer: it takes UTF-8 only

use std::os::wasi::ffi::OsStrExt;

fn main() {
    let value = |name: &str| std::env::var_os(name).expect(name).as_bytes().to_vec();
    assert_eq!(value("A"), b"host");
    assert_eq!(value("B"), b"granted");
    assert_eq!(value("BYTES"), b"\xff");
    assert!(std::env::var_os("PATH").is_some());
    assert_eq!(std::env::vars_os().filter(|(name, _)| name == "B").count(), 1);
}
