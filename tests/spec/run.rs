//! Carries out a plan: compiles and links each program with the driver, runs it, compares what it replies.

use crate::script::{Action, Check, Expected, Kind, Module, Outcome, Program, Step};
use abi::trap::TrapKind;
use compiler::{Error, Input, Options};
use embedded::{Reply, Run, Script, list};
use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use wasmparser::{Validator, WasmFeatures};

/// A program that runs longer than this hangs; the longest takes seconds on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Builds and runs programs.
pub struct Runner {
    /// How to compile.
    pub options: Options,
    /// Archive of runtime and driver.
    pub driver: PathBuf,
    /// Where executables are built.
    pub directory: PathBuf,
    /// Keep executables and scripts.
    pub keep: bool,
    /// What came of every program so far, by what it is: folders repeat each other's scripts.
    pub replies: Mutex<HashMap<Vec<u8>, Arc<OnceLock<Run>>>>,
    /// What was verified in all.
    pub verified: Mutex<verify::Report>,
    /// Microseconds spent in each of [`PHASES`], over all threads.
    pub spent: [AtomicU64; PHASES.len()],
}

/// What takes time.
const PHASES: [&str; 4] = ["compiling", "verifying", "linking", "running"];
const COMPILING: usize = 0;
const VERIFYING: usize = 1;
const LINKING: usize = 2;
const RUNNING: usize = 3;

impl Runner {
    /// Whether the compiler judges a module as expected.
    pub fn check(&self, file: &str, check: &Check) -> Outcome {
        let compiled = self.timed(COMPILING, || self.compile(file, &check.modules));
        let result = match (check.kind, compiled) {
            (Kind::Definition, Ok(_) | Err(Error::Link(_))) => Ok(()),
            (Kind::Definition, Err(error)) => Err(format!("expected a valid module, got: {error}")),
            (Kind::Unlinkable, Err(error @ Error::Link(_))) if error.to_string().contains(&check.message) => Ok(()),
            (Kind::Invalid | Kind::Malformed, Err(Error::Invalid { .. } | Error::Text { .. })) => Ok(()),
            // What only later proposals could make valid, and the compiler refuses as such.
            (Kind::Invalid | Kind::Malformed, Err(Error::Unsupported { .. })) if !is_valid(check) => Ok(()),
            (_, Ok(_)) => Err(format!("expected the error \"{}\", it compiles", check.message)),
            (_, Err(error)) => Err(format!("expected the error \"{}\", got: {error}", check.message)),
        };
        Outcome { line: check.line, kind: check.kind, result }
    }

    /// Runs all steps of a program in one process. `name` tells its files from those of other programs.
    pub fn program(&self, file: &str, name: &str, program: &Program) -> Vec<Outcome> {
        let directory = self.directory.join(name);
        let script = script(program);
        let once = self
            .replies
            .lock()
            .expect("no worker panics")
            .entry(identity(program, script.bytes()))
            .or_default()
            .clone();
        let replies = once.get_or_init(|| {
            let replies = match self.build(file, &directory, &program.modules) {
                Ok(executable) => self.timed(RUNNING, || execute(&executable, &directory, &script)),
                Err(ending) => Run { replies: Vec::new(), ending },
            };
            if !self.keep {
                // What cannot be removed now goes with the whole temporary directory.
                let _ = fs::remove_dir_all(&directory);
            }
            replies
        });
        outcomes(program, replies)
    }

    /// Number of different programs so far.
    pub fn programs(&self) -> usize {
        self.replies.lock().expect("no worker panics").len()
    }

