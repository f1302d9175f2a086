//! Running an executable on a script.

use crate::reply::{Run, decode};
use crate::script::Script;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Runs the executable. What passes between is kept in files in `directory`. A process that takes more
/// processor time than `limit`, or sleeps for several times as long, is killed: on a busy machine the time on the clock says little.
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

/// How many times the limit a process may last that does not reach it.
const SLEEPER: u32 = 10;

/// What a process has taken so far, system calls included; zero for one that is gone.
fn processor_time(process: u32) -> Duration {
    // Linux counts in hundredths of a second here, on every architecture.
    const TICK: Duration = Duration::from_millis(10);
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, which may hold anything, is in parentheses and second.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_ascii_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u32>().ok());
    TICK * ticks.sum::<u32>()
}

fn wait(child: &mut Child, limit: Duration) -> io::Result<ExitStatus> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        let elapsed = start.elapsed();
        if elapsed > limit && (elapsed > SLEEPER * limit || processor_time(child.id()) > limit) {
            child.kill()?;
        }
        std::thread::sleep(pause);
        pause = (pause * 3 / 2).min(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending(script: &str) -> String {
        let mut child = Command::new("sh").args(["-c", script]).spawn().expect("a shell");
        wait(&mut child, Duration::from_millis(150)).expect("it ends").to_string()
    }

    #[test]
    fn processor_time_is_limited() {
        assert!(ending("while :; do :; done").contains("signal: 9"));
        assert!(ending("exec sleep 100").contains("signal: 9"));
        // As on a machine that is busy with others.
        assert_eq!(ending("sleep 0.4"), "exit status: 0");
    }
}
