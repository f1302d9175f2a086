//! Size, start-up time and memory of the smallest programs.

use crate::contest::{Ratio, race};
use crate::report::{Report, Unit};
use crate::tools::{Tools, build, size, source};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm2exe_tests::process;

/// Interleaved runs for start-up times.
const ROUNDS: usize = 400;

/// Largest executable of hello world, in bytes.
const SIZE: f64 = 32.0 * 1024.0;

/// Measures and prints.
///
/// # Errors
/// Something does not build, run or agree.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    report.section("hello, world, against the same C program linked statically with glibc");
    let module = tools.wasm(&source("hello.c"), "hello.wasm")?;
    let ours = tools.executable(&module, &[], "hello")?;
    let native = tools.native(&source("hello.c"), &["-static"], "hello-static")?;
    let stripped = strip(&ours, &tools.path("hello-stripped"))?;
    let sizes = |ours: &Path, theirs: &Path| -> Result<String> {
        Ok(format!("{} / {}", Unit::Bytes.text(size(ours)?), Unit::Bytes.text(size(theirs)?)))
    };
    report.figure("executable, stripped", size(&stripped)?, Unit::Bytes, Some(SIZE), &sizes(&stripped, &native)?);
    let mut contenders = vec![Command::new(&ours), Command::new(&native)];
    let artifact = tools.artifact(&module, "hello.cwasm")?;
    contenders.extend(artifact.and_then(|artifact| tools.wasmtime_run(&artifact)));
    let rounds = race(&mut contenders, ROUNDS)?;
    Ratio::of(&rounds[0], &rounds[1], |usage| usage.wall).print(report, "start-up, wall, to static C", Some(0.7));
    Ratio::of(&rounds[0], &rounds[1], |usage| usage.cpu).print(report, "start-up, processor time, to static C", None);
    if let Some(theirs) = rounds.get(2) {
        Ratio::of(&rounds[0], theirs, |usage| usage.wall).print(report, "start-up, wall, to wasmtime", None);
    }
    let (memory, theirs) =
        (process::peak_memory(&mut Command::new(&ours))?, process::peak_memory(&mut Command::new(&native))?);
    let detail = format!("{} / {}", Unit::Bytes.text(memory as f64), Unit::Bytes.text(theirs as f64));
    report.figure("peak memory, to static C", memory as f64 / theirs as f64, Unit::Times, Some(1.0), &detail);

    report.section("hello, world in Rust");
    let module = tools.wasm_of_rust(&source("hello.rs"), "hello-rust.wasm")?;
    let ours = tools.executable(&module, &[], "hello-rust")?;
    race(&mut [Command::new(&ours)], 1)?;
    let goal = 1.5 * size(&module)? + SIZE;
    report.figure("executable", size(&ours)?, Unit::Bytes, Some(goal), &sizes(&ours, &module)?);
    Ok(())
}

/// A copy without symbols.
fn strip(executable: &Path, to: &Path) -> Result<PathBuf> {
    build(Command::new("strip").arg(executable).arg("-o").arg(to))?;
    Ok(to.to_path_buf())
}
