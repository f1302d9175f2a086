//! Running an executable on a script.

use crate::reply::{Run, decode};
use crate::script::Script;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Runs the executable. What passes between is kept in files in `directory`. A process that takes longer than `limit` is killed.
///
/// # Errors
/// When a file cannot be written or the process not be started.
pub fn run(executable: &Path, directory: &Path, script: &Script, limit: Duration) -> io::Result<Run> {
    let file = |name: &str| directory.join(name);
    fs::write(file("script"), script.bytes())?;
    let mut child = Command::new(executable)
        .stdin(File::open(file("script"))?)
        .stdout(File::create(file("replies"))?)
        .stderr(Stdio::from(File::create(file("messages"))?))
        .spawn()?;
    let status = wait(&mut child, limit)?;
    let messages = fs::read(file("messages"))?;
    let ending = format!("the process ended early: {status} {}", String::from_utf8_lossy(&messages).trim_end());
    Ok(Run { replies: decode(&fs::read(file("replies"))?), ending })
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > limit {
            child.kill()?;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(20));
    }
}
