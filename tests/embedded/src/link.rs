//! From objects to an executable.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `cc -static-pie` tells the linker; calling it directly takes a third of the time.
const OPTIONS: [&str; 14] = [
    "-static",
    "-pie",
    "--no-dynamic-linker",
    "-z",
    "text",
    "--gc-sections",
    "--strip-debug",
    "-z",
    "relro",
    "-z",
    "now",
    "-z",
    "noexecstack",
    "-o",
];

/// Links what the compiler produced with the driver's archive, into a file in `directory`, which is created.
///
/// # Errors
/// The linker's messages, or why it does not run.
pub fn link(directory: &Path, output: &compiler::Output, archive: &Path) -> Result<PathBuf, String> {
    let text = |error: std::io::Error| error.to_string();
    fs::create_dir_all(directory).map_err(text)?;
    let executable = directory.join("program");
    let mut command = Command::new("ld");
    command.args(OPTIONS).arg(&executable);
    for object in &output.objects {
        let path = directory.join(&object.file_name);
        fs::write(&path, &object.bytes).map_err(text)?;
        command.arg(path);
    }
    let linked = command.arg(archive).output().map_err(|error| format!("ld does not start: {error}"))?;
    if linked.status.success() { Ok(executable) } else { Err(String::from_utf8_lossy(&linked.stderr).into_owned()) }
}
