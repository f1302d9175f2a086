//! Packages that hold real modules: fetched from their registries through the registries' own clients, checked against a
//! recorded checksum and unpacked into a cache in the target directory.

use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package, pinned.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Where it comes from.
    pub registry: Registry,
    /// Its name there.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// SHA-256 of the archive that the registry serves, in hexadecimal.
    pub sha256: String,
    /// Features to build a crate with, instead of its default ones.
    pub features: Option<String>,
}

/// Where a package comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// crates.io: a program, built for wasm32-wasip1.
    Crates,
    /// npm.
    Npm,
    /// PyPI: a wheel.
    Pypi,
}

impl Package {
    /// The directory of the unpacked package, fetched when the cache lacks it. A crate's programs are in `bin/`.
    ///
    /// # Errors
    /// The registry's client fails, or the archive is not the recorded one.
    pub fn fetch(&self) -> Result<PathBuf> {
        let cache = workspace().join("target/packages");
        let place = cache.join(format!("{}-{}", self.name.replace('/', "-"), self.version));
        if place.exists() {
            return Ok(place);
        }
        eprintln!("fetching {} {}", self.name, self.version);
        fs::create_dir_all(&cache)?;
        // Whole or not at all: the cache entry appears by rename.
        let scratch = tempfile::tempdir_in(&cache)?;
        let unpacked = scratch.path().join("unpacked");
        fs::create_dir(&unpacked)?;
        match self.registry {
            Registry::Crates => self.build_crate(&cache, &unpacked),
            Registry::Npm => self.unpack_npm(scratch.path(), &unpacked),
            Registry::Pypi => self.unpack_wheel(scratch.path(), &unpacked),
        }
        .with_context(|| format!("package {} {}", self.name, self.version))?;
        fs::rename(&unpacked, &place)?;
        Ok(place)
    }

    fn unpack_npm(&self, scratch: &Path, unpacked: &Path) -> Result<()> {
        let spec = format!("{}@{}", self.name, self.version);
        succeed(Command::new("npm").args(["pack", "--silent", &spec]).current_dir(scratch))?;
        let archive = only_file(scratch)?;
        self.check(&archive)?;
        let tar = ["--strip-components=1", "--no-same-owner", "-xf"];
        succeed(Command::new("tar").args(tar).arg(&archive).arg("-C").arg(unpacked))
    }

    fn unpack_wheel(&self, scratch: &Path, unpacked: &Path) -> Result<()> {
        let spec = format!("{}=={}", self.name, self.version);
        let pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", &spec];
        succeed(Command::new("python3").args(pip).current_dir(scratch))?;
        let archive = only_file(scratch)?;
        self.check(&archive)?;
        succeed(Command::new("python3").args(["-m", "zipfile", "-e"]).arg(&archive).arg(unpacked))
    }

    fn build_crate(&self, cache: &Path, unpacked: &Path) -> Result<()> {
        let version = format!("={}", self.version);
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .args(["install", "--quiet", "--locked", "--no-track", "--target", "wasm32-wasip1", "--root"])
            .arg(unpacked);
        cargo.arg("--target-dir").arg(cache.join("build")).args([&self.name, "--version", &version]);
        if let Some(features) = &self.features {
            cargo.args(["--no-default-features", "--features", features]);
        }
        succeed(&mut cargo)?;
        self.check(&self.crate_archive()?)
    }

    /// The archive that cargo fetched, in its own cache.
    fn crate_archive(&self) -> Result<PathBuf> {
        let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let home =
            home.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).context("cargo has no home directory")?;
        let name = format!("{}-{}.crate", self.name, self.version);
        for registry in fs::read_dir(home.join("registry/cache")).context("cargo's registry cache")? {
            let archive = registry?.path().join(&name);
            if archive.exists() {
                return Ok(archive);
            }
        }
        bail!("cargo keeps no {name}")
    }

    fn check(&self, archive: &Path) -> Result<()> {
        let found = sha256(&mut fs::File::open(archive)?)?;
        ensure!(found == self.sha256, "{}: SHA-256 is {found}, recorded is {}", archive.display(), self.sha256);
        Ok(())
    }
}

/// Builds a package of cargo's with what its lock file says, for a target or for this machine; the directory of what it becomes.
///
/// # Errors
/// It does not build.
pub fn build(project: &Path, target: Option<&str>) -> Result<PathBuf> {
    let target_directory = workspace().join("target/packages/build");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--locked", "--release", "--target-dir"]).arg(&target_directory);
    if let Some(target) = target {
        cargo.args(["--target", target]);
    }
    succeed(cargo.current_dir(project).env_remove("RUSTFLAGS"))?;
    Ok(target.map_or(target_directory.clone(), |target| target_directory.join(target)).join("release"))
}

/// SHA-256 of what can be read, in hexadecimal.
///
/// # Errors
/// It cannot be read.
pub fn sha256(source: &mut dyn Read) -> io::Result<String> {
    let mut hasher = Sha256::new();
    io::copy(source, &mut hasher)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The one regular file in a directory.
fn only_file(directory: &Path) -> Result<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    match files.len() {
        1 => Ok(files.remove(0)),
        count => bail!("the registry's client left {count} files, not one archive"),
    }
}

/// Runs a command, which must succeed; its output goes to stderr.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command.stdout(io::stderr()).status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
