//! One run of a test, and what is compared afterwards.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use tempfile::TempDir;

use crate::build::Program;
use crate::case::Case;
use crate::resolver::Resolver;

/// Longest run. What hangs is ended, with a status of its own.
const TIMEOUT: &str = "120";

/// Runs a test once, in a fresh directory; all its system calls are written to the file `trace`, if there is one.
pub fn run(case: &Case, program: &Program, resolver: Resolver, trace: Option<&Path>) -> Result<(), String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    for script in &case.setup {
        shell(script, directory.path(), program)?;
    }
    let clients: Vec<_> = case.clients.clone();
    let port = program.port;
    let connected = thread::spawn(move || clients.iter().try_for_each(|client| client.talk(port)));
    let output = execute(case, program, directory.path(), resolver, trace)?;
    compare(case, &output)?;
    connected.join().map_err(|_| "a client panicked".to_string())??;
    for script in &case.after {
        shell(script, directory.path(), program)?;
    }
    Ok(())
}

fn command(script: &str, directory: &Path, program: &Program, trace: Option<&Path>) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", TIMEOUT]).current_dir(directory).env_clear();
    if let Some(trace) = trace {
        command.args(["strace", "-f", "-qq", "-o"]).arg(trace);
    }
    command.args(["sh", "-c", script]);
    for name in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("EXE", program.executable()).env("PORT", program.port.to_string());
    command
}

/// Runs commands that must succeed.
fn shell(script: &str, directory: &Path, program: &Program) -> Result<(), String> {
    let output = command(script, directory, program, None).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`{script}`: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}

fn execute(
    case: &Case,
    program: &Program,
    directory: &Path,
    resolver: Resolver,
    trace: Option<&Path>,
) -> Result<Output, String> {
    let mut command = command(case.run.as_deref().unwrap_or("\"$EXE\""), directory, program, trace);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, value) in &case.env {
        command.env(name, value);
    }
    let inherited = case.inherited.map(|inherited| inherited.pass_on(&mut command, program.port)).transpose()?;
    resolver.apply(&mut command);
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    drop(inherited);
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    let text = case.stdin.clone();
    // A guest need not read what there is.
    let writer = thread::spawn(move || drop(stdin.write_all(text.as_bytes())));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    writer.join().map_err(|_| "cannot write to standard input".to_string())?;
    Ok(output)
}

/// As much as a report needs.
fn beginning(text: &str) -> &str {
    const ENOUGH: usize = 4000;
    text.split_at_checked(ENOUGH).map_or(text, |(beginning, _)| beginning)
}

fn compare(case: &Case, output: &Output) -> Result<(), String> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    // An old system says what it lacks. That is not the guest's.
    let stderr = match stderr.strip_prefix("wasm2exe: this system does not offer all hardening") {
        Some(report) => report.split_once('\n').map_or("", |(_, rest)| rest).into(),
        None => stderr,
    };
    let said = format!("stdout: {}\nstderr: {}", beginning(&stdout), beginning(&stderr));
    if output.status.code() != Some(case.status) {
        return Err(format!("expected status {}, got {}\n{said}", case.status, output.status));
    }
    for (name, expected, actual) in [("stdout", &case.stdout, &stdout), ("stderr", &case.stderr, &stderr)] {
        let Some(expected) = expected else { continue };
        let matches = match expected.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(part) => actual.contains(part),
            None => expected == actual,
        };
        if !matches {
            return Err(format!("{name} should be {expected:?}\n{said}"));
        }
    }
    Ok(())
}