    /// Seconds by phase, over all threads.
    pub fn time_spent(&self) -> String {
        let seconds = self.spent.iter().map(|spent| spent.load(Ordering::Relaxed) as f64 / 1e6);
        PHASES
            .iter()
            .zip(seconds)
            .map(|(phase, seconds)| format!("{phase} {seconds:.1} s"))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn compile(&self, file: &str, modules: &[Module]) -> compiler::Result<compiler::Output> {
        let files: Vec<String> = modules.iter().map(|module| format!("{file}:{}", module.line)).collect();
        let inputs: Vec<Input<'_>> = modules
            .iter()
            .zip(&files)
            .map(|(module, file)| Input { name: &module.name, file, bytes: &module.bytes })
            .collect();
        compiler::compile(&inputs, &self.options, &|_, _| ())
    }

    fn build(&self, file: &str, directory: &Path, modules: &[Module]) -> Result<PathBuf, String> {
        let output = self
            .timed(COMPILING, || self.compile(file, modules))
            .map_err(|error| format!("compiling failed: {error}"))?;
        self.timed(VERIFYING, || self.verify(&output))?;
        self.timed(LINKING, || embedded::link(directory, &output, &self.driver))
            .map_err(|error| format!("linking failed: {error}"))
    }

    /// Checks the code independently of how it was made, see compiler/verify.
    fn verify(&self, output: &compiler::Output) -> Result<(), String> {
        if self.options.target != compiler::Target::X86_64Linux {
            return Ok(());
        }
        let objects: Vec<&[u8]> = output.objects.iter().map(|object| &*object.bytes).collect();
        let report = verify::verify(&objects).map_err(|error| error.to_string())?;
        self.verified.lock().expect("no worker panics").add(&report);
        match report.findings.first() {
            Some(finding) => Err(format!("{} findings in the code; {finding}", report.findings.len())),
            None => Ok(()),
        }
    }

    fn timed<T>(&self, phase: usize, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.spent[phase].fetch_add(start.elapsed().as_micros() as u64, Ordering::Relaxed);
        result
    }
}

/// Whether the module of a check is valid with all that the folders of the suite are about, taken together.
fn is_valid(check: &Check) -> bool {
    let features =
        WasmFeatures::WASM3 | WasmFeatures::THREADS | WasmFeatures::CUSTOM_PAGE_SIZES | WasmFeatures::WIDE_ARITHMETIC;
    let module = check.modules.last().expect("a check is about a module");
    let binary = wat::parse_bytes(&module.bytes);
    binary.is_ok_and(|binary| Validator::new_with_features(features).validate_all(&binary).is_ok())
}

/// What tells a program from others: its modules and its script.
fn identity(program: &Program, script: &[u8]) -> Vec<u8> {
    let mut identity = Vec::new();
    let modules = program.modules.iter().flat_map(|module| [module.name.as_bytes(), &module.bytes]);
    for part in modules.chain([script]) {
        identity.extend((part.len() as u64).to_le_bytes());
        identity.extend(part);
    }
    identity
}

/// Runs the executable with a script.
fn execute(executable: &Path, directory: &Path, script: &Script) -> Run {
    embedded::run(executable, directory, script, TIME_LIMIT)
        .unwrap_or_else(|error| Run { replies: Vec::new(), ending: format!("running failed: {error}") })
}

/// The commands of a program.
fn script(program: &Program) -> Script {
    let mut script = Script::default();
    if program.spectest {
        script.instantiate(0);
    }
    for step in &program.steps {
        match &step.action {
            Action::Instantiate => script.instantiate(step.module),
            Action::Register => {}
            Action::Invoke(function, arguments) => script.invoke(step.module, function, arguments),
            Action::Get(global) => script.get(step.module, global),
        }
    }
    script
}

/// Compares the replies with what each step expects.
fn outcomes(program: &Program, Run { replies, ending }: &Run) -> Vec<Outcome> {
    let ended = Reply::Failure(ending.clone());
    let mut replies = replies.iter();
    if program.spectest {
        // Without it, every module fails to link; that it instantiates shows in the first use of its memory or table.
        replies.next();
    }
    let mut instantiated = vec![false; program.modules.len()];
    let mut outcome = |step: &Step| {
        let result = if matches!(step.action, Action::Register) {
            instantiated[step.module].then_some(()).ok_or_else(|| "the module was not instantiated".to_string())
        } else {
            let reply = replies.next().unwrap_or(&ended);
            if matches!(step.action, Action::Instantiate) {
                instantiated[step.module] = matches!(reply, Reply::Results(_));
            }
            compare(&step.expected, reply)
        };
        let result = result.map_err(|message| format!("{}{message}", describe(&step.action)));
        Outcome { line: step.line, kind: step.kind, result }
    };
    program.steps.iter().map(&mut outcome).collect()
}

fn compare(expected: &Expected, reply: &Reply) -> Result<(), String> {
    let met = match (expected, reply) {
        (_, Reply::Failure(message)) => return Err(message.clone()),
        (Expected::Success, Reply::Results(_)) => true,
        (Expected::Values(patterns), Reply::Results(values)) => {
            patterns.len() == values.len() && patterns.iter().zip(values).all(|(it, value)| it.accepts(*value))
        }
        (Expected::Trap(text), Reply::Trap(kind)) => is_trap(text, *kind),
        (Expected::Exception, Reply::Exception) => true,
        _ => false,
    };
    if met { Ok(()) } else { Err(format!("expected {expected}, got {reply}")) }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Success => write!(f, "success"),
            Expected::Values(patterns) => write!(f, "{}", list(patterns)),
            Expected::Trap(text) => write!(f, "trap \"{text}\""),
            Expected::Exception => write!(f, "an exception"),
        }
    }
}

/// As in the reference interpreter, an assertion gives the beginning of the message. Some append the element's index,
/// "uninitialized element 7", which this runtime's messages do not have.
fn is_trap(text: &str, kind: TrapKind) -> bool {
    let text = text.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    // It also names the kind of the reference: "null function reference".
    if kind == TrapKind::NullReference {
        return text.starts_with("null ") && text.ends_with(" reference");
    }
    !text.is_empty() && kind.message().starts_with(text)
}

fn describe(action: &Action) -> String {
    match action {
        Action::Instantiate => "instantiation: ".into(),
        Action::Register => String::new(),
        Action::Invoke(name, arguments) => format!("{name:?}{}: ", list(arguments)),
        Action::Get(name) => format!("global {name:?}: "),
    }
}
