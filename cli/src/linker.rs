//! Finds a program that links: a C compiler as the driver of its linker, or a linker itself. No C library is needed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, path};

use anyhow::{Context, Result, bail};
use compiler::Target;

/// A program that links.
pub struct Linker {
    program: PathBuf,
    /// Arguments that come first: `$CC` may hold some.
    arguments: Vec<OsString>,
    kind: Kind,
}

enum Kind {
    /// A C compiler, which passes on what follows `-Xlinker`.
    Driver,
    /// A linker.
    Bare,
}

impl Linker {
    /// The linker to use for a target: `--linker`, the environment's, or one that is installed.
    pub fn find(chosen: Option<&OsStr>, target: Target) -> Result<Linker> {
        if let Some(chosen) = chosen {
            let program = locate(Path::new(chosen))
                .with_context(|| format!("there is no program {} (--linker)", chosen.to_string_lossy()))?;
            return Ok(Linker::new(program, Vec::new()));
        }
        if let Some((variable, value)) = from_environment(target) {
            return Linker::from_command(&value)
                .with_context(|| format!("there is no program {} (${variable})", value.to_string_lossy()));
        }
        match candidates(target).iter().find_map(|name| locate(Path::new(name))) {
            Some(program) => Ok(Linker::new(program, Vec::new())),
            None => bail!("no linker found for {target}; {}, or name one with --linker PATH", remedy(target)),
        }
    }

    /// The linker to make executables with, if not the tool's own: one that was chosen, or where there is debug information to link.
    pub fn for_executables(chosen: Option<&OsStr>, target: Target, debug_info: bool) -> Result<Option<Linker>> {
        let is_wanted = debug_info || chosen.is_some() || from_environment(target).is_some();
        is_wanted.then(|| Linker::find(chosen, target)).transpose()
    }

    fn new(program: PathBuf, arguments: Vec<OsString>) -> Linker {
        let kind = if is_bare(&program) { Kind::Bare } else { Kind::Driver };
        Linker { program, arguments, kind }
    }

    /// From a value of `$CC`: a program, or several words such as `ccache gcc`.
    fn from_command(value: &OsStr) -> Option<Linker> {
        if let Some(program) = locate(Path::new(value)) {
            return Some(Linker::new(program, Vec::new()));
        }
        let mut words = value.as_bytes().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let program = locate(Path::new(OsStr::from_bytes(words.next()?)))?;
        Some(Linker::new(program, words.map(|word| OsStr::from_bytes(word).to_os_string()).collect()))
    }

    /// The program, for messages.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// A command that passes `arguments` to the linker proper.
    pub fn command<'a>(&self, kind: OutputKind, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        match (&self.kind, kind) {
            (Kind::Driver, OutputKind::StaticPie) => command.args(["-nostdlib", "-static-pie"]),
            (Kind::Driver, OutputKind::Relocatable) => command.args(["-nostdlib", "-r"]),
            // What a driver makes of -static-pie.
            (Kind::Bare, OutputKind::StaticPie) => {
                command.args(["-static", "-pie", "--no-dynamic-linker", "-z", "text"])
            }
            (Kind::Bare, OutputKind::Relocatable) => command.arg("-r"),
        };
        for argument in arguments {
            if matches!(self.kind, Kind::Driver) {
                command.arg("-Xlinker");
            }
            command.arg(argument);
        }
        command
    }
}

/// What to link.
#[derive(Clone, Copy)]
pub enum OutputKind {
    /// An executable that needs nothing else and runs at any address.
    StaticPie,
    /// One object out of several.
    Relocatable,
}

/// `$CC_<target>` in the spellings of the `cc` crate, and for this machine `$CC`.
fn from_environment(target: Target) -> Option<(String, OsString)> {
    let names = triples(target)
        .into_iter()
        .flat_map(|triple| [format!("CC_{triple}"), format!("CC_{}", triple.replace('-', "_"))]);
    let host = (Target::host() == Some(target)).then(|| "CC".to_string());
    names.chain(host).find_map(|name| Some((name.clone(), env::var_os(name).filter(|value| !value.is_empty())?)))
}

/// The names a target goes by; executables are the same for all of them.
fn triples(target: Target) -> [&'static str; 2] {
    match target {
        Target::X86_64Linux => ["x86_64-unknown-linux-musl", "x86_64-unknown-linux-gnu"],
        Target::Aarch64Linux => ["aarch64-unknown-linux-musl", "aarch64-unknown-linux-gnu"],
    }
}

/// Programs to look for, the first one found is taken. A linker comes before compilers, which take longer to start and then start
/// it. For other machines LLVM's linker does: it serves all of them, and does not pad to the 64 KiB of aarch64's pages.
fn candidates(target: Target) -> &'static [&'static str] {
    if Target::host() == Some(target) {
        return &["ld", "ld.lld", "cc", "gcc", "clang"];
    }
    match target {
        Target::X86_64Linux => &["ld.lld", "x86_64-linux-gnu-ld", "x86_64-linux-gnu-gcc", "x86_64-linux-musl-gcc"],
        Target::Aarch64Linux => &["ld.lld", "aarch64-linux-gnu-ld", "aarch64-linux-gnu-gcc", "aarch64-linux-musl-gcc"],
    }
}

/// What to install.
fn remedy(target: Target) -> &'static str {
    if Target::host() == Some(target) {
        return "install binutils or a C compiler (for example: apt install binutils)";
    }
    match target {
        Target::X86_64Linux => "install a linker for it (for example: apt install lld, or binutils-x86-64-linux-gnu)",
        Target::Aarch64Linux => "install a linker for it (for example: apt install lld, or binutils-aarch64-linux-gnu)",
    }
}

/// Whether a program is a linker rather than a driver, by its name: `ld`, `ld.lld-19`, `aarch64-linux-gnu-ld.bfd`, `mold`.
fn is_bare(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.split('-').any(|part| part.starts_with("ld.") || matches!(part, "ld" | "mold" | "wild"))
}

/// The absolute path of a program: a name without `/` is looked up in `$PATH`.
fn locate(program: &Path) -> Option<PathBuf> {
    let is_executable =
        |path: &PathBuf| path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0);
    if program.as_os_str().as_bytes().contains(&b'/') {
        return path::absolute(program).ok().filter(is_executable);
    }
    let directories = env::var_os("PATH")?;
    let paths = env::split_paths(&directories).map(|directory| directory.join(program));
    paths.filter_map(|path| path::absolute(path).ok()).find(is_executable)
}
