//! Measures what wasm2exe is to reach, as ratios to other ways to run the same programs, interleaved in one run.

mod compile;
mod contest;
mod exceptions;
mod objects;
mod report;
mod threads;
mod tools;

use anyhow::Result;
use report::Report;
use std::process::ExitCode;
use tools::Tools;

/// Measures one kind of thing and prints the figures.
type Measure = fn(&Tools, &mut Report) -> Result<()>;

/// What can be measured, by its name on the command line.
const PARTS: [(&str, Measure); 4] = [
    ("exceptions", exceptions::measure),
    ("objects", objects::measure),
    ("threads", threads::measure),
    ("compile", compile::measure),
];

fn main() -> Result<ExitCode> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    if chosen.iter().any(|name| PARTS.iter().all(|(part, _)| part != name)) {
        let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: measure [{}]...", names.join(" | "));
        return Ok(ExitCode::from(2));
    }
    let tools = Tools::find()?;
    let mut report = Report::default();
    for (name, measure) in PARTS {
        if chosen.is_empty() || chosen.iter().any(|other| other == name) {
            measure(&tools, &mut report)?;
        }
    }
    report.finish();
    Ok(ExitCode::SUCCESS)
}
