//! `wasm2exe bench`: measures programs, compiled by wasm2exe and run in other ways, and shows how they compare.

mod args;
mod contest;
mod corpus;
mod figures;
mod invocation;
mod peers;
mod progress;
mod report;
mod results;
mod subject;
mod svg;
mod table;
mod toolchain;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

pub use args::BenchArgs;
use contest::{Entrant, Rules};
use corpus::{Language, Program};
use peers::{Found, Job, NATIVE, OURS, PEERS};
use progress::Progress;
use results::{Contender, Machine, Measure, Results};
use subject::Subject;
use toolchain::{Native, Toolchain};

use crate::cache;
use crate::scratch::Scratch;
use crate::sources::is_stdio;

/// Measures what the command line asks for, or takes what was measured before, and shows it.
pub fn bench(args: &BenchArgs) -> Result<()> {
    if args.list {
        return list();
    }
    let results = match &args.from {
        Some(path) => Results::read(path)?,
        None => measure(args)?,
    };
    type Render = fn(&Results) -> Result<String>;
    let outputs: [(&Option<PathBuf>, Render); 3] = [
        (&args.json, Results::json),
        (&args.markdown, |results| Ok(report::markdown(results))),
        (&args.svg, |results| Ok(svg::svg(results))),
    ];
    for (path, render) in outputs {
        if let Some(path) = path {
            write(path, &render(&results)?)?;
        }
    }
    // What is written to standard output stands there alone.
    if ![&args.json, &args.markdown, &args.svg].into_iter().flatten().any(|path| is_stdio(path)) {
        write(Path::new("-"), &report::text(&results))?;
    }
    if !results.are_right() {
        bail!("not everything was measured as it should be: see what failed or is wrong above, or in the results");
    }
    Ok(())
}

