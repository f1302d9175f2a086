//! Runs contenders in turn, so that what the machine does besides hits all of them, and compares them by ratios.

use crate::report::{Report, Unit};
use anyhow::{Context, Result, ensure};
use std::process::{Command, Stdio};
use std::time::Duration;
use wasm2exe_tests::process::{self, Usage};

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

/// Runs all contenders in turn `rounds` times, their output unseen. Every round begins with another one, so that none
/// always follows the same other and pays for what that left behind.
///
/// # Errors
/// One does not start or fails.
pub fn time(contenders: &mut [Command], rounds: usize) -> Result<Vec<Rounds>> {
    let mut results = vec![Rounds::new(); contenders.len()];
    for round in 0..rounds {
        for turn in 0..contenders.len() {
            let at = (round + turn) % contenders.len();
            let command = &mut contenders[at];
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let (status, usage) = process::time(command).with_context(|| format!("{command:?}"))?;
            ensure!(status.success(), "{command:?}: {status}");
            results[at].push(usage);
        }
    }
    Ok(results)
}

/// A ratio of two contenders.
pub struct Ratio {
    /// Of the medians.
    pub value: f64,
    /// First and third quartile of the ratios of the single rounds.
    quartiles: (f64, f64),
    /// The two medians in seconds.
    medians: (f64, f64),
}

impl Ratio {
    /// Compares what `measure` says of each round.
    pub fn of(ours: &[Usage], theirs: &[Usage], measure: fn(&Usage) -> Duration) -> Ratio {
        let seconds =
            |rounds: &[Usage]| -> Vec<f64> { rounds.iter().map(|usage| measure(usage).as_secs_f64()).collect() };
        let (ours, theirs) = (seconds(ours), seconds(theirs));
        let singles: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a / b).collect();
        let medians = (quantile(&ours, 0.5), quantile(&theirs, 0.5));
        let quartiles = (quantile(&singles, 0.25), quantile(&singles, 0.75));
        Ratio { value: medians.0 / medians.1, quartiles, medians }
    }

    /// Prints it, with its spread and what it was computed from.
    pub fn print(&self, report: &mut Report, name: &str, goal: Option<f64>) {
        let (low, high) = self.quartiles;
        let (ours, theirs) = self.medians;
        let detail = format!("{low:.2} .. {high:.2}; {} / {}", duration(ours), duration(theirs));
        report.figure(name, self.value, Unit::Times, goal, &detail);
    }
}

/// The value below which a part of the values lies.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part).round() as usize]
}

/// Geometric mean.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

fn duration(seconds: f64) -> String {
    if seconds < 0.1 { format!("{:.3} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(milliseconds: &[u64]) -> Rounds {
        let usage = |wall: &u64| Usage { wall: Duration::from_millis(*wall), ..Usage::default() };
        milliseconds.iter().map(usage).collect()
    }

    #[test]
    fn a_ratio_is_of_medians() {
        let ratio = Ratio::of(&rounds(&[10, 900, 20, 30, 40]), &rounds(&[60, 60, 60, 1, 60]), |usage| usage.wall);
        assert!((ratio.value - 0.5).abs() < 1e-9);
        assert!((ratio.quartiles.0 - 1.0 / 3.0).abs() < 1e-9 && (ratio.quartiles.1 - 15.0).abs() < 1e-9);
        assert!((geometric_mean(&[0.5, 2.0, 8.0]) - 2.0).abs() < 1e-9);
    }

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

    /// The system's own figure for a child includes what its parent held when it was started.
    #[test]
    fn memory_is_counted_without_the_parent() {
        let ballast = vec![1u8; 64 << 20];
        let memory = process::peak_memory(&mut Command::new("true")).expect("true runs");
        assert!(memory > 0 && memory < ballast.len() as u64, "{memory} bytes");
        assert!(ballast.iter().all(|byte| *byte == 1));
    }
}
