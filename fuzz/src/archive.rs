//! What every program is linked with: runtime and driver, linked beforehand as far as that goes. From the archive itself each
//! link would take three times as long.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The file to link with, brought up to date.
///
/// # Errors
/// When it does not build.
pub fn build() -> Result<PathBuf, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let archive = embedded::archive::build(&directory)?;
    let scratch = tempfile::tempdir_in(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let (whole, object) = (scratch.path().join("whole.o"), scratch.path().join("driver.o"));
    let mut link = Command::new("ld");
    link.args(["-r", "--strip-debug", "--discard-all", "--gc-sections", "-e", "_start"]);
    link.args(roots(&archive)?.iter().flat_map(|root| ["-u", root]));
    run(link.arg("-o").arg(&whole).arg(&archive))?;
    // The compiler's intermediate code, and unwind tables that nothing here reads.
    let mut strip = Command::new("objcopy");
    strip.args([".llvmbc", ".llvmcmd", ".eh_frame", ".comment"].iter().flat_map(|section| ["-R", section]));
    run(strip.arg(&whole).arg(&object))?;
    // Another process may be linking with what an earlier one made.
    let driver = directory.join("driver.o");
    std::fs::rename(&object, &driver).map_err(|error| format!("{}: {error}", driver.display()))?;
    Ok(driver)
}

/// The symbols that generated code may refer to. Modules here import nothing, so WASI is left out.
fn roots(archive: &Path) -> Result<Vec<String>, String> {
    let symbols = run(Command::new("nm").args(["-g", "--defined-only", "--format=posix"]).arg(archive))?;
    let names = symbols.lines().filter_map(|line| line.split(' ').next());
    let is_root =
        |name: &&str| matches!(*name, "memmove" | "memset") || name.starts_with("w2e_") && !name.contains("wasi");
    Ok(names.filter(is_root).map(str::to_string).collect())
}

fn run(command: &mut Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program} does not start: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}
