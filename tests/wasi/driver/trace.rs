//! Runs a test under strace, and compares the system calls that it makes with those that it says it may need.

use std::fs;

use wasm2exe_tests::trace;

use crate::build::Program;
use crate::case::Case;
use crate::resolver::Resolver;
use crate::run;

/// Runs a hardened test, and compares. Returns whether the calls could be seen.
pub fn run(case: &Case, program: &Program) -> Result<bool, String> {
    if !trace::is_possible() {
        run::run(case, program, Resolver::Openat2, None)?;
        return Ok(false);
    }
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("trace");
    run::run(case, program, Resolver::Openat2, Some(&file))?;
    let trace = fs::read(&file).map_err(|error| format!("no trace: {error}"))?;
    // What cannot start does not get as far as the filter.
    const START_FAILURE: i32 = 126;
    if case.status != START_FAILURE {
        trace::compare(&String::from_utf8_lossy(&trace), &program.executable())?;
    }
    Ok(true)
}
