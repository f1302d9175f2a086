//! Translates WebAssembly modules into relocatable native objects.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod analyze;
mod codegen;
mod compact;
mod constant;
mod data;
mod debug;
mod error;
mod exception;
mod filter;
mod hardening;
mod heap;
mod inspect;
mod instance;
mod isa;
mod limits;
mod memory_plan;
mod module;
mod names;
mod object_file;
mod options;
mod parse;
mod passes;
mod program;
mod proposal;
mod scan;
mod stack_maps;
mod symbols;
mod target;
mod throws;
mod translate;
mod types;

use std::borrow::Cow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use abi::wasi::THREAD_START;
use cranelift_codegen::isa::TargetIsa;

pub use error::{Error, ImportError, ImportReason, Place, Result};
pub use inspect::{Description, ImportDescription, MemoryDescription, inspect};
pub use options::{
    Cpu, Emit, Entry, GrowthLimit, Harden, Input, MemoryBase, MemoryStrategy, OptLevel, Options, accepted_features,
};
pub use passes::{Pass, PassSet};
pub use target::Target;

use analyze::Facts;
use codegen::Job;
use debug::SourceLines;
use module::Entity;
use object_file::ObjectFile;
use program::Program;
use symbols::Symbols;
use translate::Environment;

/// What a compilation produces.
#[derive(Debug, Default)]
pub struct Output {
    /// One relocatable object per module, in the order of the inputs, to be linked together with the runtime. Empty unless
    /// [`Emit::Object`] was asked for.
    pub objects: Vec<Object>,
    /// Text of [`Emit::Asm`] and [`Emit::Clif`].
    pub listing: String,
    /// What the user should know: nothing to run, ignored custom sections.
    pub warnings: Vec<String>,
    /// Host functions that stay reachable, as (module, name), sorted.
    pub host_functions: Vec<(&'static str, &'static str)>,
    /// Whether the program may start threads: it takes the build of the runtime for those.
    pub threads: bool,
    /// Wall time of each phase in seconds, in order.
    pub timings: Vec<(&'static str, f64)>,
    /// Bytes of machine code.
    pub code_size: usize,
    /// Functions compiled, of all functions defined.
    pub functions: (usize, usize),
}

/// A relocatable object.
#[derive(Debug)]
pub struct Object {
    /// A file name for it, unique within the program, made of safe characters.
    pub file_name: String,
    /// The ELF object.
    pub bytes: Vec<u8>,
}

/// Compiles a program: `inputs` in instantiation order, the main module last.
///
/// `progress(done, total)` is told how many functions are compiled; it may be called from several threads.
///
/// # Errors
/// Any [`Error`]; nothing is written anywhere.
pub fn compile(inputs: &[Input<'_>], options: &Options, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Output> {
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut output = Output::default();
    let mut clock = Clock(Instant::now());

    let binaries = inputs.iter().map(binary).collect::<Result<Vec<_>>>()?;
    let mut context = parse::Context::default();
    let modules = inputs.iter().zip(&binaries);
    let modules = modules.map(|(input, bytes)| parse::parse(input, bytes, &mut context, &mut output.warnings));
    let modules = modules.collect::<Result<Vec<_>>>()?;
    clock.lap("parse", &mut output);

    let uses = modules.iter().zip(&binaries).map(|(module, bytes)| scan::scan(module, bytes, threads));
    let uses = uses.collect::<Result<Vec<_>>>()?;
    clock.lap("validate", &mut output);

    let program = program::link(modules, uses, context.types)?;
    let facts = analyze::analyze(&program, options)?;
    limits::check(&program, &facts, options)?;
    let symbols = symbols::declare(&program, &facts);
    let isa = isa::build(options, options.opt_level, false, facts.threads)?;
    let framed_isa = isa::build(options, options.opt_level, true, facts.threads)?;
    let fast_isa = isa::build(options, OptLevel::None, true, facts.threads)?;
    clock.lap("analyze", &mut output);

    output.host_functions = facts.host_functions.keys().copied().collect();
    output.threads = facts.threads;
    output.warnings.extend(nothing_to_run(&program, &facts, options));
    output.warnings.extend(no_thread_start(&program, &facts));
    let work = Work {
        program: &program,
        facts: &facts,
        symbols: &symbols,
        options,
        isa: &*isa,
        framed_isa: &*framed_isa,
        fast_isa: &*fast_isa,
        threads,
        progress,
    };
    work.compile_modules(&mut output, &mut clock)?;
    Ok(output)
}

/// The binary form of an input; text is translated.
fn binary<'a>(input: &Input<'a>) -> Result<Cow<'a, [u8]>> {
    wat::parse_bytes(input.bytes).map_err(|error| {
        let mut error = error;
        error.set_path(input.file);
        Error::Text { file: input.file.to_string(), message: error.to_string() }
    })
}