/// Prints what the corpus holds.
fn list() -> Result<()> {
    let mut lines = String::new();
    for Program { name, kind, about, .. } in corpus::programs()? {
        lines.push_str(&format!("{name:<16} {kind:<14} {about}\n"));
    }
    write(Path::new("-"), &lines)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if is_stdio(path) {
        return io::stdout().write_all(text.as_bytes()).context("cannot write standard output");
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// What it takes to measure any program.
struct Bench<'a> {
    args: &'a BenchArgs,
    scratch: Scratch,
    toolchain: Toolchain,
    peers: Vec<Found>,
    /// This program.
    tool: PathBuf,
}

/// A module with what is known about it.
struct Ready {
    row: results::Program,
    module: PathBuf,
    native: Option<Result<Native, String>>,
    args: Vec<OsString>,
    stdin: Option<PathBuf>,
    is_threaded: bool,
}

fn measure(args: &BenchArgs) -> Result<Results> {
    let subjects = subject::select(args)?;
    let scratch = Scratch::new()?;
    let sources = scratch.path().join("corpus");
    corpus::write(&sources)?;
    // Packages of many crates are worth being kept built.
    let packages = cache::base().unwrap_or_else(|| scratch.path().join("cache")).join("wasm2exe-bench");
    let made = scratch.path().join("made");
    fs::create_dir(&made).with_context(|| format!("cannot write {}", made.display()))?;
    let toolchain = Toolchain::new(sources, made, packages, args.target_cpu);
    let mut results = Results::new(Machine::this(), args.target_cpu, args.runs);
    let peers = find_peers(args, &mut results);
    let tool = std::env::current_exe().context("cannot tell where this program is")?;
    let bench = Bench { args, scratch, toolchain, peers, tool };
    let mut progress = Progress::new(subjects.len());
    for subject in &subjects {
        results.programs.push(bench.subject(subject, &mut progress)?);
        // What takes an hour is not to be lost in its last minute.
        if let Some(path) = args.json.as_ref().filter(|path| !is_stdio(path)) {
            write(path, &results.json()?)?;
        }
    }
    progress.finish();
    Ok(results)
}

/// Lists all contenders in the results; the peers that are there.
fn find_peers(args: &BenchArgs, results: &mut Results) -> Vec<Found> {
    let how = "compiled at -O2".to_string();
    let version = Some(format!("wasm2exe {}", env!("CARGO_PKG_VERSION")));
    results.contenders.push(Contender { name: OURS.into(), version, how });
    if !args.no_native {
        let version = Toolchain::host_version();
        let how = match version {
            Some(_) => "the same sources, compiled by this one with -O3, or by rustc at the same level",
            None => "not found; install clang or another C compiler",
        };
        results.contenders.push(Contender { name: NATIVE.into(), version, how: how.into() });
    }
    let is_wanted = |peer: &peers::Peer| match args.peer.is_empty() {
        true => !args.no_peer.contains(&peer.name),
        false => args.peer.iter().any(|choice| choice.name() == Some(peer.name)),
    };
    let mut found = Vec::new();
    for peer in PEERS.iter().filter(|peer| is_wanted(peer)) {
        let there = peer.find();
        results.contenders.push(peer.contender(there.as_ref()));
        found.extend(there);
    }
    for options in &args.also {
        let version = Some(format!("wasm2exe {}", env!("CARGO_PKG_VERSION")));
        results.contenders.push(Contender {
            name: also_name(options),
            version,
            how: format!("compiled at -O2 with {options}"),
        });
    }
    found
}

/// What the tables call wasm2exe with other options.
fn also_name(options: &str) -> String {
    format!("with {options}")
}

impl Bench<'_> {
    /// Measures one module; what cannot be built is skipped.
    fn subject(&self, subject: &Subject, progress: &mut Progress) -> Result<results::Program> {
        let mut row = match subject {
            Subject::Module(path) => results::Program::new(&path.display().to_string(), "modules", None),
            Subject::Program(program, input) => {
                let input = program.has_simd_build().then_some(*input);
                results::Program {
                    about: program.about.clone(),
                    ..results::Program::new(&program.name, &program.kind, input)
                }
            }
        };
        progress.begin(&row.title());
        let ready = match subject {
            Subject::Module(path) => self.given(path, row)?,
            Subject::Program(program, input) => match self.toolchain.module(program, *input) {
                Ok(module) => self.built(program, module, row),
                Err(reason) => {
                    progress.warn(&format!("{}: skipped: {reason}", row.title()));
                    row.skipped = Some(reason);
                    progress.end("skipped");
                    return Ok(row);
                }
            },
        };
        let row = self.contest(ready, progress)?;
        progress.end(&digest(&row));
        Ok(row)
    }

    /// A module in a file, in whatever format.
    fn given(&self, path: &Path, row: results::Program) -> Result<Ready> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bytes = wat::parse_bytes(&bytes).with_context(|| path.display().to_string())?;
        let module = self.scratch.path().join("module.wasm");
        fs::write(&module, &bytes).with_context(|| format!("cannot write {}", module.display()))?;
        let is_threaded = bytes.windows(12).any(|part| part == b"thread-spawn");
        let args = self.args.program_args.clone();
        Ok(Ready { row, module, native: None, args, stdin: self.args.stdin.clone(), is_threaded })
    }

    /// A program of the corpus.
    fn built(&self, program: &Program, module: PathBuf, row: results::Program) -> Ready {
        let has_native =
            program.has_native_build() && !self.args.no_native && program.language().ok() != Some(Language::Text);
        Ready {
            row,
            module,
            native: has_native.then(|| self.toolchain.native(program)),
            args: program.args.iter().map(OsString::from).collect(),
            stdin: program.stdin.as_ref().map(|file| self.scratch.path().join("corpus").join(file)),
            is_threaded: program.is_threaded(),
        }
    }

    /// Lets all contenders run a module.
    fn contest(&self, ready: Ready, progress: &Progress) -> Result<results::Program> {
        let place = self.scratch.path().join("contest");
        let job = |name: &str| -> Result<Job<'_>> {
            let directory = place.join(name);
            fs::create_dir_all(&directory).with_context(|| format!("cannot write {}", directory.display()))?;
            Ok(Job {
                module: &ready.module,
                directory,
                args: &ready.args,
                stdin: ready.stdin.as_deref(),
                is_threaded: ready.is_threaded,
                processor: self.args.target_cpu,
            })
        };
        let mut entrants = Vec::new();
        let mut enter = |name: &str, plans| entrants.push(Entrant { name: name.into(), plans });
        // The native program says what is right.
        if let Some(native) = ready.native {
            match native {
                Ok(native) => enter(NATIVE, Ok(vec![peers::native_plan(&job(NATIVE)?, &native)])),
                Err(reason) => enter(NATIVE, Err(reason)),
            }
        }
        enter(OURS, Ok(vec![peers::our_plan(&job(OURS)?, &self.tool, "")]));
        for peer in &self.peers {
            enter(peer.peer.title, peer.plans(&job(peer.peer.title)?));
        }
        for (at, options) in self.args.also.iter().enumerate() {
            enter(&also_name(options), Ok(vec![peers::our_plan(&job(&format!("also-{at}"))?, &self.tool, options)]));
        }
        let is_start_up = ready.row.kind == "start-up";
        let measure = match (is_start_up, ready.is_threaded) {
            (true, _) => Measure::StartUp,
            (false, true) => Measure::Wall,
            (false, false) => Measure::Cpu,
        };
        let rules = Rules { measure, runs: self.args.runs.into(), time_limit: self.args.time_limit };
        let (measure, results) = contest::hold(entrants, &rules, progress);
        let module_size = ready.module.metadata().map_or(0, |data| data.len());
        // Nothing of it is needed again, and it may be large.
        let _ = fs::remove_dir_all(&place);
        Ok(results::Program { module_size, measure, results, ..ready.row })
    }
}

/// A program's results in a line.
fn digest(program: &results::Program) -> String {
    let ratios = program.results.iter().filter(|outcome| outcome.contender != OURS);
    let ratio = |outcome: &results::Outcome| {
        let ratio = figures::Metric::Time.ratio(program, OURS, &outcome.contender);
        ratio.map(|ratio| format!("{} of {}", figures::ratio(ratio.value), outcome.contender))
    };
    let ratios: Vec<String> = ratios.filter_map(ratio).collect();
    match figures::Metric::Time.median(program, OURS) {
        Some(time) => [vec![figures::seconds(time)], ratios].concat().join(", "),
        None => "failed".into(),
    }
}
