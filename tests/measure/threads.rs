//! Run time of a program with a pool of threads: on two threads against one, and against the same program built natively.

use crate::contest::{compare, print, race};
use crate::report::Report;
use crate::tools::Tools;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use wasm2exe_tests::packages;
use wasm2exe_tests::programs::Program;

/// Interleaved runs of each task.
const ROUNDS: usize = 7;

/// Tasks of the program `rayon` in `tests/real`, each with the goal of two threads against one.
const TASKS: [(&str, Option<f64>); 5] =
    [("primes", Some(0.6)), ("mandelbrot", Some(0.6)), ("queens", Some(0.6)), ("sort", None), ("scopes", None)];

/// Measures and prints. Wall time: what other processes take on the same processors shows in it.
///
/// # Errors
/// Something does not build or run.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    report.section("threads, wall time");
    let program = Program::load("rayon")?;
    let project = program.test.cargo.as_ref().context("rayon is a package of cargo's")?;
    let native = packages::build(&program.directory.join(&project.directory), None)?.join("parallel");
    let modules = program.package()?.context("rayon is built")?;
    let ours = tools.executable(&modules.join("parallel.wasm"), &["--target-cpu", "native"], "parallel")?;
    for (task, goal) in TASKS {
        let run = |executable: &Path, threads: &str| {
            let mut command = Command::new(executable);
            command.args([task, threads]);
            command
        };
        let rounds = race(&mut [run(&ours, "2"), run(&ours, "1"), run(&native, "2")], ROUNDS)?;
        let ratio = compare(&rounds[0], &rounds[1], |usage| usage.wall);
        print(&ratio, report, &format!("{task}, two threads to one"), goal);
        let ratio = compare(&rounds[0], &rounds[2], |usage| usage.wall);
        print(&ratio, report, &format!("{task}, to native on two threads"), None);
    }
    Ok(())
}
