//! Differential fuzzing: programs that this product makes against independent engines. See README.md.

use std::process::ExitCode;

use wasm2exe_fuzz::campaign::Campaign;
use wasm2exe_fuzz::source::{self, Source};
use wasm2exe_fuzz::{damage, finding, inject, panics};

const USAGE: &str = "usage: run --seed S --cases N [--source smith|own|both] [--jobs N]
       damage --seed S --cases N [--source smith|own|both] [--jobs N]
       reproduce FILE|SOURCE:SEED
       generate SOURCE:SEED
       inject all|NAME --seed S --cases N [--source smith|own]";

fn main() -> ExitCode {
    panics::keep_messages();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("run") => campaign(&arguments[1..]).and_then(|campaign| campaign.run()),
        Some("damage") => campaign(&arguments[1..]).and_then(|campaign| damage::run(&campaign)),
        Some("reproduce") if arguments.len() == 2 => finding::reproduce(&arguments[1]),
        Some("generate") if arguments.len() == 2 => source::case(&arguments[1]).and_then(|case| print(&case.wasm)),
        Some("inject") if arguments.len() >= 2 => campaign(&arguments[2..]).and_then(|it| {
            let source = it.sources.last().copied().unwrap_or(Source::Own);
            inject::inject(&arguments[1], source, it.seed, it.cases)
        }),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn print(wasm: &[u8]) -> Result<bool, String> {
    let text = wasmprinter::print_bytes(wasm).map_err(|error| error.to_string())?;
    print!("{text}");
    Ok(true)
}

fn campaign(arguments: &[String]) -> Result<Campaign, String> {
    let mut campaign = Campaign { seed: 0, cases: 1000, sources: Source::ALL.to_vec(), jobs: 1 };
    let mut arguments = arguments.iter();
    while let Some(option) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        let number = || value.parse::<u64>().map_err(|error| format!("{option} {value}: {error}"));
        match option.as_str() {
            "--seed" => campaign.seed = number()?,
            "--cases" => campaign.cases = number()?,
            "--jobs" => campaign.jobs = number()?.max(1),
            "--source" if value == "both" => campaign.sources = Source::ALL.to_vec(),
            "--source" => campaign.sources = vec![value.parse()?],
            _ => return Err(USAGE.into()),
        }
    }
    Ok(campaign)
}
