//! What compiles and runs the programs: wasm2exe, or wasmtime as the reference that the expected outputs come from.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasm2exe_tests::process::{self, Finished};
use wasm2exe_tests::programs::{Compile, Run};

/// Proposals that the reference must be told of.
const REFERENCE_PROPOSALS: [&str; 2] = ["-W", "exceptions=y,function-references=y,gc=y"];

/// A compiler and the way to start what it makes.
pub enum Engine {
    /// The product.
    Wasm2exe(PathBuf),
    /// The reference.
    Wasmtime(PathBuf),
}

/// A working directory and what was compiled there.
pub struct Bench<'a> {
    engine: &'a Engine,
    directory: &'a Path,
    compiled: BTreeMap<String, Compile>,
}

impl<'a> Bench<'a> {
    /// Works in `directory`.
    pub fn new(engine: &'a Engine, directory: &'a Path) -> Bench<'a> {
        Bench { engine, directory, compiled: BTreeMap::new() }
    }

    /// Compiles a module; the size of the result and what it took.
    ///
    /// # Errors
    /// The compiler refuses it or writes nothing.
    pub fn compile(&mut self, step: &Compile) -> Result<(u64, Finished)> {
        let mut command = match self.engine {
            Engine::Wasm2exe(path) => {
                let mut command = Command::new(path);
                command.args(&step.options).args(&step.own_options).arg(&step.compile);
                command
            }
            Engine::Wasmtime(path) => {
                let mut command = Command::new(path);
                command.arg("compile").args(REFERENCE_PROPOSALS).arg(&step.compile);
                command
            }
        };
        command.arg("-o").arg(&step.to).current_dir(self.directory).stdin(Stdio::null());
        let finished = process::run(&mut command).context("the compiler does not start")?;
        let stderr = String::from_utf8_lossy(&finished.stderr);
        ensure!(finished.status.success(), "compiling {}: {}\n{stderr}", step.compile.display(), finished.status);
        let size = self.directory.join(&step.to).metadata().context("the compiler wrote nothing")?.len();
        self.compiled.insert(step.to.clone(), step.clone());
        Ok((size, finished))
    }

    /// Runs what was compiled.
    ///
    /// # Errors
    /// It does not start.
    pub fn run(&self, step: &Run) -> Result<Finished> {
        let (name, arguments) = step.run.split_first().context("`run` names no program")?;
        let compiled = self.compiled.get(name).with_context(|| format!("nothing was compiled to {name}"))?;
        let executable = self.directory.join(name);
        let mut command = match self.engine {
            Engine::Wasm2exe(_) => {
                let mut command = Command::new(executable);
                command.arg0(name);
                command
            }
            // The grants are the same words for both.
            Engine::Wasmtime(path) => {
                let mut command = Command::new(path);
                command.args(["run", "--allow-precompiled", "--argv0", name]).args(REFERENCE_PROPOSALS);
                command.args(&compiled.options).arg(executable);
                command
            }
        };
        command.args(arguments).current_dir(self.directory);
        command.stdin(match &step.stdin {
            Some(file) => File::open(self.directory.join(file)).with_context(|| file.display().to_string())?.into(),
            None => Stdio::null(),
        });
        process::run(&mut command).with_context(|| format!("{name} does not start"))
    }
}
