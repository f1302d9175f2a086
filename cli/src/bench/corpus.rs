//! The built-in corpus: programs whose sources the tool carries, listed in `corpus.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// A program of the corpus.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Unique among all.
    pub name: String,
    /// Group of the tables.
    pub kind: String,
    /// What it does, in a few words.
    pub about: String,
    /// Its source in the corpus: a file in C, C++, Rust or WebAssembly text, or a package of cargo's with a lock file
    /// and a binary of the program's name.
    pub source: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// File of the corpus that it reads from standard input.
    pub stdin: Option<String>,
    /// Whether it is also built with vector instructions, as a module of its own.
    simd: Option<bool>,
    /// Additional options of the C or C++ compiler.
    #[serde(default)]
    pub cflags: Vec<String>,
    /// Those that only the build for WebAssembly gets.
    #[serde(default)]
    pub wasm_cflags: Vec<String>,
    /// Whether there is a native build.
    native: Option<bool>,
}

/// What a program is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// C.
    C,
    /// C++.
    Cpp,
    /// Rust, in one file.
    Rust,
    /// Rust, a package of cargo's.
    Cargo,
    /// WebAssembly text.
    Text,
}

impl Program {
    /// What it is written in.
    pub fn language(&self) -> Result<Language> {
        Ok(match Path::new(&self.source).extension().and_then(|extension| extension.to_str()) {
            Some("c") => Language::C,
            Some("cpp") => Language::Cpp,
            Some("rs") => Language::Rust,
            Some("wat") => Language::Text,
            None if file(&format!("{}/Cargo.toml", self.source)).is_some() => Language::Cargo,
            _ => bail!("{}: {} is no source that can be built", self.name, self.source),
        })
    }

    /// Whether a scalar module and one with vector instructions are both measured.
    pub fn has_simd_build(&self) -> bool {
        let by_default = matches!(self.language(), Ok(Language::C | Language::Cpp | Language::Rust));
        self.simd.unwrap_or(by_default)
    }

    /// Whether it can be built for this machine.
    pub fn has_native_build(&self) -> bool {
        self.native.unwrap_or(self.language().ok() != Some(Language::Text))
    }

    /// Whether it runs on several threads.
    pub fn is_threaded(&self) -> bool {
        self.kind == "threads"
    }

    /// Whether it does nothing but start and end.
    pub fn is_start_up(&self) -> bool {
        self.kind == "start-up"
    }
}

/// All programs, those of one kind next to each other, in the order of `corpus.toml`.
pub fn programs() -> Result<Vec<Program>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Corpus {
        program: Vec<Program>,
    }
    let text = std::str::from_utf8(file("corpus.toml").context("the tool carries no corpus")?)?;
    let corpus: Corpus = toml::from_str(text).context("corpus.toml")?;
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for program in &corpus.program {
        let next = kinds.len();
        kinds.entry(&program.kind).or_insert(next);
    }
    let mut programs = corpus.program.clone();
    programs.sort_by_key(|program| kinds[program.kind.as_str()]);
    Ok(programs)
}

/// Writes all files of the corpus below a directory.
pub fn write(directory: &Path) -> Result<()> {
    for (name, bytes) in FILES {
        let path = directory.join(name);
        let parent = path.parent().context("a file is in a directory")?;
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, bytes));
        written.with_context(|| format!("cannot write {}; set TMPDIR to a place with more room", path.display()))?;
    }
    Ok(())
}

/// A file of the corpus.
fn file(name: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(other, _)| *other == name).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_program_has_its_files_and_a_name_of_its_own() {
        let programs = programs().expect("the corpus is well-formed");
        let mut names = HashSet::new();
        for program in &programs {
            assert!(names.insert(&program.name), "{} is there twice", program.name);
            assert!(!program.name.contains(['/', '.']), "{} looks like a file", program.name);
            let language = program.language().expect("a source that can be built");
            let source = match language {
                Language::Cargo => format!("{}/Cargo.lock", program.source),
                _ => program.source.clone(),
            };
            assert!(file(&source).is_some(), "{}: no {source}", program.name);
            if let Some(input) = &program.stdin {
                assert!(file(input).is_some(), "{}: no {input}", program.name);
            }
        }
        let files: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        for source in files.iter().filter(|name| name.ends_with(".wat")) {
            assert!(programs.iter().any(|program| program.source == **source), "{source} belongs to no program");
        }
    }
}
