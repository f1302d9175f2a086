//! A command that can be run any number of times, and what a failure of it is worth saying.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use timing::process::{self, Finished, Usage};

/// A command line with what is set for it.
#[derive(Clone, Debug)]
pub struct Invocation {
    program: OsString,
    args: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    stdin: Option<PathBuf>,
    limit: Option<u32>,
}

impl Invocation {
    /// A program without arguments.
    pub fn new(program: impl AsRef<OsStr>) -> Invocation {
        Invocation {
            program: program.as_ref().into(),
            args: Vec::new(),
            variables: Vec::new(),
            stdin: None,
            limit: None,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Invocation {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Invocation {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().into()));
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Invocation {
        self.variables.push((name, value.as_ref().into()));
        self
    }

    /// Sets the file that it reads from standard input, by default an empty one.
    pub fn stdin(mut self, file: Option<&Path>) -> Invocation {
        self.stdin = file.map(Path::to_path_buf);
        self
    }

    /// Sets after how many seconds it is ended, if at all; see [`process::limit`].
    pub fn limit(mut self, seconds: Option<u32>) -> Invocation {
        self.limit = seconds;
        self
    }

    /// Runs it and looks at everything but the time it takes.
    pub fn observe(&self) -> Result<Finished, String> {
        self.command().and_then(|mut command| process::observe(&mut command)).map_err(|error| self.not_started(&error))
    }

    /// Runs it to its end, which must be a success; the error is what it has to say.
    pub fn succeed(&self) -> Result<Finished, String> {
        let finished = self.command().and_then(|mut command| process::run(&mut command));
        let finished = finished.map_err(|error| self.not_started(&error))?;
        if finished.status.success() { Ok(finished) } else { Err(complaint(&finished)) }
    }

    /// Measures a run whose output nobody looks at.
    pub fn time(&self) -> Result<(ExitStatus, Usage), String> {
        let unseen = |mut command: Command| process::time(command.stdout(Stdio::null()).stderr(Stdio::null()));
        self.command().and_then(unseen).map_err(|error| self.not_started(&error))
    }

    fn command(&self) -> std::io::Result<Command> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(match &self.stdin {
            Some(file) => File::open(file)?.into(),
            None => Stdio::null(),
        });
        if let Some(seconds) = self.limit {
            process::limit(&mut command, seconds);
        }
        Ok(command)
    }

    fn not_started(&self, error: &std::io::Error) -> String {
        format!("cannot run {}: {error}", self.program.display())
    }
}

/// What a command that failed says, in one line: its first error, or else its last line.
pub fn complaint(finished: &Finished) -> String {
    if process::has_hit_limit(finished.status) {
        return "it did not end within the time limit".into();
    }
    let stderr = String::from_utf8_lossy(&finished.stderr);
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let is_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    let line = lines().find(is_error).or(lines().next_back()).unwrap_or_default();
    let line: String = line.chars().filter(|character| !character.is_control()).take(200).collect();
    if line.is_empty() { finished.status.to_string() } else { format!("{}: {line}", finished.status) }
}

/// Where a program is in the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let directories = std::env::var_os("PATH")?;
    let is_executable =
        |path: &PathBuf| path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0);
    std::env::split_paths(&directories).map(|directory| directory.join(program)).find(is_executable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_fails() {
        let hangs = Invocation::new("sleep").arg("60").limit(Some(1));
        assert_eq!(hangs.succeed().expect_err("it is ended"), "it did not end within the time limit");
        assert_eq!(complaint(&hangs.observe().expect("it starts")), "it did not end within the time limit");
    }
}
