//! From a test's source to something that can be run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use tempfile::TempDir;
use wasm2exe_tests::wasm2exe;

use crate::case::Case;
use crate::socket::free_port;

/// What runs the guests.
pub enum Engine {
    /// The `wasm2exe` under test.
    Ours(&'static Path),
    /// Another engine with the command line of wasmtime, to compare behaviour.
    Peer(PathBuf),
}

impl Engine {
    /// The engine that the environment asks for.
    pub fn from_environment() -> Engine {
        match env::var_os("WASM2EXE_PEER") {
            Some(peer) => Engine::Peer(peer.into()),
            None => Engine::Ours(wasm2exe()),
        }
    }

    /// Whether it is another engine.
    pub fn is_peer(&self) -> bool {
        matches!(self, Engine::Peer(_))
    }
}

/// A test that has been built.
pub struct Program {
    directory: TempDir,
    module: PathBuf,
    flags: String,
    /// The port for `$PORT`.
    pub port: u16,
}

impl Program {
    /// The executable.
    pub fn executable(&self) -> PathBuf {
        self.directory.path().join("test")
    }

    /// Replaces the executable by one that gives up all it can.
    pub fn harden(&self, tool: &Path) -> Result<(), String> {
        self.compile(tool, "--harden on")
    }

    fn compile(&self, tool: &Path, more: &str) -> Result<(), String> {
        let (module, executable) = (quote(&self.module), quote(&self.executable()));
        let script = format!("{} {module} {} {more} -o {executable}", quote(tool), self.flags);
        execute(Command::new("sh").args(["-c", &script]))
    }
}

/// Builds a test.
pub fn build(source: &Path, case: &Case, engine: &Engine) -> Result<Program, String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let port = free_port()?;
    let flags = case.flags.replace("$PORT", &port.to_string());
    let module = if source.extension().is_some_and(|extension| extension == "rs") {
        let module = directory.path().join("test.wasm");
        compile_rust(source, &module, if case.threads { "wasm32-wasip1-threads" } else { "wasm32-wasip1" })?;
        module
    } else {
        source.to_path_buf()
    };
    let program = Program { directory, module, flags, port };
    match engine {
        Engine::Ours(tool) => program.compile(tool, "")?,
        Engine::Peer(peer) => {
            let (flags, module) = (&program.flags, quote(&program.module));
            let script = format!("#!/bin/sh\nexec {} run {flags} --argv0 \"$0\" {module} \"$@\"\n", quote(peer));
            fs::write(program.executable(), script).map_err(|error| error.to_string())?;
            execute(Command::new("chmod").arg("+x").arg(program.executable()))?;
        }
    }
    Ok(program)
}

fn quote(path: &Path) -> String {
    format!("'{}'", path.display())
}

/// Compiles a guest program; `rust-toolchain.toml` sees to it that the targets are installed.
fn compile_rust(source: &Path, module: &Path, target: &str) -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.args(["--edition", "2024", "--target", target, "-C", "opt-level=1", "-C", "strip=debuginfo", "-o"]);
    execute(command.arg(module).arg(source))
}

/// Runs a command that must succeed.
fn execute(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
