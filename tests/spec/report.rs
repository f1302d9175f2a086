//! Totals by folder and kind of directive, failures with their lines, and the list of known failures.

use crate::script::{Kind, Outcome};
use std::collections::BTreeMap;

/// Passed and failed.
#[derive(Clone, Copy, Default)]
struct Count {
    passed: usize,
    failed: usize,
}

/// Collects outcomes and prints them.
pub struct Report {
    /// `folder/file:line` to reason, of those not met yet.
    known: BTreeMap<String, String>,
    rows: Vec<(String, [Count; Kind::ALL.len()])>,
    known_failed: usize,
    unexpected: usize,
}

impl Report {
    /// With the text of the list of known failures.
    pub fn new(known: &str) -> Result<Report, String> {
        let entries = known.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let entry = |line: &str| match line.split_once(' ') {
            Some((place, reason)) if !reason.trim().is_empty() => Ok((place.to_string(), reason.trim().to_string())),
            _ => Err(format!("known failure without a reason: {line}")),
        };
        let known = entries.map(entry).collect::<Result<_, String>>()?;
        Ok(Report { known, rows: Vec::new(), known_failed: 0, unexpected: 0 })
    }

    /// Adds a folder's outcomes, each with its `folder/file`, and prints its failures.
    pub fn folder(&mut self, name: &str, files: usize, programs: usize, mut outcomes: Vec<(&str, Outcome)>) {
        if files == 0 {
            return;
        }
        outcomes.sort_by(|a, b| (a.0, a.1.line).cmp(&(b.0, b.1.line)));
        let mut counts = [Count::default(); Kind::ALL.len()];
        for (file, outcome) in outcomes {
            let place = format!("{file}:{}", outcome.line);
            let known = self.known.remove(&place);
            let count = &mut counts[outcome.kind as usize];
            match (outcome.result, known) {
                (Ok(()), None) => count.passed += 1,
                (Ok(()), Some(_)) => {
                    count.failed += 1;
                    self.unexpected += 1;
                    println!("{place}: passes, but is a known failure");
                }
                (Err(_), Some(_)) => {
                    count.failed += 1;
                    self.known_failed += 1;
                }
                (Err(message), None) => {
                    count.failed += 1;
                    self.unexpected += 1;
                    println!("{place}: {}: {message}", Kind::ALL[outcome.kind as usize].1);
                }
            }
        }
        println!("{name}: {files} scripts, {programs} programs");
        self.rows.push((name.to_string(), counts));
    }

    /// Prints the totals. True when nothing unexpected came up; `complete` when every script has run, so that a known
    /// failure that no directive matched is stale.
    pub fn finish(mut self, complete: bool) -> bool {
        if complete {
            for place in self.known.keys() {
                println!("{place}: no directive here, but a known failure");
                self.unexpected += 1;
            }
        }
        let mut total = [Count::default(); Kind::ALL.len()];
        for (_, counts) in &self.rows {
            for (sum, count) in total.iter_mut().zip(counts) {
                sum.passed += count.passed;
                sum.failed += count.failed;
            }
        }
        self.rows.push(("total".into(), total));
        self.table(&total);
        let passed: usize = total.iter().map(|count| count.passed).sum();
        if self.known_failed > 0 {
            println!("{} known failures, see tests/spec/known_failures.txt", self.known_failed);
        }
        println!("{passed} passed, {} failed", self.unexpected);
        self.unexpected == 0 && passed > 0
    }

    /// One row a folder, one column a kind that occurs: passed, or passed/all when some failed, known or not.
    fn table(&self, total: &[Count]) {
        let used = |kind: &usize| total[*kind].passed + total[*kind].failed > 0;
        let kinds: Vec<usize> = (0..Kind::ALL.len()).filter(used).collect();
        let first = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let cell = |count: &Count| match count.failed {
            0 => count.passed.to_string(),
            failed => format!("{}/{}", count.passed, count.passed + failed),
        };
        print!("{:first$}", "");
        kinds.iter().for_each(|kind| print!(" {:>12}", Kind::ALL[*kind].1));
        println!();
        for (name, counts) in &self.rows {
            print!("{name:first$}");
            kinds.iter().for_each(|kind| print!(" {:>12}", cell(&counts[*kind])));
            println!();
        }
    }
}
