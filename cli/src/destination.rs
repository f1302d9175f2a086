//! Where the result goes: a file that appears whole or not at all, a stream, or standard output.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::args::EmitKind;
use crate::scratch::Doomed;
use crate::sources::{Sources, is_stdio, show};

/// Where the result goes.
pub struct Destination {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// A file, replaced by rename.
    File,
    /// Something that must not be replaced: a device, a pipe, or a symbolic link to one, such as `/dev/stdout`.
    Stream,
    Stdout,
}

impl Destination {
    /// The file that `-o` names, or the one for the input's name; found unfit before any work is done.
    pub fn new(output: Option<&Path>, sources: &Sources, emit: EmitKind) -> Result<Destination> {
        let path = output.map_or_else(|| default_path(sources.main_path(), emit), Path::to_path_buf);
        let kind = match fs::metadata(&path) {
            _ if is_stdio(&path) => Kind::Stdout,
            Ok(metadata) if metadata.is_dir() => bail!("{} is a directory; name a file with -o", show(&path)),
            Ok(metadata) => {
                let same = |input: &Path| {
                    fs::metadata(input)
                        .is_ok_and(|other| (other.dev(), other.ino()) == (metadata.dev(), metadata.ino()))
                };
                let file_type = metadata.file_type();
                if file_type.is_char_device() || file_type.is_block_device() || file_type.is_fifo() {
                    Kind::Stream
                } else if sources.paths().any(same) {
                    bail!("{} is an input; name another file with -o", show(&path))
                } else {
                    Kind::File
                }
            }
            Err(_) => Kind::File,
        };
        let destination = Destination { path, kind };
        let directory = destination.directory();
        if !directory.is_dir() {
            bail!("cannot write {}: there is no directory {}", show(&destination.path), show(directory));
        }
        Ok(destination)
    }

    /// Writes everything that `content` holds. `mode` is subject to the umask.
    pub fn write(&self, content: &mut impl Read, mode: u32) -> Result<()> {
        let written = match self.kind {
            Kind::File => self.replace(content, mode),
            Kind::Stream => {
                OpenOptions::new().write(true).open(&self.path).and_then(|mut file| copy(content, &mut file))
            }
            Kind::Stdout => copy(content, &mut io::stdout().lock()),
        };
        written.with_context(|| format!("cannot write {}", self.shown()))
    }

    /// The destination for a message.
    pub fn shown(&self) -> String {
        if matches!(self.kind, Kind::Stdout) { "standard output".into() } else { show(&self.path) }
    }

    fn replace(&self, content: &mut impl Read, mode: u32) -> io::Result<()> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(".wasm2exe-").permissions(Permissions::from_mode(mode));
        let mut file = builder.tempfile_in(self.directory())?;
        let _doomed = Doomed::new(file.path());
        copy(content, file.as_file_mut())?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }

    fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

fn copy(from: &mut impl Read, to: &mut impl io::Write) -> io::Result<()> {
    io::copy(from, to)?;
    to.flush()
}

fn default_path(input: &Path, emit: EmitKind) -> PathBuf {
    let stem = if is_stdio(input) { None } else { input.file_stem() };
    let extension = match emit {
        EmitKind::Exe => return stem.unwrap_or(OsStr::new("a.out")).into(),
        EmitKind::Obj => ".o",
        EmitKind::Asm => ".s",
        EmitKind::Clif => ".clif",
    };
    let mut name = stem.unwrap_or(OsStr::new("a")).to_os_string();
    name.push(extension);
    name.into()
}
