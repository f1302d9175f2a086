//! The cache of `wasm2exe run`: one file for each executable, named by a hash of everything that went into it.
//!
//! Files appear by rename, so concurrent runs see whole ones or none. The oldest ones go when the cache is too large.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use compiler::{Cpu, Options};

use crate::args::parse_bytes;
use crate::report;
use crate::scratch::Doomed;
use crate::sources::Sources;

/// A directory of executables.
pub struct Cache {
    directory: PathBuf,
    /// Bytes that the files may have in total.
    limit: u64,
}

/// Sets the size of the cache: bytes, or with suffix K, M or G; 0 switches it off.
const SIZE_VARIABLE: &str = "WASM2EXE_CACHE_SIZE";
const DEFAULT_SIZE: u64 = 1 << 30;

/// A temporary file that has not become an entry for this long never will.
const ABANDONED: Duration = Duration::from_secs(3600);
const TEMPORARY_PREFIX: &str = ".new-";

impl Cache {
    /// The user's cache: none when there is no place for it, or when it is switched off.
    pub fn open() -> Option<Cache> {
        let limit = match env::var(SIZE_VARIABLE) {
            Ok(size) => parse_bytes(&size).unwrap_or_else(|| {
                report::warn(format_args!("{SIZE_VARIABLE} is no size such as 500M; the cache keeps its usual size"));
                DEFAULT_SIZE
            }),
            Err(_) => DEFAULT_SIZE,
        };
        let directory = base()?.join("wasm2exe");
        (limit > 0).then_some(Cache { directory, limit })
    }

    /// The executable for a key, if it is there. A use makes it young again.
    pub fn get(&self, key: &str) -> Option<PathBuf> {
        let path = self.directory.join(key);
        let file = File::open(&path).ok()?;
        // A cache that cannot be written still serves.
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// Stores an executable, makes room for it, and returns where it is.
    pub fn put(&self, key: &str, executable: &[u8]) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY_PREFIX).permissions(Permissions::from_mode(0o700));
        let mut file = builder.tempfile_in(&self.directory)?;
        let _doomed = Doomed::new(file.path());
        file.write_all(executable)?;
        let path = self.directory.join(key);
        // Closed before it is renamed: a file that is open for writing cannot be executed.
        file.into_temp_path().persist(&path).map_err(|error| error.error)?;
        self.evict(&path);
        Ok(path)
    }

    /// Removes the files that were not used for longest until the rest fits. `newest` stays, whatever its size.
    fn evict(&self, newest: &Path) {
        let Ok(entries) = fs::read_dir(&self.directory) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        files.sort();
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        for (modified, len, path) in files {
            let is_temporary =
                path.file_name().is_some_and(|name| name.as_bytes().starts_with(TEMPORARY_PREFIX.as_bytes()));
            let is_abandoned = modified.elapsed().is_ok_and(|age| age > ABANDONED);
            let is_due = if is_temporary { is_abandoned } else { total > self.limit && path != newest };
            if is_due && fs::remove_file(&path).is_ok() {
                total -= len;
            }
        }
    }
}

/// The directory of the user's caches.
pub fn base() -> Option<PathBuf> {
    // The specification of the base directories wants relative paths ignored.
    let absolute = |variable: &str| env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))
}

/// The name of an executable in the cache: a hash of the modules, of everything that shapes the code, and of the tool.
pub fn key(sources: &Sources, options: &Options, linker: Option<&OsStr>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(concat!(env!("CARGO_PKG_VERSION"), " ", env!("BUILD_ID")).as_bytes());
    // The number of threads does not change the code.
    field(format!("{:?}", Options { threads: 0, ..options.clone() }).as_bytes());
    if options.cpu == Cpu::Native {
        field(processor().as_bytes());
    }
    field(linker.unwrap_or_default().as_bytes());
    for input in sources.inputs() {
        field(input.name.as_bytes());
        field(input.bytes);
        if options.debug_info {
            field(input.file.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// What this machine's processor can do: a home directory may be shared between machines.
fn processor() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = cpuinfo.lines().find(|line| line.starts_with("flags") || line.starts_with("Features"));
    line.unwrap_or_default().to_string()
}
