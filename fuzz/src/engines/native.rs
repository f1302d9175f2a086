//! This product: the module becomes an executable, linked with the driver of the specification's tests, which calls the exports.

use crate::case::{Case, FUEL};
use crate::panics;
use crate::trace::{Outcome, Trace};
use abi::layout::value;
use abi::trap::TrapKind;
use compiler::{Cpu, Input, MemoryBase, MemoryStrategy, OptLevel, Options, Pass};
use embedded::{Reply, Run, Script, Value};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A process that takes longer hangs: fuel allows for milliseconds.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Compiles, links and runs.
pub struct Native {
    /// The driver's archive.
    pub archive: PathBuf,
    /// Where executables are built; nobody else uses it.
    pub directory: PathBuf,
}

/// A way to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As users do.
    Default,
    /// `-O0`.
    O0,
    /// `-O1`.
    O1,
    /// `--memory checked`.
    Checked,
    /// `--memory-base any`.
    AnyBase,
    /// `--target-cpu native`.
    Native,
    /// The collector runs as often as it can.
    HeapStress,
    /// `--disable-pass`.
    Without(Pass),
}

/// The most bytes of objects; the other engines stop where they please.
const HEAP_LIMIT: u64 = 16 << 20;

impl Variant {
    /// Those that take turns beside the default.
    pub fn others() -> impl ExactSizeIterator<Item = Variant> + Clone {
        const OTHERS: [Variant; 6] =
            [Variant::O0, Variant::O1, Variant::Checked, Variant::AnyBase, Variant::Native, Variant::HeapStress];
        let count = OTHERS.len() + Pass::ALL.len();
        (0..count).map(|at| OTHERS.get(at).copied().unwrap_or_else(|| Variant::Without(Pass::ALL[at - OTHERS.len()])))
    }

    /// Its options on the command line.
    pub fn name(self) -> String {
        let name = match self {
            Variant::Without(pass) => return format!("--disable-pass {}", pass.name()),
            Variant::Default => "-O2",
            Variant::O0 => "-O0",
            Variant::O1 => "-O1",
            Variant::Checked => "--memory checked",
            Variant::AnyBase => "--memory-base any",
            Variant::Native => "--target-cpu native",
            Variant::HeapStress => "heap stress",
        };
        name.to_string()
    }

    fn options(self) -> Options {
        let mut options = Options { all_exports: true, threads: 1, max_heap: HEAP_LIMIT, ..Options::default() };
        match self {
            Variant::Default => {}
            Variant::O0 => options.opt_level = OptLevel::None,
            Variant::O1 => options.opt_level = OptLevel::Basic,
            Variant::Checked => options.memory = MemoryStrategy::Checked,
            Variant::AnyBase => options.memory_base = MemoryBase::Any,
            Variant::Native => options.cpu = Cpu::Native,
            Variant::HeapStress => options.heap_stress = true,
            Variant::Without(pass) => options.disabled_passes.insert(pass),
        }
        options
    }
}

impl Native {
    /// Runs a case. `wasm` is the module to compile, which is the case's own unless a defect is put in.
    ///
    /// # Errors
    /// A defect: what failed, in words.
    pub fn run(&self, case: &Case, wasm: &[u8], variant: Variant) -> Result<Trace, String> {
        let options = variant.options();
        let input = Input { name: "", file: "case.wasm", bytes: wasm };
        let compiled = panics::catch(|| compiler::compile(&[input], &options, &|_, _| ()));
        let output = compiled
            .map_err(|message| format!("the compiler panics: {message}"))?
            .map_err(|error| format!("the compiler refuses a valid module: {error}"))?;
        let executable = embedded::link(&self.directory, &output, &self.archive)
            .map_err(|error| format!("it does not link: {error}"))?;
        execute(&executable, &self.directory, case)
    }
}

fn execute(executable: &Path, directory: &Path, case: &Case) -> Result<Trace, String> {
    let run = embedded::run(executable, directory, &script(case), TIME_LIMIT)
        .map_err(|error| format!("it does not run: {error}"))?;
    let Run { replies, ending } = run;
    let mut replies = replies.into_iter();
    let mut next = || replies.next().ok_or_else(|| ending.clone());
    let mut trace = Trace::default();
    trace.outcomes.push(outcome(next()?)?);
    if !matches!(trace.outcomes[0], Outcome::Results(_)) {
        return Ok(trace);
    }
    for call in &case.calls {
        if case.interface.fuel {
            outcome(next()?).map_err(|message| format!("fuel: {message}"))?;
        }
        let outcome = outcome(next()?).map_err(|message| format!("{}: {message}", call.name))?;
        trace.outcomes.push(outcome);
    }
    for name in &case.interface.globals {
        match next()? {
            Reply::Results(values) if values.len() == 1 => trace.globals.push(values[0]),
            other => return Err(format!("global {name}: {other}")),
        }
    }
    match next()? {
        Reply::Results(values) => {
            trace.memories = values.iter().map(|value| [value.bits as u64, (value.bits >> 64) as u64]).collect();
        }
        other => return Err(format!("memories: {other}")),
    }
    Ok(trace)
}

/// What [`execute`] reads the replies to.
fn script(case: &Case) -> Script {
    let mut script = Script::default();
    script.instantiate(0);
    for call in &case.calls {
        if case.interface.fuel {
            script.set(0, FUEL, Value { ty: value::I32, bits: u128::from(case.fuel as u32) });
        }
        script.invoke(0, &call.name, &call.arguments);
    }
    for name in &case.interface.globals {
        script.get(0, name);
    }
    script.memories(0);
    script
}

fn outcome(reply: Reply) -> Result<Outcome, String> {
    Ok(match reply {
        Reply::Results(values) => Outcome::Results(values),
        // The other engines do not tell these apart.
        Reply::Trap(TrapKind::UndefinedElement) => Outcome::Trap(TrapKind::TableOutOfBounds),
        Reply::Trap(TrapKind::HeapOutOfMemory) => Outcome::Limit(TrapKind::HeapOutOfMemory.message().to_string()),
        Reply::Trap(kind) => Outcome::Trap(kind),
        Reply::Exception => Outcome::Exception,
        Reply::Failure(message) => return Err(message),
    })
}
