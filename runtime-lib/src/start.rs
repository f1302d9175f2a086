//! Start-up, in order: checks, what the policy grants, guest stack and fault handlers, the heap, all memories and tables; then the
//! process gives up what it will not need, the modules' initialisers run, and the entry.

#[cfg(not(feature = "embed"))]
use abi::hardening::Hardening;
#[cfg(not(feature = "embed"))]
use abi::layout::Timeout;
use abi::layout::{ABI_VERSION, Export, Module, Processor, Program, cpu};

use crate::guest_stack::Interruption;
use crate::message::Message;
use crate::{guest_stack, memory, process, program, sys, table, thread};

/// Exit status when the runtime cannot start the program, or cannot make sense of the arguments of an export.
pub const START_FAILURE: i32 = 126;

/// Ends a process that cannot start, with a line that says why and names the remedy.
#[cold]
pub fn fail(message: &mut Message) -> ! {
    message.text(b"\n").send();
    sys::exit(START_FAILURE)
}

/// Runs the program: the first code after relocation.
pub fn start() -> ! {
    let program = program::program();
    thread::adopt();
    check(program);
    thread::set_up(program);
    if !program.wasi_start.is_null() {
        // SAFETY: the compiler emits the address of `abi::symbols::WASI_START`, which is of this type.
        let wasi_start: extern "C" fn() = unsafe { core::mem::transmute(program.wasi_start) };
        wasi_start();
    }
    guest_stack::set_up(program.stack_size as usize);
    if !program.heap_start.is_null() {
        // SAFETY: the compiler emits the address of `abi::symbols::HEAP_START`, which is of this type.
        let heap_start: extern "C" fn(&'static Program) = unsafe { core::mem::transmute(program.heap_start) };
        heap_start(program);
    }
    #[cfg(feature = "embed")]
    let status = crate::embed::main(program);
    #[cfg(not(feature = "embed"))]
    let status = run(program);
    process::end(status)
}

/// Instantiates all modules and calls what there is to call. A trap or exception on the way ends the process.
#[cfg(not(feature = "embed"))]
fn run(program: &'static Program) -> i32 {
    if !program.timeout.is_null() {
        // SAFETY: the compiler emits a pointer to a structure with the address of `abi::symbols::TIMEOUT_START`, which is of this type.
        unsafe {
            let start: extern "C" fn(&'static Timeout) = core::mem::transmute((*program.timeout).start);
            start(&*program.timeout);
        }
    }
    // All memories and tables come first: to map them takes system calls that no program makes later.
    program::modules(program).iter().for_each(|module| set_up_storage(module));
    harden(program);
    for module in program::modules(program) {
        let _ = initialize(module);
    }
    if !program.initialize.is_null() {
        // SAFETY: the compiler emits an export of a function without parameters and results.
        let _ = unsafe { call(&*program.initialize, &mut []) };
    }
    if !program.run.is_null() {
        // SAFETY: the compiler emits the address of one of the functions of `abi::symbols::run`, which are of this type.
        let run: unsafe extern "C" fn(&'static Program) = unsafe { core::mem::transmute(program.run) };
        // SAFETY: all modules are instantiated, and the entry is what `run` is for.
        unsafe { run(program) };
    }
    0
}

/// [`abi::symbols::run::COMMAND`].
///
/// # Safety
/// The program's modules are instantiated, and its entry is a function without parameters and results.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn w2e_run_command(program: &'static Program) {
    // SAFETY: the caller's promise.
    let _ = unsafe { call(&*program.entry, &mut []) };
}

/// Takes from the process what it will not need any more.
#[cfg(not(feature = "embed"))]
fn harden(program: &Program) {
    if program.hardening.is_null() {
        return;
    }
    // SAFETY: the compiler emits a pointer to a structure with the address of `abi::symbols::HARDEN`, which is of this type.
    unsafe {
        let hardening = &*program.hardening;
        let harden: extern "C" fn(&Hardening) = core::mem::transmute(hardening.harden);
        harden(hardening);
    }
}

/// Sets up a module's memories and tables and runs its initialiser. Modules it imports from come before it.
#[cfg(feature = "embed")]
pub fn instantiate(module: &Module) -> Result<(), Interruption> {
    set_up_storage(module);
    initialize(module)
}

/// Sets up a module's memories and tables.
fn set_up_storage(module: &Module) {
    for memory in program::memories(module) {
        // SAFETY: the compiler emits pointers to memories; only their own module sets them up.
        unsafe { memory::set_up(program::local(module, *memory)) };
    }
    for table in program::tables(module) {
        // SAFETY: as for memories.
        unsafe { table::set_up(program::local(module, *table)) };
    }
}

/// Runs a module's initialiser. Its memories and tables are set up.
pub fn initialize(module: &Module) -> Result<(), Interruption> {
    if module.init.is_null() {
        return Ok(());
    }
    // SAFETY: the initialiser is an `extern "C" fn()`, which ignores an argument.
    unsafe { guest_stack::call(module.init, core::ptr::null_mut()) }
}

/// Calls an exported function on the guest stack. `values` holds the arguments and then the results.
///
/// # Safety
/// The export is a function whose module is instantiated; `values` has a slot for each parameter and each result, of
/// the right types; no guest code is active.
pub unsafe fn call(export: &Export, values: &mut [[u64; 2]]) -> Result<(), Interruption> {
    // SAFETY: the caller's promise, and the type of `Export::target`.
    unsafe { guest_stack::call(export.target, values.as_mut_ptr().cast()) }
}

/// Refuses to run code that this runtime or this processor does not fit.
fn check(program: &Program) {
    if program.abi_version != ABI_VERSION {
        let mut message = Message::new();
        message.text(b"wasm2exe: the code was compiled for runtime ").decimal(program.abi_version.into(), 0);
        fail(message.text(b", this is ").decimal(ABI_VERSION.into(), 0).text(b"; compile it again"));
    }
    if !program.processor.is_null() {
        // SAFETY: the compiler emits a pointer to a structure with the address of `abi::symbols::CHECK_PROCESSOR`, which is of this type.
        unsafe {
            let check: extern "C" fn(&'static Processor) = core::mem::transmute((*program.processor).check);
            check(&*program.processor);
        }
    }
}

/// [`abi::symbols::CHECK_PROCESSOR`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_check_processor(needed: &'static Processor) {
    let missing = needed.features & !sys::cpu_features();
    if missing != 0 {
        let mut message = Message::new();
        message.text(b"wasm2exe: this processor lacks what the executable was built for:");
        for (bit, name) in cpu::NAMES.as_bytes().split(|byte| *byte == b' ').enumerate() {
            if missing >> bit & 1 != 0 {
                message.text(b" ").text(name);
            }
        }
        fail(message.text(b"; build it with --target-cpu baseline"));
    }
}
