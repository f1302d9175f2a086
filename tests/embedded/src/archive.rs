//! The archive of runtime and driver that every program is linked with.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the archive below `directory` with cargo and returns its path.
///
/// # Errors
/// Why there is none, in words.
pub fn build(directory: &Path) -> Result<PathBuf, String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec-driver/Cargo.toml");
    let target = compiler::Target::host().ok_or("this machine is no supported target")?.triple();
    let directory = directory.join("spec-driver");
    let status = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--profile", "runtime", "--crate-type", "staticlib", "--target", target])
        // Link-time optimisation leaves out a dependency without builtins, which the runtime is here.
        .args(["--config", "profile.runtime.lto=\"off\""])
        .arg("--manifest-path")
        .arg(package)
        .arg("--target-dir")
        .arg(&directory)
        .status()
        .map_err(|error| format!("cargo does not start: {error}"))?;
    if !status.success() {
        return Err("the driver does not build".into());
    }
    Ok(directory.join(target).join("runtime/libspec_driver.a"))
}
