//! `wasm2exe run`: compiles a module unless the cache holds its executable, and becomes the program.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Error, Result};
use rustix::fs::MemfdFlags;

use crate::args::{EmitKind, RunArgs};
use crate::cache::{self, Cache};
use crate::driver;
use crate::report::{Timings, say};
use crate::sources::Sources;

/// Runs the program in place of this process; returns when that fails.
pub fn run(args: &RunArgs) -> Result<()> {
    let (module, guest_args) = args.command_line.split_first().context("no input is given")?;
    let mut timings = Timings::default();
    let sources = timings.measure("read", || Sources::read(Path::new(module), &args.compile.modules))?;
    let options = driver::options(&args.compile, &sources, EmitKind::Exe)?;
    let key = cache::key(&sources, &options, args.compile.linker.as_deref());
    let cache = Cache::open();
    let verbose = |line: String| {
        if args.compile.verbose {
            say(format_args!("{line}"));
        }
    };
    if let Some(path) = cache.as_ref().and_then(|cache| cache.get(&key)) {
        verbose(format!("cached: {}", path.display()));
        // It may be evicted meanwhile, or lie on a file system that runs nothing: the module is compiled anew.
        verbose(format!("cannot run it: {}", execute(&path, module, guest_args)));
    }
    // No temporary directory is left when this process becomes another.
    let executable = driver::executable(sources, &options, &args.compile, &mut timings)?.into_bytes()?;
    if args.compile.timings {
        timings.print();
    }
    if let Some(cache) = cache {
        match cache.put(&key, &executable) {
            Ok(path) => verbose(format!("cannot run {}: {}", path.display(), execute(&path, module, guest_args))),
            Err(error) => verbose(format!("cannot cache: {error}")),
        }
    }
    Err(execute_uncached(&executable, module, guest_args))
}

/// Becomes the program; comes back only with the reason why not.
fn execute(path: &Path, module: &OsString, guest_args: &[OsString]) -> io::Error {
    Command::new(path).arg0(module).args(guest_args).exec()
}

/// Becomes a program that is stored nowhere: in memory, it leaves nothing behind and needs no place to write.
fn execute_uncached(executable: &[u8], module: &OsString, guest_args: &[OsString]) -> Error {
    let copy = || -> io::Result<File> {
        let mut memory = File::from(rustix::fs::memfd_create("wasm2exe", MemfdFlags::CLOEXEC)?);
        memory.write_all(executable)?;
        Ok(memory)
    };
    match copy() {
        Ok(memory) => {
            let path = PathBuf::from(format!("/proc/self/fd/{}", memory.as_raw_fd()));
            Error::new(execute(&path, module, guest_args)).context("cannot start the program from memory")
        }
        Err(error) => Error::new(error).context("cannot hold the program in memory"),
    }
}