fn nothing_to_run(program: &Program, facts: &Facts, options: &Options) -> Option<String> {
    let main = program.main();
    let nothing = facts.entries.entry.is_none() && !options.all_exports;
    nothing.then(|| {
        format!(
            "{}: exports no \"_start\", so the executable only instantiates it; --invoke NAME calls an export",
            main.file
        )
    })
}

fn no_thread_start(program: &Program, facts: &Facts) -> Option<String> {
    let missing = facts.threads && facts.entries.thread_start.is_none();
    missing.then(|| {
        let file = program.main().file;
        format!("{file}: imports \"thread-spawn\" but exports no \"{THREAD_START}\", so no thread can be started")
    })
}

/// Laps of wall time.
struct Clock(Instant);

impl Clock {
    fn lap(&mut self, phase: &'static str, output: &mut Output) {
        let now = Instant::now();
        output.timings.push((phase, (now - self.0).as_secs_f64()));
        self.0 = now;
    }
}

/// Everything known before the first function is compiled.
struct Work<'a> {
    program: &'a Program<'a>,
    facts: &'a Facts,
    symbols: &'a Symbols,
    options: &'a Options,
    isa: &'a dyn TargetIsa,
    framed_isa: &'a dyn TargetIsa,
    fast_isa: &'a dyn TargetIsa,
    threads: usize,
    progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Work<'_> {
    fn compile_modules(&self, output: &mut Output, clock: &mut Clock) -> Result<()> {
        let modules = self.program.modules.len();
        let plans: Vec<Plan> = (0..modules).map(|module| self.plan(module)).collect();
        let total = plans.iter().map(|plan| plan.jobs.len()).sum();
        let done = AtomicUsize::new(0);
        for (module, plan) in plans.into_iter().enumerate() {
            let env = self.environment(module);
            let mut object = ObjectFile::new(env);
            codegen::compile_all(env, &plan.jobs, self.threads, |index, mut compiled| {
                (self.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                output.code_size += compiled.code.len();
                output.listing.push_str(&std::mem::take(&mut compiled.listing));
                object.add_function(&plan.jobs[index], compiled)
            })?;
            let bodies = plan.jobs.iter().filter(|job| matches!(job, Job::Body(..))).count();
            output.functions.0 += bodies;
            output.functions.1 += env.parsed().bodies.len();
            clock.lap("compile", output);
            if self.options.emit == Emit::Object {
                data::emit(env, &mut object, &plan.steps, &plan.exports)?;
                if self.options.debug_info {
                    let source = SourceLines::read(env.parsed()).unwrap_or_else(|error| {
                        let file = env.parsed().file;
                        output.warnings.push(format!("{file}: the DWARF sections are malformed and ignored: {error}"));
                        SourceLines::default()
                    });
                    debug::emit(env, &mut object, &source)?;
                }
                output.objects.push(Object { file_name: format!("m{module}.o"), bytes: object.finish()? });
                clock.lap("object", output);
            }
        }
        Ok(())
    }

    fn environment(&self, module: usize) -> Environment<'_> {
        Environment {
            program: self.program,
            facts: self.facts,
            symbols: self.symbols,
            options: self.options,
            isa: self.isa,
            framed_isa: self.framed_isa,
            fast_isa: self.fast_isa,
            module,
        }
    }

    fn plan(&self, module: usize) -> Plan {
        let env = self.environment(module);
        let parsed = env.parsed();
        let live = self.facts.live.iter().filter(|location| location.module == module);
        let mut jobs: Vec<Job> = live
            .map(|location| match parsed.body_index(location.index) {
                Some(body) => Job::Body(location.index, body),
                None => Job::HostThunk(location.index),
            })
            .collect();
        let exports = self.exports(module);
        let mut exported: Vec<u32> = exports
            .iter()
            .filter_map(|(_, entity)| match entity {
                Entity::Function(index) => Some(*index),
                _ => None,
            })
            .collect();
        exported.sort_unstable();
        exported.dedup();
        jobs.extend(exported.into_iter().map(Job::Trampoline));
        let steps = translate::initializer_steps(&env);
        jobs.extend((0..).zip(translate::initializer_parts(&steps)).map(|(part, steps)| Job::Initializer(part, steps)));
        Plan { jobs, steps, exports }
    }

    /// What the export table of a module lists.
    fn exports(&self, module: usize) -> Vec<(String, Entity)> {
        if self.options.all_exports {
            let exports = self.program.modules[module].exports.iter();
            let exports = exports.filter(|(_, entity)| matches!(entity, Entity::Function(_) | Entity::Global(_)));
            return exports.map(|(name, entity)| (name.to_string(), *entity)).collect();
        }
        if module + 1 < self.program.modules.len() {
            return Vec::new();
        }
        let entries = &self.facts.entries;
        let entries = entries.entry.iter().chain(&entries.initialize).chain(&entries.thread_start);
        entries.map(|(name, index)| (name.clone(), Entity::Function(*index))).collect()
    }
}

/// What to do for one module.
struct Plan {
    jobs: Vec<Job>,
    steps: Vec<translate::Step>,
    exports: Vec<(String, Entity)>,
}
