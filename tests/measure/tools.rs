//! The compilers that take part, and the programs they make.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use wasm2exe_tests::{wasm2exe, workspace};

/// A directory for what is built, and the tools.
pub struct Tools {
    directory: TempDir,
    /// wasmtime, when there is one.
    pub wasmtime: Option<PathBuf>,
}

impl Tools {
    /// Looks for wasmtime in `$WASMTIME` and the search path.
    ///
    /// # Errors
    /// No directory can be made.
    pub fn find() -> Result<Tools> {
        let path = std::env::var_os("WASMTIME").map_or(PathBuf::from("wasmtime"), PathBuf::from);
        let mut version = Command::new(&path);
        let version =
            version.arg("--version").stderr(Stdio::null()).output().ok().filter(|output| output.status.success());
        let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string());
        match &version {
            Some(version) => println!("compared with {version}"),
            None => println!("wasmtime not found (set $WASMTIME): figures that need it are left out"),
        }
        Ok(Tools { directory: tempfile::tempdir()?, wasmtime: version.map(|_| path) })
    }

    /// Where something is built.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Compiles a module with the product; `options` come in addition.
    ///
    /// # Errors
    /// It fails.
    pub fn executable(&self, module: &Path, options: &[&str], name: &str) -> Result<PathBuf> {
        let to = self.path(name);
        build(compile_command(module, &to, None).args(options))?;
        Ok(to)
    }

    /// How wasmtime compiles a module, on one thread or on all.
    pub fn wasmtime_command(&self, module: &Path, to: &Path, threads: Option<usize>) -> Option<Command> {
        let mut command = Command::new(self.wasmtime.as_ref()?);
        command.arg("compile");
        if let Some(threads) = threads {
            command.env("RAYON_NUM_THREADS", threads.to_string());
        }
        if threads == Some(1) {
            command.args(["-C", "parallel-compilation=n"]);
        }
        command.arg(module).arg("-o").arg(to);
        Some(command)
    }
}

/// How the product compiles a module.
pub fn compile_command(module: &Path, to: &Path, threads: Option<usize>) -> Command {
    let mut command = Command::new(wasm2exe());
    command.arg("-O2").arg(module).arg("-o").arg(to);
    if let Some(threads) = threads {
        command.arg("-j").arg(threads.to_string());
    }
    command
}

/// A file of `tests/bench`.
pub fn source(name: &str) -> PathBuf {
    workspace().join("tests/bench").join(name)
}

/// A file of the benchmark corpus.
pub fn corpus(name: &str) -> PathBuf {
    workspace().join("cli/corpus").join(name)
}

/// Size of a file in bytes.
///
/// # Errors
/// There is none.
pub fn size(file: &Path) -> Result<f64> {
    Ok(file.metadata().with_context(|| file.display().to_string())?.len() as f64)
}

/// Runs a build step, which must succeed.
///
/// # Errors
/// It does not start or fails; the message holds what it says.
pub fn build(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok(())
}
