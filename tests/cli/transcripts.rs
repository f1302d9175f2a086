//! Runs the commands that the documentation shows, and compares what they print: in a block of type `console`, lines
//! that begin with `$ ` are commands, and what follows is their output, standard error included.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use wasm2exe_tests::{wasm2exe, workspace};

use crate::workbench::{Workbench, outcome};

#[test]
fn examples_do_as_their_readme_says() {
    let bench = Workbench::new();
    copy_examples(&bench.path(""));
    let readme = fs::read_to_string(workspace().join("examples/README.md")).expect("the examples have a README");
    let shown: Vec<String> = fs::read_dir(workspace().join("examples"))
        .expect("there are examples")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
        .filter(|name| name != "README.md")
        .collect();
    for name in &shown {
        let is_used = steps(&readme).iter().any(|(command, _)| command.contains(name.as_str()));
        assert!(is_used, "examples/README.md runs no {name}");
    }
    replay(&bench, &readme);
}

#[test]
fn the_readme_shows_what_happens() {
    let bench = Workbench::new();
    fs::create_dir(bench.path("examples")).expect("a directory");
    copy_examples(&bench.path("examples"));
    let readme = fs::read_to_string(workspace().join("README.md")).expect("there is a README");
    replay(&bench, &readme);
}

#[test]
fn the_first_command_of_the_readme_runs_an_example() {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("there is a README");
    let command = readme.lines().find(|line| line.starts_with("cargo run ")).expect("a command");
    wasm2exe();
    let bench = Workbench::new();
    let mut shell = bench.command("/bin/sh".as_ref(), ["-c", command]);
    assert_eq!(outcome(shell.current_dir(workspace())).succeeded().stdout, "Hello, world!\n");
}

fn copy_examples(to: &Path) {
    for entry in fs::read_dir(workspace().join("examples")).expect("there are examples") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("it can be copied");
    }
}

/// Runs every command of a document, in order, in one directory.
fn replay(bench: &Workbench, document: &str) {
    let steps = steps(document);
    assert!(!steps.is_empty(), "the document shows no commands");
    let path = std::env::var("PATH").expect("there is a PATH");
    let tool = wasm2exe().parent().expect("the tool lies in a directory").display();
    for (command, expected) in steps {
        let mut shell = bench.command("/bin/sh".as_ref(), ["-c", &format!("exec 2>&1\n{command}")]);
        let mut path = format!("{tool}:{path}");
        if command.starts_with("clang ") {
            path = format!("{}:{path}", c_compiler().display());
        }
        let ran = outcome(shell.env("PATH", path));
        assert_eq!(ran.stdout, expected, "$ {command}");
    }
}

/// The commands of a document with their expected output.
fn steps(document: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    let mut in_console = false;
    for line in document.lines() {
        match line.strip_prefix("```") {
            Some(language) => in_console = language == "console",
            None if !in_console => {}
            None => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push((command.to_string(), String::new())),
                (None, Some((_, output))) => output.extend([line, "\n"]),
                (None, None) => panic!("output before the first command: {line}"),
            },
        }
    }
    steps
}

/// A directory with a `clang` that compiles C for WASI: the installed one, or else the one in PyPI's `ziglang`, which
/// is installed below `target` at the first need.
pub fn c_compiler() -> &'static Path {
    static COMPILER: OnceLock<PathBuf> = OnceLock::new();
    COMPILER.get_or_init(|| {
        let directory = workspace().join("target/c-compiler");
        fs::create_dir_all(&directory).expect("the target directory is writable");
        if installed_clang_works(&directory) {
            let _ = fs::remove_file(directory.join("clang"));
            return directory;
        }
        let venv = directory.join("venv");
        let python = venv.join("bin/python3");
        if !python.exists() {
            must_run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
        }
        must_run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "ziglang==0.15.2"]));
        let script = format!("#!/bin/sh\nexec '{}' -m ziglang cc \"$@\"\n", python.display());
        let clang = directory.join("clang");
        fs::write(&clang, script).expect("the target directory is writable");
        fs::set_permissions(&clang, fs::Permissions::from_mode(0o755)).expect("its files can be changed");
        directory
    })
}

fn installed_clang_works(directory: &Path) -> bool {
    let source = directory.join("probe.c");
    fs::write(&source, "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n").expect("it is writable");
    let mut clang = Command::new("clang");
    clang.args(["--target=wasm32-wasi", "-O2"]).arg(source).arg("-o").arg(directory.join("probe.wasm"));
    clang.output().is_ok_and(|output| output.status.success())
}

fn must_run(command: &mut Command) {
    let hint = "the C example needs clang, lld, wasi-libc and libclang-rt-dev-wasm32, or python3 and PyPI's ziglang";
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: {hint}"));
    assert!(output.status.success(), "{command:?}: {}: {hint}", String::from_utf8_lossy(&output.stderr));
}
