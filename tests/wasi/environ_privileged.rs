//! A set-user-ID executable does not listen to the environment of whoever starts it, even if it honours such grants.
//!
//! flags: --runtime-grants --env A=built-in
//! needs: root
//! setup: cp "$EXE" program && chmod 4755 program && chmod 755 .
//! env: WASM2EXE_ENV=A=runtime
//! env: WASM2EXE_DIR=/::/
//! run: WASM2EXE_DIR= ./program runtime && setpriv --reuid=65534 --clear-groups ./program built-in
//! peer: it has no such grants

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let expected = std::env::args().nth(1).unwrap();
    assert_eq!(std::env::var("A").unwrap(), expected);
    assert_eq!(std::env::vars().count(), 1);
    assert_eq!(fdstat(ROOT), Err(BADF));
}
