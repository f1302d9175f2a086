//! Tells on standard error what is being measured: a line that changes on a terminal, else one for each program.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::report::say;

/// What is going on.
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    /// The program being measured.
    program: String,
}

impl Progress {
    /// Starts, with the number of programs.
    pub fn new(total: usize) -> Progress {
        let bar = io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}");
            let bar = ProgressBar::new(total as u64).with_style(style.expect("the template is valid"));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress { bar, total, done: 0, program: String::new() }
    }

    /// Begins a program.
    pub fn begin(&mut self, program: &str) {
        self.program = program.to_string();
        self.step("building");
    }

    /// Tells what is done with the program.
    pub fn step(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{}: {what}", self.program));
        }
    }

    /// Ends the program, with a summary.
    pub fn end(&mut self, summary: &str) {
        self.done += 1;
        match &self.bar {
            Some(bar) => bar.inc(1),
            None => say(format_args!("[{}/{}] {}: {summary}", self.done, self.total, self.program)),
        }
    }

    /// Prints a line that stays.
    pub fn warn(&self, message: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| crate::report::warn(message)),
            None => crate::report::warn(message),
        }
    }

    /// Removes what changes from the terminal.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
