//! What the tool says while it works and when it is done, all of it on standard error.

use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use compiler::{Error, Output};
use indicatif::{ProgressBar, ProgressStyle};

/// Prints a line. When standard error is gone there is nobody to tell.
pub fn say(line: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a warning.
pub fn warn(message: impl Display) {
    say(format_args!("warning: {message}"));
}

/// Prints an error with its causes; each of several unknown imports is an error of its own.
pub fn print_error(error: &anyhow::Error) {
    if let Some(Error::Link(imports)) = error.downcast_ref::<Error>() {
        imports.iter().for_each(|import| say(format_args!("error: {import}")));
    } else {
        say(format_args!("error: {error:#}"));
    }
}

/// A progress bar that shows when compiling takes longer than a second, and only on a terminal.
pub struct Progress {
    start: Instant,
    bar: OnceLock<ProgressBar>,
    wanted: bool,
}

/// Work that takes less is not worth a progress bar.
const PATIENCE: Duration = Duration::from_secs(1);

impl Progress {
    /// Starts the clock.
    pub fn new() -> Progress {
        Progress { start: Instant::now(), bar: OnceLock::new(), wanted: io::stderr().is_terminal() }
    }

    /// Tells how many functions are compiled.
    pub fn update(&self, done: usize, total: usize) {
        if !self.wanted || self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let style = ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len} functions, {eta} left");
            ProgressBar::new(total as u64).with_style(style.expect("the template is valid"))
        });
        bar.set_position(done as u64);
    }

    /// Removes the bar from the terminal.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// Wall time of each phase.
#[derive(Default)]
pub struct Timings {
    phases: Vec<(&'static str, f64)>,
}

impl Timings {
    /// Runs a phase of the tool's own.
    pub fn measure<T>(&mut self, phase: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.phases.push((phase, start.elapsed().as_secs_f64()));
        result
    }

    /// Adds the compiler's phases.
    pub fn extend(&mut self, phases: &[(&'static str, f64)]) {
        self.phases.extend_from_slice(phases);
    }

    /// Prints the table of `--timings`.
    pub fn print(&self) {
        let total = ("total", self.phases.iter().map(|(_, seconds)| seconds).sum());
        let rows = self.phases.iter().chain([&total]);
        rows.for_each(|(phase, seconds)| say(format_args!("{phase:<16} {seconds:>9.3} s")));
    }
}

/// Prints what was compiled.
pub fn print_compiled(output: &Output) {
    let (compiled, defined) = output.functions;
    say(format_args!("compiled {compiled} of {defined} functions to {} bytes of machine code", output.code_size));
    for (module, name) in &output.host_functions {
        say(format_args!("uses {module} {name}"));
    }
}
