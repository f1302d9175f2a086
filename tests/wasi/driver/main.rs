//! WASI tests: each `wasi/*.rs` and `wasi/*.wat` is a guest program that checks itself. It is compiled to wasm, then by the
//! `wasm2exe` under test, and run in a fresh directory as its header says (see [`case`]); a test is a file, nothing else.
//!
//! ```text
//! cargo test -p wasm2exe-tests --test wasi              all of them
//! cargo test -p wasm2exe-tests --test wasi -- path_     those with a name that contains `path_`
//! WASM2EXE_PEER=wasmtime cargo test ...                 the same guests by another engine instead
//! ```
//!
//! Each is run once more with `--harden on`, under strace: the system calls that it makes must be among those that the executable
//! says it may need.

mod build;
mod case;
mod resolver;
mod run;
mod socket;
mod trace;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use rayon::prelude::*;

use crate::build::Engine;
use crate::case::Case;

fn main() -> ExitCode {
    // Options are libtest's, which this program is not.
    let filters: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let selected = |path: &PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let paths: Vec<PathBuf> = test_files().into_iter().filter(selected).collect();
    assert!(!paths.is_empty(), "no test is called {filters:?}");
    let engine = Engine::from_environment();
    let outcomes: Vec<(String, Outcome)> = paths.par_iter().flat_map(|path| check(path, &engine)).collect();
    report(paths.len(), &outcomes)
}

/// The tests beside this folder, in order.
fn test_files() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("wasi");
    let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("the directory can be read").path()).collect();
    paths.retain(|path| matches!(path.extension().and_then(OsStr::to_str), Some("rs" | "wat")));
    paths.sort();
    paths
}

/// How a run went.
enum Outcome {
    Passed,
    /// As the file says, another engine behaves differently.
    Differs,
    /// The user who runs the tests may not do what it takes.
    LeftOut,
    /// It passed, but nobody saw which system calls it made: there is no strace.
    Untraced,
    Failed(String),
}

/// Builds a test and performs its runs.
fn check(path: &Path, engine: &Engine) -> Vec<(String, Outcome)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let failed = |error: String| vec![(name.clone(), Outcome::Failed(error))];
    let case = match fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| Case::parse(&text)) {
        Ok(case) => case,
        Err(error) => return failed(error),
    };
    // SAFETY: the call cannot fail.
    if case.needs_root && unsafe { libc::geteuid() } != 0 {
        return vec![(name, Outcome::LeftOut)];
    }
    let program = match build::build(path, &case, engine) {
        Ok(program) => program,
        Err(error) => return failed(error),
    };
    let differs = case.peer_differs.as_ref().filter(|_| engine.is_peer());
    let run = |&resolver| {
        let outcome = match (run::run(&case, &program, resolver, None), differs) {
            (Ok(()), None) => Outcome::Passed,
            (Ok(()), Some(reason)) => Outcome::Failed(format!("passes, although it should not: {reason}")),
            (Err(_), Some(_)) => Outcome::Differs,
            (Err(error), None) => Outcome::Failed(error),
        };
        (format!("{name} ({resolver})"), outcome)
    };
    let mut outcomes: Vec<(String, Outcome)> = case.resolvers.iter().map(run).collect();
    if let Engine::Ours(tool) = engine {
        let outcome = match program.harden(tool).and_then(|()| trace::run(&case, &program)) {
            Ok(true) => Outcome::Passed,
            Ok(false) => Outcome::Untraced,
            Err(error) => Outcome::Failed(error),
        };
        outcomes.push((format!("{name} (hardened)"), outcome));
    }
    outcomes
}

fn report(files: usize, outcomes: &[(String, Outcome)]) -> ExitCode {
    let mut failures = 0;
    let mut differences = 0;
    let mut left_out = 0;
    let mut untraced = 0;
    for (name, outcome) in outcomes {
        match outcome {
            Outcome::Passed => {}
            Outcome::Untraced => untraced += 1,
            Outcome::Differs => differences += 1,
            Outcome::LeftOut => {
                left_out += 1;
                println!("LEFT OUT {name}: it needs root");
            }
            Outcome::Failed(error) => {
                failures += 1;
                println!("FAILED {name}\n{}\n", error.trim_end());
            }
        }
    }
    let passed = outcomes.len() - failures - differences - left_out;
    if untraced != 0 {
        println!("{untraced} runs were NOT TRACED for their system calls: strace is not installed");
    }
    if differences != 0 {
        println!("{differences} runs fail, as their files say");
    }
    println!("{files} files of WASI tests, {} runs", outcomes.len());
    println!("{passed} passed, {failures} failed");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
