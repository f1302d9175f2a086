//! Function -> machine code, in parallel, handed over in order. At most [`WINDOW`] finished functions wait, so memory
//! stays bounded whatever the size of the module.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use abi::trap::{self, CALL_SITE, Site, TrapKind};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, ExternalName, TrapCode};
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::isa::unwind::UnwindInfo;
use cranelift_codegen::{CodegenResult, CompiledCode, Context, FinalizedMachReloc, FinalizedRelocTarget, settings};
use cranelift_frontend::FunctionBuilderContext;

use crate::compact::{self, Compacted, OffsetMap, Tasks};
use crate::error::{Error, Place, Result};
use crate::exception::{self, HandledCall};
use crate::options::Emit;
use crate::passes::{self, Pass};
use crate::program::Location;
use crate::scan::in_function;
use crate::stack_maps::{self, StackMap};
use crate::symbols::SymbolId;
use crate::translate::{self, Environment, SYMBOL_NAMESPACE, Step, Traits};

/// How many functions may be compiled before an earlier one is finished.
const WINDOW: usize = 4096;

/// How many jobs are begun in order of their size. Not more than [`WINDOW`]: those before never wait for those behind.
const CHUNK: usize = 1024;

/// Bytes of a body that take about as long to compile as a step of the initialiser.
const STEP_SIZE: usize = 16;

/// Cranelift's optimiser takes time quadratic in the depth of nested blocks; deeper functions go without.
const OPTIMISED_DEPTH: usize = 5000;

/// Code to make.
#[derive(Clone, Debug)]
pub enum Job {
    /// A function of the module, with its position in the code section.
    Body(u32, usize),
    /// A guest function for a host function.
    HostThunk(u32),
    /// An export callable from C.
    Trampoline(u32),
    /// What instantiates the module, or a part of that: its number and what it does. The last one is the whole.
    Initializer(u32, Vec<Step>),
}

/// What a relocation refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RelocationTarget {
    /// A guest function.
    Function(Location),
    /// A symbol.
    Symbol(SymbolId),
    /// This function's own code at an offset.
    Own(u32),
}

/// A place in the code that depends on an address.
#[derive(Clone, Copy, Debug)]
pub struct Relocation {
    /// Offset from the function's start.
    pub offset: u32,
    /// How the address is stored.
    pub kind: Reloc,
    /// Whose address.
    pub target: RelocationTarget,
    /// Added to it.
    pub addend: i64,
}

/// Machine code of one function.
#[derive(Default)]
pub struct Compiled {
    /// The instructions.
    pub code: Vec<u8>,
    /// Required alignment of the first one.
    pub alignment: u32,
    /// What to fill in.
    pub relocations: Vec<Relocation>,
    /// Stream of [`abi::trap`]; empty when there are no sites.
    pub traps: Vec<u8>,
    /// Where its calls leave references on the stack.
    pub stack_maps: Vec<StackMap>,
    /// Calls that have handlers of exceptions.
    pub handled_calls: Vec<HandledCall>,
    /// Name for backtraces.
    pub name: Option<String>,
    /// For debug information: (code offset, wasm offset from the body's start), ascending.
    pub lines: Vec<(u32, u32)>,
    /// For debug information.
    pub unwind: Option<UnwindInfo>,
    /// Text, when a listing was asked for.
    pub listing: String,
}

/// Compiles all jobs on `threads` threads and gives each result to `sink`, in order. One of these threads calls it at a time.
///
/// # Errors
/// The first job's that fails, or the sink's.
pub fn compile_all(
    env: Environment<'_>,
    jobs: &[Job],
    threads: usize,
    sink: impl FnMut(usize, Compiled) -> Result<()> + Send,
) -> Result<()> {
    let queue = Queue {
        order: order(env, jobs, threads),
        next: AtomicUsize::new(0),
        state: Mutex::default(),
        taken: Condvar::new(),
        sink: Mutex::new(sink),
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            // Cranelift recurses on deep data structures of large functions.
            let worker = std::thread::Builder::new().stack_size(64 << 20);
            let spawned = worker.spawn_scoped(scope, || queue.work(jobs, |job, state| compile(env, job, state)));
            if let Err(error) = spawned {
                queue.fail(Error::Option(format!("cannot start a compiler thread: {error}; try a smaller -j")));
            }
        }
    });
    queue.state.into_inner().unwrap_or_else(PoisonError::into_inner).failure.map_or(Ok(()), Err)
}

