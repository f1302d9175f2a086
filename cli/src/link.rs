//! Links the compiled modules and the runtime into one executable.

use std::fs::File;
use std::process::Command;

use anyhow::{Context, Result, bail};
use compiler::{Object, Target};

use crate::linker::{Linker, OutputKind};
use crate::runtime;
use crate::scratch::Scratch;

/// How to link.
pub struct LinkOptions<'a> {
    /// What finds symbols and resolves them.
    pub linker: &'a Linker,
    /// Which runtime to link.
    pub target: Target,
    /// Keep symbols and debug information.
    pub debug_info: bool,
}

/// A linked file in a temporary directory, which goes when this is dropped.
pub struct Linked {
    scratch: Scratch,
    /// What the linker had to say.
    pub messages: String,
}

impl Linked {
    /// Opens the file for reading.
    pub fn open(&self) -> Result<File> {
        let path = self.scratch.path().join(LINKED);
        File::open(&path).with_context(|| format!("the linker left no file {}", path.display()))
    }
}

/// Arguments for every executable.
///
/// Unused functions of the runtime go. What needs relocation is read-only afterwards, and the stack is not executable.
/// Relative relocations are packed to a bit each where the linker can; an older one ignores the request with a warning.
/// Nothing that differs between two runs is added. Code and constants share no page unless the linker can do so without
/// making constants executable, which is the default of GNU ld (at the price of 8 KiB) as of the others.
const EXECUTABLE: [&str; 12] = [
    "--gc-sections",
    "--build-id=none",
    "--hash-style=gnu",
    "--no-eh-frame-hdr",
    "-z",
    "relro",
    "-z",
    "now",
    "-z",
    "noexecstack",
    "-z",
    "pack-relative-relocs",
];

/// Name of the linker's output in the temporary directory.
const LINKED: &str = "linked";

/// Links `objects` with the runtime into a static, position-independent executable.
pub fn executable(objects: Vec<Object>, options: &LinkOptions<'_>) -> Result<Linked> {
    let runtime = runtime::objects(options.target)?;
    let scratch = Scratch::new()?;
    let mut files = write_objects(objects, &scratch)?;
    for (index, bytes) in runtime.iter().enumerate() {
        let name = format!("w2e-runtime-{index}.o");
        scratch.write(&name, bytes)?;
        files.push(name);
    }
    let strip = if options.debug_info { None } else { Some("-s") };
    let mut command = options.linker.command(OutputKind::StaticPie, EXECUTABLE.into_iter().chain(strip));
    command.args(files);
    finish(command, scratch)
}

/// Merges the objects of several modules into one.
pub fn relocatable(objects: Vec<Object>, linker: &Linker) -> Result<Linked> {
    let scratch = Scratch::new()?;
    let files = write_objects(objects, &scratch)?;
    let mut command = linker.command(OutputKind::Relocatable, []);
    command.args(files);
    finish(command, scratch)
}

/// Writes each object to its file, and frees its memory before the linker needs some.
fn write_objects(objects: Vec<Object>, scratch: &Scratch) -> Result<Vec<String>> {
    let write = |object: Object| scratch.write(&object.file_name, &object.bytes).map(|()| object.file_name);
    objects.into_iter().map(write).collect()
}

/// Runs the linker inside the temporary directory, so that neither paths nor the environment show in what it makes.
fn finish(mut command: Command, scratch: Scratch) -> Result<Linked> {
    command.args(["-o", LINKED]).current_dir(scratch.path());
    command.env("LC_ALL", "C").env_remove("LD_RUN_PATH").env_remove("LDEMULATION");
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start the linker {program}"))?;
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("the linker failed ({}): {command:?}\n{}", output.status, messages.trim_end());
    }
    Ok(Linked { scratch, messages })
}
