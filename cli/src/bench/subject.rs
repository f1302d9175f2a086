//! What is to be measured: modules that are given, or programs of the corpus.

use std::ffi::OsStr;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::args::BenchArgs;
use super::corpus::{self, Program};
use super::results::Input;

/// One row of the tables.
pub enum Subject {
    /// A module in a file.
    Module(PathBuf),
    /// A program of the corpus, built with or without vector instructions.
    Program(Program, Input),
}

/// Everything that the command line asks for.
pub fn select(args: &BenchArgs) -> Result<Vec<Subject>> {
    let programs = corpus::programs()?;
    let mut subjects = Vec::new();
    for given in &args.subjects {
        match programs.iter().find(|program| OsStr::new(&program.name) == given) {
            Some(program) => subjects.extend(builds(program, args.input)),
            None if looks_like_a_file(given) => subjects.push(Subject::Module(given.into())),
            None => {
                let names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
                let given = given.display();
                bail!("there is no file {given}, and no program of that name in the corpus: {}", names.join(", "));
            }
        }
    }
    for kind in &args.kind {
        let of_kind: Vec<&Program> = programs.iter().filter(|program| program.kind == *kind).collect();
        if of_kind.is_empty() {
            let mut kinds: Vec<&str> = programs.iter().map(|program| program.kind.as_str()).collect();
            kinds.dedup();
            bail!("no program of the corpus is of kind {kind}; there are {}", kinds.join(", "));
        }
        subjects.extend(of_kind.into_iter().flat_map(|program| builds(program, args.input)));
    }
    if args.subjects.is_empty() && args.kind.is_empty() {
        subjects.extend(programs.iter().flat_map(|program| builds(program, args.input)));
    }
    if subjects.is_empty() {
        bail!("nothing is left to measure: these programs are built in one way only; leave out --input");
    }
    Ok(subjects)
}

/// The builds of a program that are wanted.
fn builds(program: &Program, input: Option<Input>) -> Vec<Subject> {
    let all: &[Input] = if program.has_simd_build() { &[Input::Scalar, Input::Simd] } else { &[Input::Scalar] };
    let wanted = all.iter().filter(|build| input.is_none_or(|input| input == **build));
    wanted.map(|input| Subject::Program(program.clone(), *input)).collect()
}

fn looks_like_a_file(given: &OsStr) -> bool {
    let path = std::path::Path::new(given);
    path.extension().is_some() || path.components().count() > 1 || path.exists()
}