/// In which order jobs are begun. With several threads, of every [`CHUNK`] the largest come first, so that none is left to do when the
/// other threads have nothing to do any more.
fn order(env: Environment<'_>, jobs: &[Job], threads: usize) -> Vec<usize> {
    let bodies = &env.parsed().bodies;
    let size = |index: &usize| match &jobs[*index] {
        Job::Body(_, body) => bodies[*body].body.as_bytes().len(),
        Job::Initializer(_, steps) => steps.len() * STEP_SIZE,
        Job::HostThunk(_) | Job::Trampoline(_) => 0,
    };
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    if threads > 1 {
        order.chunks_mut(CHUNK).for_each(|chunk| chunk.sort_by_key(|index| std::cmp::Reverse(size(index))));
    }
    order
}

/// Results that wait for their turn. The thread that finishes the one whose turn it is hands over all that can be.
struct Queue<S> {
    /// The numbers of the jobs, as they are begun.
    order: Vec<usize>,
    /// How many are.
    next: AtomicUsize,
    state: Mutex<QueueState>,
    /// Results were taken, or there is a failure.
    taken: Condvar,
    sink: Mutex<S>,
}

#[derive(Default)]
struct QueueState {
    /// How many results were handed over.
    taken: usize,
    /// How many threads wait for that to change.
    waiting: usize,
    /// A thread is handing them over.
    is_taking: bool,
    results: BTreeMap<usize, Result<Compiled>>,
    /// Ends the work.
    failure: Option<Error>,
}

impl<S: FnMut(usize, Compiled) -> Result<()>> Queue<S> {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, jobs: &[Job], compile: impl Fn(&Job, &mut Worker) -> Result<Compiled>) {
        let mut worker = Worker::new();
        loop {
            let Some(&index) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)) else { return };
            let job = &jobs[index];
            if !self.wait_for_turn(index) {
                return;
            }
            // A panic in Cranelift must become an error rather than a wait without end.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compile(job, &mut worker)));
            let result = result.unwrap_or_else(|_| {
                worker = Worker::new();
                Err(Error::Internal { place: Place::default(), message: format!("the compiler panicked in {job:?}") })
            });
            self.hand_over(index, result);
        }
    }

    /// Waits until a job is within the window; false if there is a failure.
    fn wait_for_turn(&self, index: usize) -> bool {
        let mut state = self.lock();
        while state.failure.is_none() && index >= state.taken + WINDOW {
            state.waiting += 1;
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state.failure.is_none()
    }

    /// Adds a result, and gives the sink what has its turn, unless another thread does.
    fn hand_over(&self, index: usize, result: Result<Compiled>) {
        let mut state = self.lock();
        state.results.insert(index, result);
        if state.is_taking {
            return;
        }
        state.is_taking = true;
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        while state.failure.is_none() {
            let index = state.taken;
            let Some(result) = state.results.remove(&index) else { break };
            drop(state);
            let result = result.and_then(|compiled| sink(index, compiled));
            state = self.lock();
            state.taken += 1;
            state.failure = state.failure.take().or(result.err());
        }
        state.is_taking = false;
        // Waking up nobody is a system call too.
        if state.waiting > 0 {
            self.taken.notify_all();
        }
    }

    /// Ends the work, because of this unless of something else before.
    fn fail(&self, error: Error) {
        self.lock().failure.get_or_insert(error);
        self.taken.notify_all();
    }
}

/// What one thread reuses between functions.
struct Worker {
    builder: FunctionBuilderContext,
    context: Context,
    registers: regalloc2::Ctx,
    control_plane: ControlPlane,
}

impl Worker {
    fn new() -> Self {
        Worker {
            builder: FunctionBuilderContext::new(),
            context: Context::new(),
            registers: Default::default(),
            control_plane: Default::default(),
        }
    }
}

