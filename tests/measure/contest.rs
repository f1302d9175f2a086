//! Runs contenders in turn, so that what the machine does besides hits all of them, and compares them by ratios.

use crate::report::{Report, Unit};
use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};
use std::time::Duration;
use timing::process::{self, Usage};
use timing::race::order;
use timing::statistics::Ratio;

/// What a contender took, round by round.
pub type Rounds = Vec<Usage>;

/// Runs every contender once to compare their outputs, then all of them in turn `rounds` times.
///
/// # Errors
/// One does not start, fails, or writes something else than the first one.
pub fn race(contenders: &mut [Command], rounds: usize) -> Result<Vec<Rounds>> {
    let mut outputs = Vec::new();
    for command in contenders.iter_mut() {
        let finished = process::run(command.stdin(Stdio::null())).with_context(|| format!("{command:?}"))?;
        let stderr = String::from_utf8_lossy(&finished.stderr);
        ensure!(finished.status.success(), "{command:?}: {}\n{stderr}", finished.status);
        outputs.push(finished.stdout);
        ensure!(outputs.last() == outputs.first(), "{command:?} has another output than {:?}", outputs[0]);
    }
    time(contenders, rounds)
}

/// Runs all contenders in turn `rounds` times, their output unseen.
///
/// # Errors
/// One does not start or fails.
pub fn time(contenders: &mut [Command], rounds: usize) -> Result<Vec<Rounds>> {
    let mut results = vec![Rounds::new(); contenders.len()];
    for at in order(contenders.len(), rounds) {
        let command = &mut contenders[at];
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let (status, usage) = process::time(command).with_context(|| format!("{command:?}"))?;
        ensure!(status.success(), "{command:?}: {status}");
        results[at].push(usage);
    }
    Ok(results)
}

/// Compares what `measure` says of each round.
pub fn compare(ours: &[Usage], theirs: &[Usage], measure: fn(&Usage) -> Duration) -> Ratio {
    let seconds = |rounds: &[Usage]| -> Vec<f64> { rounds.iter().map(|usage| measure(usage).as_secs_f64()).collect() };
    Ratio::of(&seconds(ours), &seconds(theirs))
}

/// Prints a ratio, with its spread and what it was computed from.
pub fn print(ratio: &Ratio, report: &mut Report, name: &str, goal: Option<f64>) {
    let ((low, high), (ours, theirs)) = (ratio.quartiles, ratio.medians);
    let detail = format!("{low:.2} .. {high:.2}; {} / {}", duration(ours), duration(theirs));
    report.figure(name, ratio.value, Unit::Times, goal, &detail);
}

fn duration(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.3} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_must_agree_and_succeed() {
        let echo = |word: &str| {
            let mut command = Command::new("echo");
            command.arg(word);
            command
        };
        assert_eq!(race(&mut [echo("a"), echo("a")], 3).expect("equal outputs").len(), 2);
        assert!(race(&mut [echo("a"), echo("b")], 1).is_err());
        assert!(race(&mut [Command::new("false")], 1).is_err());
    }
}
