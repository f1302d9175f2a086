//! What was measured: everything that the tables and the chart show, as it is stored in JSON. Times are in seconds, sizes and
//! memory in bytes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// Version of the format.
const FORMAT: u32 = 1;

/// Results of one call of `wasm2exe bench`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Results {
    /// Version of the format.
    pub format: u32,
    /// The machine that everything ran on.
    pub machine: Machine,
    /// Processor that all contenders may assume, as far as they can be told.
    pub target_cpu: Processor,
    /// Interleaved runs of each contender.
    pub runs: u16,
    /// Who took part, wasm2exe first, and who was looked for in vain.
    pub contenders: Vec<Contender>,
    /// What ran: those of one kind are next to each other.
    pub programs: Vec<Program>,
}

/// A machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Machine {
    /// Name of its processor.
    pub processor: String,
    /// Threads it can run at once.
    pub threads: usize,
    /// Kernel and architecture.
    pub system: String,
}

/// Values of `--target-cpu`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// Any one of this architecture
    Baseline,
    /// This machine's
    Native,
}

/// A way to run programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contender {
    /// Its name in the tables.
    pub name: String,
    /// What it says about its version; none when it was not found.
    pub version: Option<String>,
    /// How it is used; or how to get it, when it was not found.
    pub how: String,
}

/// Values of `--input`: how a module was built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Input {
    /// Without vector instructions
    Scalar,
    /// With vector instructions
    Simd,
}

/// What counts as a program's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Processor time.
    Cpu,
    /// Wall time: the program runs on several threads.
    Wall,
    /// Wall time of a program that just starts and ends, from many runs.
    StartUp,
}

/// A program, or one of two builds of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Program {
    /// Its name.
    pub name: String,
    /// Group of the tables.
    pub kind: String,
    /// How its module was built, where that can be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Input>,
    /// What it does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// Size of its module.
    pub module_size: u64,
    /// What counts.
    pub measure: Measure,
    /// Why nothing was measured, and the remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// One for each contender that there was for it.
    pub results: Vec<Outcome>,
}

/// How a contender did with a program.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Its name.
    pub contender: String,
    /// Why there are no figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// Processor time of each run.
    #[serde(default)]
    pub cpu: Vec<f64>,
    /// Wall time of each run.
    #[serde(default)]
    pub wall: Vec<f64>,
    /// Peak memory of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Size of what is run: an executable, or the file that the peer loads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Machine code in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_size: Option<u64>,
    /// Compiling the module on one thread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile_one_thread: Option<Compile>,
    /// Compiling it on all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile: Option<Compile>,
}

/// Why a contender has no figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// It cannot compile or run the program.
    Failed(String),
    /// The program ran and gave another answer than in the first contender.
    Wrong(String),
}

/// What compiling took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compile {
    /// Wall time of each run.
    pub wall: Vec<f64>,
    /// Processor time of each run.
    pub cpu: Vec<f64>,
    /// Largest peak memory.
    pub memory: u64,
}

impl Results {
    /// Empty results.
    pub fn new(machine: Machine, target_cpu: Processor, runs: u16) -> Results {
        Results { format: FORMAT, machine, target_cpu, runs, contenders: Vec::new(), programs: Vec::new() }
    }

    /// Reads results that were stored.
    pub fn read(path: &Path) -> Result<Results> {
        let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let results: Results =
            serde_json::from_slice(&text).with_context(|| format!("{} holds no results", path.display()))?;
        ensure!(
            results.format == FORMAT,
            "{} has format {}, not {FORMAT}: measure again",
            path.display(),
            results.format
        );
        Ok(results)
    }

    /// The form in which they are stored.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Whether wasm2exe did everything and nobody gave a wrong answer.
    pub fn are_right(&self) -> bool {
        let outcomes = || self.programs.iter().flat_map(|program| &program.results);
        let is_wrong = |outcome: &Outcome| matches!(outcome.failure, Some(Failure::Wrong(_)));
        let is_ours = |outcome: &Outcome| self.contenders.first().is_some_and(|ours| ours.name == outcome.contender);
        let is_bad = |outcome: &Outcome| is_wrong(outcome) || (is_ours(outcome) && outcome.failure.is_some());
        outcomes().next().is_some() && !outcomes().any(is_bad)
    }
}

impl Program {
    /// One that was not measured yet.
    pub fn new(name: &str, kind: &str, input: Option<Input>) -> Program {
        Program {
            name: name.into(),
            kind: kind.into(),
            input,
            about: String::new(),
            module_size: 0,
            measure: Measure::Cpu,
            skipped: None,
            results: Vec::new(),
        }
    }

    /// How a contender did, if it took part and has figures.
    pub fn valid(&self, contender: &str) -> Option<&Outcome> {
        self.results.iter().find(|outcome| outcome.contender == contender && outcome.failure.is_none())
    }

    /// What the tables call it.
    pub fn title(&self) -> String {
        match self.input {
            Some(Input::Simd) => format!("{}, SIMD", self.name),
            _ => self.name.clone(),
        }
    }

    /// The times that count.
    pub fn times<'a>(&self, outcome: &'a Outcome) -> &'a [f64] {
        match self.measure {
            Measure::Cpu => &outcome.cpu,
            Measure::Wall | Measure::StartUp => &outcome.wall,
        }
    }
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Machine {
            processor: name.map_or("unknown processor", |(_, name)| name.trim()).to_string(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("Linux {} on {}", release.trim(), std::env::consts::ARCH),
        }
    }
}