fn compile(env: Environment<'_>, job: &Job, worker: &mut Worker) -> Result<Compiled> {
    let Worker { builder, context, registers, control_plane } = worker;
    context.clear();
    let function = &mut context.func;
    let mut isa = env.isa;
    match job {
        Job::Body(index, body) => {
            let body = &env.parsed().bodies[*body].body;
            let Traits { depth, tail_calls } = translate::translate(env, *index, body, function, builder)?;
            if depth > OPTIMISED_DEPTH {
                isa = env.fast_isa;
            } else if tail_calls {
                isa = env.framed_isa;
            }
        }
        Job::HostThunk(index) => translate::host_thunk(env, *index, function, builder),
        Job::Trampoline(index) => translate::export_trampoline(env, *index, function, builder),
        Job::Initializer(_, steps) => translate::initializer(env, steps, function, builder),
    }
    passes::run(context, env);
    let clif = (env.options.emit == Emit::Clif).then(|| context.func.display().to_string());
    context.set_disasm(env.options.emit == Emit::Asm);
    match generate(env, isa, context, registers, control_plane) {
        Ok(code) => finish(env, job, &context.func, code, clif),
        Err(error) => {
            let message = cranelift_codegen::print_errors::pretty_error(&context.func, error);
            Err(at_job(env, job, message))
        }
    }
}

/// Cranelift's optimiser, the passes that follow it, and its code generator.
fn generate(
    env: Environment<'_>,
    isa: &dyn TargetIsa,
    context: &mut Context,
    registers: &mut regalloc2::Ctx,
    control_plane: &mut ControlPlane,
) -> CodegenResult<CompiledCode> {
    context.optimize(isa, control_plane)?;
    if isa.flags().opt_level() != settings::OptLevel::None {
        passes::run_late(context, env);
        context.verify_if(isa)?;
    }
    let Context { func, domtree, want_disasm, .. } = context;
    let stencil = isa.compile_function(func, domtree, registers, *want_disasm, control_plane)?;
    Ok(stencil.apply_params(&func.params))
}

fn at_job(env: Environment<'_>, job: &Job, message: String) -> Error {
    let place = Place::file(env.parsed().file);
    let too_large = message.contains("Code for function is too large") || message.contains("implementation limit");
    let error = if too_large { Error::Limit { place, message } } else { Error::Internal { place, message } };
    match job {
        Job::Body(index, _) | Job::HostThunk(index) | Job::Trampoline(index) => {
            in_function(error, env.parsed(), *index)
        }
        Job::Initializer(..) => error,
    }
}

fn finish(
    env: Environment<'_>,
    job: &Job,
    function: &ir::Function,
    mut code: CompiledCode,
    clif: Option<String>,
) -> Result<Compiled> {
    let shared = env.parsed().memories.iter().any(|memory| memory.shared);
    let runs = |pass| env.options.runs(pass);
    let tasks = Tasks {
        slots: runs(Pass::Slots),
        fold: runs(Pass::Fold),
        copies: runs(Pass::Copies),
        constants: runs(Pass::Constants),
        merge: runs(Pass::Merge),
        align: runs(Pass::Align),
        // Debug information describes frames.
        leaf: runs(Pass::Leaf) && !env.options.debug_info,
        shared,
    };
    let smaller = if env.options.compacts() { compact::compact(&code, function, tasks) } else { None };
    let Compacted { code: bytes, map, alignment } = smaller.unwrap_or_else(|| Compacted {
        code: code.code_buffer().to_vec(),
        map: OffsetMap::default(),
        alignment: code.buffer.alignment,
    });
    for (offset, _) in &mut code.buffer.unwind_info {
        *offset = map.get(*offset);
    }
    let relocations = code.buffer.relocs().iter().map(|relocation| convert(function, relocation, &map));
    let relocations =
        relocations.collect::<std::result::Result<_, _>>().map_err(|message| at_job(env, job, message))?;
    let unwind = match env.options.debug_info {
        true => code.create_unwind_info(env.isa).map_err(|error| at_job(env, job, error.to_string()))?,
        false => None,
    };
    let (name, index) = match job {
        Job::Body(index, _) | Job::HostThunk(index) => (env.parsed().function_names.get(index), Some(*index)),
        Job::Trampoline(_) | Job::Initializer(..) => (None, None),
    };
    let listing = match (&clif, &code.vcode) {
        (Some(text), _) | (None, Some(text)) => {
            let title = index.map_or_else(|| format!("{job:?}"), |index| format!("function {index}"));
            let name = name.map_or_else(String::new, |name| format!(" ({})", name.escape_default()));
            format!("; {title}{name}\n{text}\n")
        }
        (None, None) => String::new(),
    };
    Ok(Compiled {
        alignment,
        relocations,
        traps: trap_stream(&code, &map),
        stack_maps: stack_maps::of_function(&code, &map),
        handled_calls: exception::handled_calls(&code, &map),
        lines: if env.options.debug_info { lines(&code, &map) } else { Vec::new() },
        unwind,
        name: name.map(|name| crate::names::demangle(name)),
        listing,
        code: bytes,
    })
}

