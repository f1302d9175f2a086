//! A directory to work in, with nothing of the user's around it, and what a command did there.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use wasm2exe_tests::wasm2exe;

/// Writes "hello" and a newline.
pub const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "hello\n")
  (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

/// A private directory: commands run in `work`, with `temp` and `cache` of their own.
pub struct Workbench {
    root: TempDir,
}

impl Workbench {
    /// An empty one.
    pub fn new() -> Workbench {
        let root = tempfile::tempdir().expect("a temporary directory");
        for name in ["work", "temp", "cache"] {
            fs::create_dir(root.path().join(name)).expect("a directory in it");
        }
        Workbench { root }
    }

    /// One that holds `hello.wat`.
    pub fn with_hello() -> Workbench {
        let bench = Workbench::new();
        bench.write("hello.wat", HELLO);
        bench
    }

    /// The path of something in the working directory.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    /// The directory of temporary files.
    pub fn temp(&self) -> PathBuf {
        self.root.path().join("temp")
    }

    /// The parent of the tool's cache.
    pub fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    /// Writes a file into the working directory.
    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).expect("the working directory is writable");
        path
    }

    /// `wasm2exe` with these arguments, in the working directory.
    pub fn tool<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        self.command(wasm2exe(), args)
    }

    /// Any command, in the working directory.
    pub fn command<S: AsRef<OsStr>>(&self, program: &Path, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.path("")).stdin(Stdio::null());
        command.env("TMPDIR", self.temp()).env("XDG_CACHE_HOME", self.cache()).env_remove("CC");
        command
    }

    /// Compiles a file of the working directory to `name`, which must succeed.
    #[track_caller]
    pub fn build(&self, name: &str, args: &[&str]) -> PathBuf {
        outcome(self.tool(args).args(["-o", name])).succeeded();
        self.path(name)
    }

    /// Names of what is in the working directory and in the one for temporary files, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = [self.path(""), self.temp()].iter().flat_map(|path| names(path)).collect();
        names.sort();
        names
    }
}

/// Names in a directory, sorted.
pub fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).expect("the directory is readable");
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

/// What a command did.
#[derive(Debug)]
pub struct Outcome {
    /// Exit status; that of a shell (128 + signal) after a signal.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Fails the test unless the status is 0.
    #[track_caller]
    pub fn succeeded(self) -> Outcome {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// Fails the test unless the tool gave up with this status and a message that holds these words.
    #[track_caller]
    pub fn failed(self, status: i32, message: &str) -> Outcome {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.stderr.contains(message), "no {message:?} in {}", self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        self
    }

    /// Like [`Outcome::failed`], but the tool said something else before.
    #[track_caller]
    pub fn failed_after(self, status: i32, message: &str) -> Outcome {
        let error =
            self.stderr.lines().last().is_some_and(|line| line.starts_with("error: ") && line.contains(message));
        assert!(self.status == status && error, "{self:?}");
        self
    }
}

/// Runs a command to its end.
#[track_caller]
pub fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Outcome::from(output)
}

/// Runs a command that reads `input`.
#[track_caller]
pub fn outcome_with_input(command: &mut Command, input: &[u8]) -> Outcome {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    // A command that fails early does not read it all.
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    Outcome::from(child.wait_with_output().expect("the command ends"))
}

impl From<std::process::Output> for Outcome {
    fn from(output: std::process::Output) -> Outcome {
        let status = output.status;
        Outcome {
            status: status.code().unwrap_or_else(|| 128 + status.signal().expect("an exit status or a signal")),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
