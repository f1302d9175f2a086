//! The command line tool: compiles WebAssembly modules, links them with the runtime, and runs them.
#![forbid(unsafe_code)]

mod args;
mod bench;
mod cache;
mod destination;
mod driver;
mod grants;
mod inspect;
mod link;
mod linker;
mod own_linker;
mod record;
mod report;
mod run;
mod runtime;
mod scratch;
mod sources;
mod verify;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.command {
        None => driver::build(&args.build),
        Some(Command::Run(run)) => run::run(run),
        Some(Command::Bench(bench)) => bench::bench(bench),
        Some(Command::Inspect(inspect)) => inspect::inspect(inspect),
        Some(Command::Verify(verify)) => verify::verify(verify),
        Some(Command::Completions { shell }) => args::print_completions(*shell),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
