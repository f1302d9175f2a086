//! Compiles real programs from the package registries, runs them on real input and compares what comes out.
//! `tests/real/README.md` says how to use it and how to add a program.

mod check;
mod engine;

use anyhow::{Result, ensure};
use check::Mode;
use engine::Engine;
use std::path::PathBuf;
use std::process::ExitCode;
use wasm2exe_tests::programs::Program;

const USAGE: &str = "usage: real [--sandbox | --reference | --bless] [PROGRAM...]
  --sandbox    also verify the code of every module, and run every executable under strace: no system calls but those in its list
  --reference  run under wasmtime ($WASMTIME, or the one in PATH) in place of wasm2exe
  --bless      the same, and record what comes out as what is expected";

fn main() -> Result<ExitCode> {
    let mut reference = false;
    let mut sandbox = false;
    let mut mode = Mode::Compare;
    let mut names = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--sandbox" => sandbox = true,
            "--reference" => reference = true,
            "--bless" => (reference, mode) = (true, Mode::Bless),
            option if option.starts_with('-') => {
                eprintln!("{USAGE}");
                return Ok(ExitCode::from(2));
            }
            _ => names.push(argument),
        }
    }
    let engine = match reference {
        true => Engine::Wasmtime(std::env::var_os("WASMTIME").map_or("wasmtime".into(), PathBuf::from)),
        false => Engine::Wasm2exe { tool: wasm2exe_tests::wasm2exe().to_path_buf(), sandbox },
    };
    ensure!(!sandbox || wasm2exe_tests::trace::is_possible(), "--sandbox needs strace");
    let mut programs = Program::all()?;
    for name in &names {
        ensure!(programs.iter().any(|program| program.name == *name), "no program {name}");
    }
    programs.retain(|program| names.is_empty() || names.contains(&program.name));
    Ok(check_all(&programs, &engine, mode))
}

fn check_all(programs: &[Program], engine: &Engine, mode: Mode) -> ExitCode {
    let mut failed = Vec::new();
    for program in programs {
        println!("{}: {}", program.name, program.test.about);
        if let Err(error) = check::check(program, engine, mode) {
            println!("  FAILED: {error:#}");
            failed.push(program.name.as_str());
        }
    }
    println!("{} programs, {} failed {}", programs.len(), failed.len(), failed.join(" "));
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use wasm2exe_tests::programs::{Program, Step};

    /// The programs themselves take too long for `cargo test`; that they can run at all does not.
    #[test]
    fn programs_and_expectations_belong_together() {
        let programs = Program::all().expect("well-formed programs");
        assert!(programs.len() >= 10);
        for program in programs {
            assert!(program.test.package.as_ref().is_none_or(|package| package.sha256.len() == 64), "{}", program.name);
            assert!(program.directory.join("input").is_dir(), "{}", program.name);
            let mut expected = BTreeSet::new();
            for step in &program.test.step {
                let Step::Run(run) = step else { continue };
                expected.extend(run.stdout.iter().chain(&run.stderr).map(|file| program.expected(file)));
                expected.extend(run.produces.values().map(|file| program.expected(file)));
            }
            let recorded = fs::read_dir(program.expected("")).expect("expectations");
            let recorded: BTreeSet<_> = recorded.map(|entry| entry.expect("an expectation").path()).collect();
            assert_eq!(expected, recorded, "{}", program.name);
        }
    }
}
