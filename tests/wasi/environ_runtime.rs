//! Grants from the executable's own environment, and their order against those that are built in.
//!
//! flags: --runtime-grants --env A=built-in --env B=built-in --dir built-in::/built-in
//! setup: mkdir built-in first second && echo 1 > first/file && echo 2 > second/file
//! env: WASM2EXE_ENV=B=runtime\nC=runtime\n\nPASSED
//! env: WASM2EXE_DIR=first::/first\nsecond::/second,ro
//! env: PASSED=host
//! peer: it has no such grants

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    let mut variables: Vec<_> = std::env::vars().collect();
    variables.sort();
    let expected = [("A", "built-in"), ("B", "runtime"), ("C", "runtime"), ("PASSED", "host")];
    assert_eq!(variables, expected.map(|(name, value)| (name.to_string(), value.to_string())));

    assert_eq!(std::fs::read("/first/file").unwrap(), b"1\n");
    assert_eq!(std::fs::read("/second/file").unwrap(), b"2\n");
    std::fs::write("/built-in/new", "").unwrap();
    std::fs::write("/first/new", "").unwrap();
    assert_eq!(path_open(5, 0, "new", CREAT, FD_WRITE, 0, 0), Err(ROFS));
}
