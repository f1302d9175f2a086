//! What compiles and runs the programs: wasm2exe, or wasmtime as the reference that the expected outputs come from.

use anyhow::{Context, Result, anyhow, ensure};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use verify::Report;
use wasm2exe_tests::process::{self, Finished};
use wasm2exe_tests::programs::{Compile, Run};
use wasm2exe_tests::trace;

/// Proposals that the reference must be told of.
const REFERENCE_PROPOSALS: [&str; 2] = ["-W", "exceptions=y,function-references=y,gc=y"];

/// A compiler and the way to start what it makes.
pub enum Engine {
    /// The product.
    Wasm2exe {
        /// Its path.
        tool: PathBuf,
        /// Whether to verify what it compiles, and to trace what runs.
        sandbox: bool,
    },
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
            Engine::Wasm2exe { tool, .. } => {
                let mut command = Command::new(tool);
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

    /// Verifies the code of a module, if that is asked for: the very code that [`Bench::compile`] made an executable of. Gives the
    /// verifier's report.
    ///
    /// # Errors
    /// It does not compile; findings.
    pub fn verify(&self, step: &Compile) -> Result<Option<Report>> {
        const SHOWN: usize = 20;
        let Engine::Wasm2exe { tool, sandbox: true } = self.engine else { return Ok(None) };
        let object = self.directory.join(format!("{}.verified.o", step.to));
        let mut command = Command::new(tool);
        command.args(&step.options).args(&step.own_options).args(["--emit", "obj"]).arg(&step.compile);
        let status = command.arg("-o").arg(&object).current_dir(self.directory).stdin(Stdio::null()).status()?;
        ensure!(status.success(), "compiling {} to an object: {status}", step.compile.display());
        let bytes = fs::read(&object)?;
        fs::remove_file(&object)?;
        let report = verify::verify(&[&bytes])?;
        let findings: Vec<String> = report.findings.iter().take(SHOWN).map(|it| format!("\n    {it}")).collect();
        ensure!(findings.is_empty(), "{}: {report}{}", step.to, findings.concat());
        Ok(Some(report))
    }

    /// Runs what was compiled.
    ///
    /// # Errors
    /// It does not start; it makes system calls that are not in its list, if that is asked for.
    pub fn run(&self, step: &Run) -> Result<Finished> {
        let (name, arguments) = step.run.split_first().context("`run` names no program")?;
        let compiled = self.compiled.get(name).with_context(|| format!("nothing was compiled to {name}"))?;
        let executable = self.directory.join(name);
        // Not in the working directory, which the program may list.
        let trace = tempfile::NamedTempFile::new()?;
        let mut command = match self.engine {
            Engine::Wasm2exe { sandbox: false, .. } => {
                let mut command = Command::new(&executable);
                command.arg0(name);
                command
            }
            Engine::Wasm2exe { sandbox: true, .. } => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-o"]).arg(trace.path());
                // A shell, as strace cannot give it another name.
                command.args(["bash", "-c", r#"exec -a "$0" "$@""#, name]).arg(&executable);
                command
            }
            // The grants are the same words for both.
            Engine::Wasmtime(path) => {
                let mut command = Command::new(path);
                command.args(["run", "--allow-precompiled", "--argv0", name]).args(REFERENCE_PROPOSALS);
                command.args(&compiled.options).arg(&executable);
                command
            }
        };
        command.args(arguments).current_dir(self.directory);
        command.stdin(match &step.stdin {
            Some(file) => File::open(self.directory.join(file)).with_context(|| file.display().to_string())?.into(),
            None => Stdio::null(),
        });
        let finished = process::run(&mut command).with_context(|| format!("{name} does not start"))?;
        if let Engine::Wasm2exe { sandbox: true, .. } = self.engine {
            let traced = fs::read(trace.path()).context("no trace")?;
            trace::compare(&String::from_utf8_lossy(&traced), &executable)
                .map_err(|error| anyhow!("{name}: {error}"))?;
        }
        Ok(finished)
    }
}
