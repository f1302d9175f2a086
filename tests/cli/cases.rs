//! Compiles every file of `cases`: a module whose leading comments say what the tool has to say about it.
//!
//! `;; args: OPTIONS` to compile with; then a `;; error: TEXT` for each error, or a `;; warning: TEXT` for each warning, of
//! which TEXT must be a part; else it compiles without a word.

use std::fs;
use std::path::{Path, PathBuf};

use wasm2exe_tests::workspace;

use crate::workbench::{Workbench, outcome};

#[test]
fn every_case_is_judged_as_it_says() {
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
}

/// What a case expects.
#[derive(Default)]
struct Case {
    args: Vec<String>,
    errors: Vec<String>,
    warnings: Vec<String>,
}

impl Case {
    fn parse(text: &str) -> Result<Case, String> {
        let mut case = Case::default();
        for line in text.lines().map_while(|line| line.strip_prefix(";; ")) {
            let Some((key, value)) = line.split_once(": ") else { continue };
            match key {
                "args" => case.args = value.split_whitespace().map(String::from).collect(),
                "error" => case.errors.push(value.to_string()),
                "warning" => case.warnings.push(value.to_string()),
                _ => return Err(format!("{key}: is nothing a case can say")),
            }
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
    let (status, kind, expected) = match case.errors.is_empty() {
        true => (0, "warning: ", &case.warnings),
        false => (1, "error: ", &case.errors),
    };
    let said: Vec<&str> = compiled.stderr.lines().filter_map(|line| line.strip_prefix(kind)).collect();
    let as_expected = said.len() == expected.len()
        && said.iter().zip(expected).all(|(said, expected)| said.contains(expected.as_str()));
    let mut left = if status == 0 { vec![name, "program"] } else { vec![name] };
    left.sort_unstable();
    if compiled.status != status || !as_expected || bench.files() != left {
        return Err(format!("expected {expected:?}, got {compiled:?} and the files {:?}", bench.files()));
    }
    Ok(())
}
