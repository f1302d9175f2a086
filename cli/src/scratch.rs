//! Temporary files and directories that do not outlive the process, be it ended by a signal.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tempfile::TempDir;

/// What to remove when a signal ends the process.
static DOOMED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A private temporary directory.
pub struct Scratch {
    directory: TempDir,
    _doomed: Doomed,
}

impl Scratch {
    /// Creates one in `$TMPDIR`.
    pub fn new() -> Result<Scratch> {
        // Absolute, as the linker runs inside it.
        let parent = std::path::absolute(env::temp_dir()).context("cannot tell the working directory")?;
        let directory = tempfile::Builder::new().prefix("wasm2exe-").tempdir_in(&parent);
        let directory = directory.with_context(|| {
            format!("cannot create a temporary directory in {}; set TMPDIR to another place", parent.display())
        })?;
        Ok(Scratch { _doomed: Doomed::new(directory.path()), directory })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path().join(name);
        fs::write(&path, bytes)
            .with_context(|| format!("cannot write {}; set TMPDIR to a place with more room", path.display()))
    }
}

/// While it exists, a signal that ends the process removes the path first.
pub struct Doomed(PathBuf);

impl Doomed {
    /// Watches over a path that its owner removes in all other cases.
    pub fn new(path: &Path) -> Doomed {
        static WATCHING: Once = Once::new();
        WATCHING.call_once(watch_signals);
        doomed(|paths| paths.push(path.to_path_buf()));
        Doomed(path.to_path_buf())
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        doomed(|paths| paths.retain(|path| *path != self.0));
    }
}

fn doomed(change: impl FnOnce(&mut Vec<PathBuf>)) {
    change(&mut DOOMED.lock().unwrap_or_else(PoisonError::into_inner));
}

/// Starts a thread that, on a signal that would end the process, cleans up and then lets the signal end it.
fn watch_signals() {
    let ignored = ignored_signals();
    let signals = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    // Without the thread a signal leaves temporary files behind, which is no reason to give up.
    let Ok(mut signals) = Signals::new(signals) else { return };
    thread::spawn(move || {
        for signal in signals.forever() {
            doomed(|paths| paths.iter().for_each(|path| remove(path)));
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
}

/// The signals that whoever started the process wants ignored (`nohup`, a shell's background job) as a bit set.
fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Removes a file or directory that the linker may still be writing into.
fn remove(path: &Path) {
    for _ in 0..20 {
        let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        if removed.is_ok() || !path.exists() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
