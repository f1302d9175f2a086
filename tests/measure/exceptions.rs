//! Run time of the programs in `tests/bench/exceptions`, against wasmtime.

use crate::contest::{compare, print, race};
use crate::report::Report;
use crate::tools::{Tools, build, source};
use anyhow::Result;
use std::process::Command;

/// Interleaved runs of each program.
const ROUNDS: usize = 7;

/// The programs, and what they do.
const PROGRAMS: [(&str, &str); 4] = [
    ("far", "throwing through 100 frames"),
    ("cleanups", "throwing again in each of 100 frames"),
    ("near", "throwing to the caller"),
    ("no-throw", "calling with a handler, without a throw"),
];

/// What the programs use that wasmtime does not allow by itself.
const FEATURES: [&str; 2] = ["-W", "exceptions=y,function-references=y,gc=y"];

/// Measures and prints.
///
/// # Errors
/// Something does not build or run.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    let Some(wasmtime) = &tools.wasmtime else { return Ok(()) };
    report.section("exceptions, processor time");
    for (name, what) in PROGRAMS {
        let module = source(&format!("exceptions/{name}.wat"));
        let ours = tools.executable(&module, &["--target-cpu", "native"], name)?;
        let artifact = tools.path(&format!("{name}.cwasm"));
        build(Command::new(wasmtime).arg("compile").args(FEATURES).arg(&module).arg("-o").arg(&artifact))?;
        let mut theirs = Command::new(wasmtime);
        theirs.args(["run", "--allow-precompiled"]).args(FEATURES).arg(&artifact);
        let rounds = race(&mut [Command::new(ours), theirs], ROUNDS)?;
        let ratio = compare(&rounds[0], &rounds[1], |usage| usage.cpu);
        print(&ratio, report, &format!("{what}, to wasmtime"), Some(1.0));
    }
    Ok(())
}
