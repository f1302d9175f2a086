//! The real programs of `tests/real/programs`. Each has a `program.toml` that says which package it comes from, what to
//! compile, what to run and what must come out.

use crate::packages::{self, Package};
use crate::workspace;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A real program and its test: the directory `tests/real/programs/NAME`.
#[derive(Debug)]
pub struct Program {
    /// The directory's name.
    pub name: String,
    /// The directory.
    pub directory: PathBuf,
    /// Its `program.toml`.
    pub test: Test,
}

/// The contents of a `program.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// One line for the report: what it is and what it is written in.
    pub about: String,
    /// Where it comes from. Its contents are at `package/` in the working directory. None for a program that is its own input.
    pub package: Option<Package>,
    /// A program in Rust that stands here and uses crates. What it becomes is at `package/`.
    pub cargo: Option<Project>,
    /// Archives to unpack in the working directory: (archive, directory).
    #[serde(default)]
    pub unpack: BTreeMap<PathBuf, PathBuf>,
    /// Further input files, beside the contents of `input/`; relative to the program's directory.
    #[serde(default)]
    pub also: Vec<PathBuf>,
    /// What to do, in order, in a fresh working directory that holds the input files.
    pub step: Vec<Step>,
}

/// A package of cargo's, with a lock file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its directory, relative to the program's.
    pub directory: PathBuf,
    /// The target to build it for.
    pub target: String,
}

/// One step of a test.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Step {
    /// Compiles a module.
    Compile(Compile),
    /// Runs what was compiled.
    Run(Run),
}

/// A compilation: `wasm2exe OPTIONS MODULE -o TO`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compile {
    /// The module.
    pub compile: PathBuf,
    /// The executable, which is also the program's `argv[0]`.
    pub to: String,
    /// Options: the grants.
    #[serde(default)]
    pub options: Vec<String>,
    /// Options that the reference does not have.
    #[serde(default)]
    pub own_options: Vec<String>,
}

/// A run: `PROGRAM ARGUMENTS < STDIN`, and what must come out. A file in `expected/` whose name ends in `.sha256` holds the
/// checksum of something large.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The executable's name, then the arguments.
    pub run: Vec<String>,
    /// Input file for standard input; empty when absent.
    pub stdin: Option<PathBuf>,
    /// File in `expected/` that standard output must equal; absent: nothing may be written.
    pub stdout: Option<PathBuf>,
    /// File in `expected/` that standard error must equal; absent: it does not matter (it may hold times).
    pub stderr: Option<PathBuf>,
    /// Exit status.
    #[serde(default)]
    pub status: i32,
    /// Files the program must have written, each with the file in `expected/` it must equal.
    #[serde(default)]
    pub produces: BTreeMap<PathBuf, String>,
}

impl Program {
    /// All programs, by name.
    ///
    /// # Errors
    /// A `program.toml` is missing or malformed.
    pub fn all() -> Result<Vec<Program>> {
        let mut programs = Vec::new();
        for entry in fs::read_dir(directory())? {
            programs.push(Program::load(&entry?.file_name().to_string_lossy())?);
        }
        programs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(programs)
    }

    /// One program.
    ///
    /// # Errors
    /// Its `program.toml` is missing or malformed.
    pub fn load(name: &str) -> Result<Program> {
        let directory = directory().join(name);
        let file = directory.join("program.toml");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let test = toml::from_str(&text).with_context(|| file.display().to_string())?;
        Ok(Program { name: name.to_string(), directory, test })
    }

    /// The directory that a test finds as `package/`, if it has one: fetched, or built.
    ///
    /// # Errors
    /// It cannot be fetched, or does not build.
    pub fn package(&self) -> Result<Option<PathBuf>> {
        match (&self.test.package, &self.test.cargo) {
            (Some(package), _) => package.fetch().map(Some),
            (None, Some(project)) => {
                packages::build(&self.directory.join(&project.directory), Some(&project.target)).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// The first module it compiles, fetched.
    ///
    /// # Errors
    /// It cannot be fetched, or the program compiles nothing.
    pub fn module(&self) -> Result<PathBuf> {
        let step =
            self.test.step.iter().find_map(|step| if let Step::Compile(step) = step { Some(step) } else { None });
        let module = &step.with_context(|| format!("{} compiles nothing", self.name))?.compile;
        let inside =
            module.strip_prefix("package").with_context(|| format!("{} is in no package", module.display()))?;
        let package = self.test.package.as_ref().with_context(|| format!("{} is in no package", module.display()))?;
        Ok(package.fetch()?.join(inside))
    }

    /// The file that holds an expectation.
    pub fn expected(&self, file: impl AsRef<Path>) -> PathBuf {
        self.directory.join("expected").join(file)
    }
}

fn directory() -> PathBuf {
    workspace().join("tests/real/programs")
}
