//! The modules to compile, read from files or standard input.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context, Result};
use compiler::Input;

use crate::args::LinkedModule;

/// The modules of one program, in instantiation order, the main one last.
pub struct Sources {
    modules: Vec<Source>,
}

struct Source {
    name: String,
    path: PathBuf,
    /// The path as messages show it.
    shown: String,
    bytes: Vec<u8>,
}

impl Sources {
    /// Reads the linked modules and then the main one; `-` is standard input.
    pub fn read(main: &Path, linked: &[LinkedModule]) -> Result<Sources> {
        let linked = linked.iter().map(|module| (module.name.as_str(), module.file.as_path()));
        let modules = linked.chain([("", main)]).map(|(name, path)| Source::read(name, path)).collect::<Result<_>>()?;
        Ok(Sources { modules })
    }

    /// What the compiler is given.
    pub fn inputs(&self) -> Vec<Input<'_>> {
        let modules = self.modules.iter();
        modules.map(|source| Input { name: &source.name, file: &source.shown, bytes: &source.bytes }).collect()
    }

    /// The file of the main module.
    pub fn main_path(&self) -> &Path {
        &self.modules.last().expect("there is a main module").path
    }

    /// Every file that was read, standard input aside.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.modules.iter().map(|source| source.path.as_path()).filter(|path| !is_stdio(path))
    }
}

impl Source {
    fn read(name: &str, path: &Path) -> Result<Source> {
        let shown = if is_stdio(path) { "<stdin>".to_string() } else { show(path) };
        let bytes = if is_stdio(path) {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(path)
        };
        let bytes = bytes.with_context(|| format!("cannot read {shown}"))?;
        Ok(Source { name: name.to_string(), path: path.to_path_buf(), shown, bytes })
    }
}

/// Whether a path means standard input or output.
pub fn is_stdio(path: &Path) -> bool {
    path.as_os_str() == OsStr::new("-")
}

/// A path for a message: on one line and without control characters, whatever it holds.
pub fn show(path: &Path) -> String {
    let escape = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    path.to_string_lossy().chars().map(escape).collect()
}
