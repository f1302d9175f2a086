//! Links the compiled modules and the runtime into one executable.

use std::fs::File;
use std::io::Read;
use std::process::Command;

use anyhow::{Context, Result, bail};
use compiler::{Object, Target};

use crate::destination::Destination;
use crate::linker::{Linker, OutputKind};
use crate::own_linker;
use crate::scratch::Scratch;

/// How to link.
pub struct LinkOptions<'a> {
    /// The machine that the objects are for.
    pub target: Target,
    /// What finds symbols and resolves them; without it the tool itself does.
    pub linker: Option<&'a Linker>,
    /// The runtime's objects.
    pub runtime: &'a [&'a [u8]],
    /// Keep symbols and debug information.
    pub debug_info: bool,
}

/// What was linked.
pub enum Linked {
    /// By the tool itself.
    InMemory(Vec<u8>),
    /// By a linker, in a temporary directory, which goes when this is dropped. It may have had something to say.
    InFile(Scratch, String),
}

impl Linked {
    /// Bytes of it.
    pub fn size(&self) -> Result<u64> {
        match self {
            Linked::InMemory(bytes) => Ok(bytes.len() as u64),
            Linked::InFile(scratch, _) => Ok(open(scratch)?.metadata()?.len()),
        }
    }

    /// Writes it to where it belongs. `mode` is subject to the umask.
    pub fn write(&self, destination: &Destination, mode: u32) -> Result<()> {
        match self {
            Linked::InMemory(bytes) => destination.write(&mut bytes.as_slice(), mode),
            Linked::InFile(scratch, _) => destination.write(&mut open(scratch)?, mode),
        }
    }

    /// All of it; nothing stays in temporary files.
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        match self {
            Linked::InMemory(bytes) => Ok(bytes),
            Linked::InFile(scratch, _) => {
                let mut bytes = Vec::new();
                open(&scratch)?.read_to_end(&mut bytes).context("cannot read what was linked")?;
                Ok(bytes)
            }
        }
    }

    /// What the linker had to say.
    pub fn messages(&self) -> &str {
        match self {
            Linked::InMemory(_) => "",
            Linked::InFile(_, messages) => messages,
        }
    }
}

fn open(scratch: &Scratch) -> Result<File> {
    let path = scratch.path().join(LINKED);
    File::open(&path).with_context(|| format!("the linker left no file {}", path.display()))
}

/// Arguments for every executable.
///
/// Unused functions of the runtime go. What needs relocation is read-only afterwards, and the stack is not executable.
/// Relative relocations are packed to a bit each where the linker can; an older one ignores the request with a warning.
/// Nothing that differs between two runs is added. Constants are not executable, which is the default of all linkers.
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

/// Has GNU ld lay out sections as LLVM's linker does of its own: constants behind the headers rather than on pages of their
/// own behind the code, which takes two pages less in the file and one mapping less at start. There are no unwind tables
/// without debug information, but their empty section would keep a page too.
const LAYOUT: &str = "SECTIONS { .rodata : { *(.rodata .rodata.*) } } INSERT AFTER .rela.plt;
SECTIONS { /DISCARD/ : { *(.eh_frame .comment) } } INSERT BEFORE .text;
";

/// Name of the layout's file in the temporary directory.
const LAYOUT_FILE: &str = "w2e-layout.ld";

/// Name of the linker's output in the temporary directory.
const LINKED: &str = "linked";

/// Links `objects` with the runtime into a static, position-independent executable.
pub fn executable(objects: Vec<Object>, options: &LinkOptions<'_>) -> Result<Linked> {
    let Some(linker) = options.linker else {
        let objects = objects.iter().map(|object| &object.bytes[..]).chain(options.runtime.iter().copied());
        let bytes = own_linker::executable(&objects.collect::<Vec<_>>(), options.target);
        return bytes.map(Linked::InMemory).context("linking failed");
    };
    let scratch = Scratch::new()?;
    let mut files = write_objects(objects, &scratch)?;
    for (index, bytes) in options.runtime.iter().enumerate() {
        let name = format!("w2e-runtime-{index}.o");
        scratch.write(&name, bytes)?;
        files.push(name);
    }
    let link = |last: &[&'static str]| {
        let arguments = EXECUTABLE.into_iter().chain(last.iter().copied());
        let mut command = linker.command(OutputKind::StaticPie, arguments);
        finish(command.args(&files), &scratch)
    };
    if options.debug_info {
        let messages = link(&[])?;
        return Ok(Linked::InFile(scratch, messages));
    }
    scratch.write(LAYOUT_FILE, LAYOUT.as_bytes())?;
    // Not every linker understands scripts. One that fails for another reason does so again and is heard then.
    let messages = link(&["-s", "-T", LAYOUT_FILE]).or_else(|_| link(&["-s"]))?;
    Ok(Linked::InFile(scratch, messages))
}

/// Merges the objects of several modules into one.
pub fn relocatable(objects: Vec<Object>, linker: &Linker) -> Result<Linked> {
    let scratch = Scratch::new()?;
    let files = write_objects(objects, &scratch)?;
    let mut command = linker.command(OutputKind::Relocatable, []);
    let messages = finish(command.args(files), &scratch)?;
    Ok(Linked::InFile(scratch, messages))
}

/// Writes each object to its file, and frees its memory before the linker needs some.
fn write_objects(objects: Vec<Object>, scratch: &Scratch) -> Result<Vec<String>> {
    let write = |object: Object| scratch.write(&object.file_name, &object.bytes).map(|()| object.file_name);
    objects.into_iter().map(write).collect()
}

/// Runs the linker inside the temporary directory, so that neither paths nor the environment show in what it makes.
/// Returns what it has to say.
fn finish(command: &mut Command, scratch: &Scratch) -> Result<String> {
    command.args(["-o", LINKED]).current_dir(scratch.path());
    command.env("LC_ALL", "C").env_remove("LD_RUN_PATH").env_remove("LDEMULATION");
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start the linker {program}"))?;
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("the linker failed ({}): {command:?}\n{}", output.status, messages.trim_end());
    }
    Ok(messages)
}
