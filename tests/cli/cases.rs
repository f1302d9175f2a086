//! Runs every file of `cases`: a module whose leading comments say how to compile and run it and what happens then.
//!
//! `;; args: OPTIONS` to compile with. Then either `;; error: TEXT`, which the compiler must say (repeatable), or any
//! number of `;; run: ARGUMENTS`, each followed by `;; status: N` (else 0), `;; stdout: LINE` for each line, and
//! `;; stderr: TEXT`, which must occur. `;; warning: TEXT` is what the compiler must say on success, else nothing.

use std::fs;
use std::path::{Path, PathBuf};

use wasm2exe_tests::workspace;

use crate::workbench::{Outcome, Workbench, outcome};

#[test]
fn every_case_behaves_as_it_says() {
    let directory = workspace().join("tests/cli/cases");
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory).expect("there are cases").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let failures: Vec<String> = files
        .iter()
        .filter_map(|file| check(file).err().map(|failure| format!("{}: {failure}", file.display())))
        .collect();
    assert!(failures.is_empty(), "{} of {} cases fail\n{}", failures.len(), files.len(), failures.join("\n"));
    println!("{} cases", files.len());
}

/// What a case expects.
#[derive(Default)]
struct Case {
    args: Vec<String>,
    errors: Vec<String>,
    warnings: Vec<String>,
    runs: Vec<Run>,
}

#[derive(Default)]
struct Run {
    args: Vec<String>,
    status: i32,
    stdout: String,
    stderr: Vec<String>,
}

impl Case {
    fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
            let Some((key, value)) = line.split_once(':') else { continue };
            let value = value.strip_prefix(' ').unwrap_or(value).to_string();
            let words = || value.split_whitespace().map(String::from).collect();
            match (key, case.runs.last_mut()) {
                ("args", _) => case.args = words(),
                ("error", _) => case.errors.push(value),
                ("warning", _) => case.warnings.push(value),
                ("run", _) => case.runs.push(Run { args: words(), ..Run::default() }),
                ("status", Some(run)) => run.status = value.parse().map_err(|_| format!("{value} is no status"))?,
                ("stdout", Some(run)) => run.stdout.extend([&value, "\n"]),
                ("stderr", Some(run)) => run.stderr.push(value),
                // Prose has a space before its first colon.
                (key, _) if key.contains(' ') => {}
                _ => return Err(format!("{key}: is nothing a case can say here")),
            }
        }
        if case.errors.is_empty() == case.runs.is_empty() {
            return Err("a case expects either errors or runs".into());
        }
        Ok(case)
    }
}

fn check(file: &Path) -> Result<(), String> {
    let text = fs::read_to_string(file).map_err(|error| error.to_string())?;
    let case = Case::parse(&text)?;
    let name = file.file_name().expect("a case is a file").to_str().expect("its name is UTF-8");
    let bench = Workbench::new();
    bench.write(name, &text);
    let compiled = outcome(bench.tool(&case.args).args([name, "-o", "program"]));
    if !case.errors.is_empty() {
        expect(compiled.status == 1, "exit status 1", &compiled)?;
        expect(bench.files() == [name], &format!("no file left: {:?}", bench.files()), &compiled)?;
        return contains_all(&compiled.stderr, &case.errors);
    }
    expect(compiled.status == 0, "success", &compiled)?;
    contains_all(&compiled.stderr, &case.warnings)?;
    expect(compiled.stderr.is_empty() == case.warnings.is_empty(), "the listed warnings", &compiled)?;
    for run in &case.runs {
        let ran = outcome(&mut bench.command(&bench.path("program"), &run.args));
        expect(ran.status == run.status, &format!("status {} for {:?}", run.status, run.args), &ran)?;
        expect(ran.stdout == run.stdout, &format!("{:?} for {:?}", run.stdout, run.args), &ran)?;
        contains_all(&ran.stderr, &run.stderr)?;
        expect(ran.stderr.is_empty() == run.stderr.is_empty(), "the listed messages", &ran)?;
    }
    Ok(())
}

fn expect(holds: bool, what: &str, outcome: &Outcome) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected {what}, got {outcome:?}")) }
}

fn contains_all(text: &str, parts: &[String]) -> Result<(), String> {
    match parts.iter().find(|part| !text.contains(part.as_str())) {
        Some(part) => Err(format!("no {part:?} in {text:?}")),
        None => Ok(()),
    }
}
