//! What the tests share: where the workspace is, and the `wasm2exe` under test, built before it is used.

pub mod packages;
pub mod passes;
pub mod programs;
pub mod trace;

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub use timing::process;

/// The workspace's directory.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies in the workspace")
}

/// The `wasm2exe` of this workspace, in the profile of the running test; brought up to date at the first call.
///
/// # Panics
/// When it does not build: no test can say anything then.
pub fn wasm2exe() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // Programs are in `<target directory>/<profile>`, tests in `deps` there.
        let program = std::env::current_exe().expect("the running program has a path");
        let directory = program.parent().expect("the running program is in a directory");
        let directory =
            if directory.ends_with("deps") { directory.parent().expect("deps is in a directory") } else { directory };
        let profile = match directory.file_name().and_then(|name| name.to_str()) {
            Some("debug") => "dev",
            Some(profile) => profile,
            None => panic!("{} is in no profile's directory", program.display()),
        };
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--bin", "wasm2exe", "--profile", profile])
            .arg("--target-dir")
            .arg(directory.parent().expect("a profile's directory lies in the target directory"))
            .current_dir(workspace())
            .status()
            .expect("cargo starts");
        assert!(status.success(), "wasm2exe does not build");
        directory.join("wasm2exe")
    })
}

/// Makes signals that ask a process to end do so, even if whatever starts the tests ignores them, as a shell does for commands in the
/// background.
pub fn heed_signals(command: &mut Command) -> &mut Command {
    // SAFETY: signal() is async-signal-safe, and the child runs nothing else before exec.
    unsafe {
        command.pre_exec(|| {
            for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                libc::signal(number, libc::SIG_DFL);
            }
            Ok(())
        })
    }
}
