//! Prepares a working directory, takes the steps of a program there and compares what comes out.

use crate::engine::{Bench, Engine};
use anyhow::{Context, Result, bail, ensure};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use wasm2exe_tests::packages::sha256;
use wasm2exe_tests::process::{Finished, Usage};
use wasm2exe_tests::programs::{Program, Run, Step};

/// Where a run's output is compared with, or recorded in, `expected/`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Compare.
    Compare,
    /// Record.
    Bless,
}

/// Takes all steps of a program. Prints a line for each.
///
/// # Errors
/// A step fails, or something else comes out than is expected.
pub fn check(program: &Program, engine: &Engine, mode: Mode) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("wasm2exe-real-").tempdir()?;
    prepare(program, directory.path())?;
    let mut bench = Bench::new(engine, directory.path());
    let mut unverified = Ok(());
    for step in &program.test.step {
        match step {
            Step::Compile(step) => {
                let module = directory.path().join(&step.compile);
                let from = module.metadata().with_context(|| step.compile.display().to_string())?.len();
                let (size, finished) = bench.compile(step)?;
                let sizes = format!("{} of wasm -> {}", megabytes(from), megabytes(size));
                report(&format!("compile {}", step.to), &finished.usage, &sizes);
                match bench.verify(step) {
                    Ok(None) => {}
                    Ok(Some(report)) => println!("  verify {}: {report}", step.to),
                    // The rest is worth knowing too.
                    Err(error) => {
                        println!("  verify {error:#}");
                        unverified = Err(error);
                    }
                }
            }
            Step::Run(step) => {
                let finished = bench.run(step)?;
                let line = step.run.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(" ");
                report(&format!("run {line}"), &finished.usage, "");
                judge(program, step, &finished, directory.path(), mode).with_context(|| step.run.join(" "))?;
            }
        }
    }
    unverified
}

/// Fills the working directory: input files, `package/`, archives.
fn prepare(program: &Program, directory: &Path) -> Result<()> {
    if let Some(package) = program.package()? {
        symlink(package, directory.join("package"))?;
    }
    let mut copy = Command::new("cp");
    copy.arg("-R").arg(program.directory.join("input/."));
    copy.args(program.test.also.iter().map(|file| program.directory.join(file))).arg(".");
    ensure!(copy.current_dir(directory).status()?.success(), "cannot copy the input files");
    for (archive, into) in &program.test.unpack {
        fs::create_dir_all(directory.join(into))?;
        let mut tar = Command::new("tar");
        tar.args(["--no-same-owner", "-xf"]).arg(archive).arg("-C").arg(into).current_dir(directory);
        ensure!(tar.status()?.success(), "cannot unpack {}", archive.display());
    }
    Ok(())
}

fn judge(program: &Program, step: &Run, finished: &Finished, directory: &Path, mode: Mode) -> Result<()> {
    let stderr = String::from_utf8_lossy(&finished.stderr);
    ensure!(finished.status.code() == Some(step.status), "{}, expected {}\n{stderr}", finished.status, step.status);
    match &step.stdout {
        Some(file) => compare("standard output", &mut &finished.stdout[..], &program.expected(file), mode)?,
        None => ensure!(finished.stdout.is_empty(), "writes to standard output, where nothing is expected"),
    }
    if let Some(file) = &step.stderr {
        compare("standard error", &mut &finished.stderr[..], &program.expected(file), mode)?;
    }
    for (file, expected) in &step.produces {
        let name = file.display().to_string();
        let mut written = File::open(directory.join(file)).with_context(|| format!("{name} was not written"))?;
        compare(&name, &mut written, &program.expected(expected), mode)?;
    }
    Ok(())
}

/// Compares with an expected file, or with the checksum in one; the error shows the first line that differs.
fn compare(what: &str, source: &mut dyn Read, file: &Path, mode: Mode) -> Result<()> {
    let mut found = Vec::new();
    if file.extension().is_some_and(|extension| extension == "sha256") {
        found = format!("{}\n", sha256(source)?).into_bytes();
    } else {
        source.read_to_end(&mut found)?;
    }
    if mode == Mode::Bless {
        return fs::write(file, found).with_context(|| file.display().to_string());
    }
    let expected = fs::read(file).with_context(|| file.display().to_string())?;
    if found == expected {
        return Ok(());
    }
    let lines = |bytes: &[u8]| -> Vec<String> {
        bytes.split(|byte| *byte == b'\n').map(|line| line.escape_ascii().to_string()).collect()
    };
    let (found, expected) = (lines(&found), lines(&expected));
    let at = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
    let line = |lines: &[String]| lines.get(at).map_or("end of file".to_string(), |line| format!("\"{line}\""));
    bail!("{what}, line {}:\n  found    {}\n  expected {}", at + 1, line(&found), line(&expected))
}

fn report(what: &str, usage: &Usage, note: &str) {
    let (wall, cpu) = (usage.wall.as_secs_f64(), usage.cpu.as_secs_f64());
    let what: String = what.chars().take(32).collect();
    println!("  {what:32} {wall:8.3} s  cpu {cpu:8.3} s  peak {:>9}  {note}", megabytes(usage.peak_memory));
}

fn megabytes(bytes: u64) -> String {
    format!("{:.2} MB", bytes as f64 / 1e6)
}
