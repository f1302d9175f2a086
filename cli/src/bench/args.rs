//! The command line of `wasm2exe bench`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};

use super::results::{Input, Processor};

/// Arguments of `wasm2exe bench`.
#[derive(clap::Args)]
pub struct BenchArgs {
    /// Modules in binary or text format, or names of the corpus's programs [default: the whole corpus]
    #[arg(value_name = "IN|PROGRAM", value_hint = ValueHint::FilePath)]
    pub subjects: Vec<OsString>,
    /// Measure the corpus's programs of this kind; repeatable
    #[arg(long, value_name = "KIND", help_heading = "Programs")]
    pub kind: Vec<String>,
    /// Of programs that are built in both ways, measure this module only
    #[arg(long, value_enum, value_name = "INPUT", help_heading = "Programs")]
    pub input: Option<Input>,
    /// List the corpus's programs and do nothing else
    #[arg(long, help_heading = "Programs", conflicts_with_all = ["from", "subjects"])]
    pub list: bool,
    /// Standard input of the modules IN
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Programs")]
    pub stdin: Option<PathBuf>,
    /// Arguments of the modules IN
    #[arg(last = true, value_name = "ARGS", help_heading = "Programs")]
    pub program_args: Vec<OsString>,
    /// Compare with this one; repeatable [default: all that are found]
    #[arg(long, value_enum, value_name = "NAME", help_heading = "Contenders")]
    pub peer: Vec<PeerChoice>,
    /// Do not compare with this one; repeatable
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "peer", help_heading = "Contenders")]
    pub no_peer: Vec<PeerName>,
    /// Do not compare with native builds of the same sources
    #[arg(long, help_heading = "Contenders")]
    pub no_native: bool,
    /// Compare also with wasm2exe with these options, such as `--disable-pass PASS`; repeatable
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, help_heading = "Contenders")]
    pub also: Vec<String>,
    /// Processor that all contenders may assume, as far as they can be told
    #[arg(long, value_enum, default_value = "baseline", help_heading = "Contenders")]
    pub target_cpu: Processor,
    /// Interleaved runs of each contender
    #[arg(long, value_name = "N", default_value = "5", value_parser = clap::value_parser!(u16).range(1..))]
    pub runs: u16,
    /// End what builds or runs for longer than this; it has failed then
    #[arg(long, value_name = "SECONDS", default_value = "600", value_parser = clap::value_parser!(u32).range(1..))]
    pub time_limit: u32,
    /// Measure nothing: take the results from this file
    #[arg(long, value_name = "FILE", conflicts_with = "subjects", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,
    /// Write all results to this file; `-` is standard output, here and below
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub json: Option<PathBuf>,
    /// Write the tables in Markdown
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub markdown: Option<PathBuf>,
    /// Write a chart of the run times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub svg: Option<PathBuf>,
}

/// Values of `--peer`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum PeerChoice {
    /// wasmtime compile, wasmtime run
    Wasmtime,
    /// wasmer compile, wasmer run
    Wasmer,
    /// node with its node:wasi
    Node,
    /// wasm2c, then a C compiler with -O3
    Wasm2c,
    /// wamrc, iwasm
    Wamr,
    /// No peer at all
    None,
}

/// Values of `--no-peer`: the other ways to run a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum PeerName {
    /// wasmtime compile, wasmtime run
    Wasmtime,
    /// wasmer compile, wasmer run
    Wasmer,
    /// node with its node:wasi
    Node,
    /// wasm2c, then a C compiler with -O3
    Wasm2c,
    /// wamrc, iwasm
    Wamr,
}

impl PeerChoice {
    /// The peer, if it is one.
    pub fn name(self) -> Option<PeerName> {
        match self {
            PeerChoice::Wasmtime => Some(PeerName::Wasmtime),
            PeerChoice::Wasmer => Some(PeerName::Wasmer),
            PeerChoice::Node => Some(PeerName::Node),
            PeerChoice::Wasm2c => Some(PeerName::Wasm2c),
            PeerChoice::Wamr => Some(PeerName::Wamr),
            PeerChoice::None => None,
        }
    }
}