fn convert(
    function: &ir::Function,
    relocation: &FinalizedMachReloc,
    map: &OffsetMap,
) -> std::result::Result<Relocation, String> {
    let target = match &relocation.target {
        FinalizedRelocTarget::Func(offset) => RelocationTarget::Own(map.get(*offset)),
        FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
            let name = &function.params.user_named_funcs()[*name];
            match name.namespace {
                SYMBOL_NAMESPACE => RelocationTarget::Symbol(SymbolId(name.index)),
                module => RelocationTarget::Function(Location { module: module as usize - 1, index: name.index }),
            }
        }
        // A call that Cranelift makes by itself would come without a probe of the stack, so no instruction needs one.
        FinalizedRelocTarget::ExternalName(name) => return Err(format!("unexpected relocation against {name:?}")),
    };
    let offset = map.get(relocation.offset);
    Ok(Relocation { offset, kind: relocation.kind, target, addend: relocation.addend })
}

/// Number of Cranelift's trap code in [`abi::trap`].
fn trap_kind(code: TrapCode) -> TrapKind {
    match code {
        TrapCode::STACK_OVERFLOW => TrapKind::CallStackExhausted,
        TrapCode::INTEGER_OVERFLOW => TrapKind::IntegerOverflow,
        TrapCode::HEAP_OUT_OF_BOUNDS => TrapKind::MemoryOutOfBounds,
        TrapCode::INTEGER_DIVISION_BY_ZERO => TrapKind::IntegerDivideByZero,
        TrapCode::BAD_CONVERSION_TO_INTEGER => TrapKind::InvalidConversionToInteger,
        user => TrapKind::from_u8(user.as_raw().get()).unwrap_or(TrapKind::Unreachable),
    }
}

/// Trap and call sites of a function in the format of [`abi::trap`].
fn trap_stream(code: &CompiledCode, map: &OffsetMap) -> Vec<u8> {
    let locations = code.buffer.get_srclocs_sorted();
    let wasm_offset = |pc: u32| {
        let at = locations.partition_point(|location| location.start <= pc);
        let location = at.checked_sub(1).map(|at| &locations[at]);
        location.filter(|location| !location.loc.is_default()).map_or(0, |location| location.loc.bits())
    };
    let traps = code.buffer.traps().iter().map(|trap| Site {
        pc: map.trap(trap.offset),
        kind: trap_kind(trap.code) as u8,
        wasm_offset: wasm_offset(trap.offset),
    });
    let calls = code.buffer.call_sites().map(|call| Site {
        pc: map.get(call.ret_addr),
        kind: CALL_SITE,
        wasm_offset: wasm_offset(call.ret_addr - 1),
    });
    let mut sites: Vec<Site> = traps.chain(calls).collect();
    sites.sort_by_key(|site| (site.pc, site.kind != CALL_SITE));
    let mut stream = Vec::new();
    let mut last = Site { pc: 0, kind: 0, wasm_offset: 0 };
    for site in &sites {
        trap::encode_site(&last, site, |byte| stream.push(byte));
        last = *site;
    }
    if !stream.is_empty() {
        trap::encode_end(|byte| stream.push(byte));
    }
    stream
}

/// Source locations as (code offset, wasm offset).
fn lines(code: &CompiledCode, map: &OffsetMap) -> Vec<(u32, u32)> {
    let locations = code.buffer.get_srclocs_sorted().iter();
    locations.filter(|line| !line.loc.is_default()).map(|line| (map.get(line.start), line.loc.bits())).collect()
}
