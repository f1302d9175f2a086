//! What the caller of the compiler may choose.

use std::time::Duration;

use crate::passes::{Pass, PassSet};
use crate::target::Target;

/// One module to compile.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Name it is instantiated under, for imports of later modules; empty for the main module.
    pub name: &'a str,
    /// What to call it in messages: usually its path.
    pub file: &'a str,
    /// The module, binary or text.
    pub bytes: &'a [u8],
}

/// Choices that affect the generated code. The same inputs and options give the same bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Architecture and operating system.
    pub target: Target,
    /// Processor the code may assume.
    pub cpu: Cpu,
    /// How much work to spend on speed.
    pub opt_level: OptLevel,
    /// Optimisations of our own to leave out.
    pub disabled_passes: PassSet,
    /// How accesses to linear memory are kept inside it.
    pub memory: MemoryStrategy,
    /// Where the first memory of the program lies.
    pub memory_base: MemoryBase,
    /// Emit debug information: unwind tables and lines.
    pub debug_info: bool,
    /// What the executable runs.
    pub entry: Entry,
    /// Grants, in the format of [`abi::policy`].
    pub policy: Vec<u8>,
    /// How the executable comes about, stored in it for its readers, as it is.
    pub record: Vec<u8>,
    /// What the executable takes from itself at start.
    pub harden: Harden,
    /// Bytes of guest stack; rounded up to 64 KiB.
    pub stack_size: u64,
    /// The most bytes that all linear memories may have together.
    pub max_memory: Option<GrowthLimit>,
    /// The most elements that a table may have.
    pub max_table: Option<GrowthLimit>,
    /// How long the executable may run.
    pub timeout: Option<Duration>,
    /// The most bytes of objects on the garbage-collected heap.
    pub max_heap: u64,
    /// For tests: every allocation collects, and moves all objects.
    pub heap_stress: bool,
    /// List every function and global export in the export table, rather than just the entry.
    pub all_exports: bool,
    /// Threads to compile with; 0 for all processors. Does not change the output.
    pub threads: usize,
    /// What to produce.
    pub emit: Emit,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            target: Target::default(),
            cpu: Cpu::Baseline,
            opt_level: OptLevel::Speed,
            disabled_passes: PassSet::default(),
            memory: MemoryStrategy::Guard,
            memory_base: MemoryBase::Fixed,
            debug_info: false,
            entry: Entry::Default,
            policy: Vec::new(),
            record: Vec::new(),
            harden: Harden::Default,
            stack_size: abi::layout::DEFAULT_STACK_SIZE,
            max_memory: None,
            max_table: None,
            timeout: None,
            max_heap: abi::heap::MAX_HEAP_BYTES,
            heap_stress: false,
            all_exports: false,
            threads: 0,
            emit: Emit::Object,
        }
    }
}

impl Options {
    /// Whether an optimisation of our own takes place.
    pub fn runs(&self, pass: Pass) -> bool {
        self.opt_level == OptLevel::Speed && !self.disabled_passes.contains(pass)
    }

    /// Whether machine code is made smaller after it is generated.
    pub fn compacts(&self) -> bool {
        self.target == Target::X86_64Linux && self.runs(Pass::Compact)
    }
}

/// Processor the code may assume.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cpu {
    /// The first processor of the architecture.
    Baseline,
    /// This machine's.
    Native,
    /// A name such as `x86-64-v3` or `haswell`.
    Named(String),
}

/// How much work to spend on speed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptLevel {
    /// `-O0`: compile fast.
    None,
    /// `-O1`: Cranelift's optimisations, none of our own.
    Basic,
    /// `-O2`: everything.
    Speed,
}

/// How accesses to linear memory are kept inside it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryStrategy {
    /// Reserve the whole index space and let the processor fault.
    Guard,
    /// Compare before every access.
    Checked,
}

/// Where the first memory of the program lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryBase {
    /// At [`abi::layout::FIXED_MEMORY_BASE`] where the target has it.
    Fixed,
    /// Wherever the kernel puts it; for machines and tools (valgrind) whose low addresses are taken.
    Any,
}

/// What an executable takes from itself at start: system calls, paths, privileges that it will not need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Harden {
    /// Nothing.
    Off,
    /// All that costs nothing later.
    Default,
    /// That, and to be kept to the granted directories by the system too, which takes time whenever a file is opened. What the system
    /// does not offer is told.
    On,
}

/// A limit to what `memory.grow` or `table.grow` may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrowthLimit {
    /// The most there may be.
    pub most: u64,
    /// An instruction that asks for more fails, as it does when the system has no more; else the process ends.
    pub fails: bool,
}

/// What the executable runs after instantiation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// `_start`, if there is one.
    Default,
    /// This export, arguments from the command line.
    Invoke(String),
}

/// What to produce.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Emit {
    /// Relocatable objects.
    Object,
    /// Disassembly of every function.
    Asm,
    /// Cranelift IR of every function, as given to Cranelift.
    Clif,
}

/// Proposals that are accepted; everything else is refused by name.
pub fn accepted_features() -> wasmparser::WasmFeatures {
    type Features = wasmparser::WasmFeatures;
    Features::WASM2
        | Features::EXTENDED_CONST
        | Features::TAIL_CALL
        | Features::FUNCTION_REFERENCES
        | Features::THREADS
        | Features::GC
        | Features::MULTI_MEMORY
        | Features::MEMORY64
        | Features::CUSTOM_PAGE_SIZES
        | Features::WIDE_ARITHMETIC
        | Features::RELAXED_SIMD
        | Features::EXCEPTIONS
        | Features::LEGACY_EXCEPTIONS
}
