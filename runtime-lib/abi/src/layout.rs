//! Static data that the compiler emits and the runtime reads. All structures are `repr(C)`, for 64-bit little-endian
//! targets; the compiler writes them field by field at `offset_of!`, so the declarations here are the format.
//!
//! Pointers to guest code and data become relative relocations of the static PIE, applied by the runtime's start-up.

use crate::exception::{CallSite, Tag};
use crate::hardening::Hardening;
use crate::heap::{Heap, RootRange};

/// Version of this contract. [`Program::abi_version`] must equal it, which catches a stale object or archive.
pub const ABI_VERSION: u32 = 3;

/// Host address of byte 0 of the memory that has the [`MEMORY_FIXED`] flag: low enough to fold into a 32-bit
/// displacement, not below the usual `vm.mmap_min_addr` of 65,536.
pub const FIXED_MEMORY_BASE: u64 = 0x1_0000;

/// Bytes reserved for a memory whose 32-bit accesses are unchecked: a 32-bit index plus a 32-bit offset, and the width
/// of the widest access, rounded up to the largest page size.
pub const GUARDED_RESERVATION: u64 = (8 << 30) + 0x1_0000;

/// Bytes that follow a memory whose 64-bit indices are clamped to its end: a 32-bit offset and the width of the widest access,
/// rounded up to the largest page size.
pub const OFFSET_GUARD: u64 = (4 << 30) + 0x1_0000;

/// A memory whose 64-bit indices are clamped does not grow past this many bytes (256 GiB), for all of it is reserved: some
/// kernels for aarch64 give a process twice that.
pub const CLAMPED_LIMIT: u64 = 1 << 38;

/// Bytes at the low end of the guest stack that never become accessible. Larger than [`HOST_STACK`].
pub const STACK_GUARD: u64 = 256 << 10;

/// Bytes of stack every host function may use. Generated code touches the stack this far below its own stack pointer
/// before it calls one, so that exhaustion is always found in guest code, never in the middle of a host function.
pub const HOST_STACK: u64 = 128 << 10;

/// Default size of the guest stack in bytes, [`STACK_GUARD`] not included.
pub const DEFAULT_STACK_SIZE: u64 = 8 << 20;

/// The root: one per executable, under the symbol [`crate::symbols::PROGRAM`].
#[repr(C)]
pub struct Program {
    /// [`ABI_VERSION`].
    pub abi_version: u32,
    /// Padding.
    pub reserved: u32,
    /// Instantiated in this order, the main module last. Never null.
    pub modules: *const *const Module,
    /// Number of `modules`, at least 1.
    pub module_count: u64,
    /// What happens after instantiation: one of the functions of [`crate::symbols::run`], or null when there is nothing to
    /// call. A pointer, so that the linker drops the ones that the program does not name.
    pub run: *const u8,
    /// The export that `run` calls: `_start`, or the one that `--invoke` names; null when `run` is null.
    pub entry: *const Export,
    /// `_initialize` of a reactor, called before `entry`; or null.
    pub initialize: *const Export,
    /// Bytes of guest stack, a multiple of 65,536, [`STACK_GUARD`] not included.
    pub stack_size: u64,
    /// Grants in the format of [`crate::policy`].
    pub policy: *const u8,
    /// Length of `policy` in bytes.
    pub policy_len: u64,
    /// What the code needs of the processor beyond the baseline of the architecture, or null.
    pub processor: *const Processor,
    /// `extern "C" fn()` that runs before instantiation and opens what the policy grants: [`crate::symbols::WASI_START`]
    /// when [`crate::policy::needs_start`], else null, so that an executable without such grants does not link it.
    pub wasi_start: *const u8,
    /// The heap for objects, or null. With [`Threads`] it is in the main module's part of an instance.
    pub heap: *mut Heap,
    /// `extern "C" fn(&'static Program)` that reserves the heap before instantiation: [`crate::symbols::HEAP_START`], or null when there
    /// is no heap.
    pub heap_start: *const u8,
    /// The tags that the program defines, in the order of their modules and indices; for messages.
    pub tags: *const Tag,
    /// Number of `tags`.
    pub tag_count: u64,
    /// The type number of the first tag's exceptions; those of the others follow.
    pub first_tag: u64,
    /// What a program that starts threads has besides, which needs another build of the runtime; else null.
    pub threads: *const Threads,
    /// What the executable takes from itself before guest code runs, or null. Embedders do without.
    pub hardening: *const Hardening,
    /// Limits of what the program may take, or null.
    pub limits: *const Limits,
    /// How long the program may run, or null. Embedders do without.
    pub timeout: *const Timeout,
    /// How the executable came about, in the section [`crate::symbols::RECORD_SECTION`], or null. For readers of the executable.
    pub record: *const u8,
}

/// What the code needs of the processor.
#[repr(C)]
pub struct Processor {
    /// `extern "C" fn(&'static Processor)` that ends the process where something is missing: [`crate::symbols::CHECK_PROCESSOR`].
    pub check: *const u8,
    /// Features: bits of [`cpu`], not 0.
    pub features: u64,
}

/// Limits of memories and tables.
#[repr(C)]
pub struct Limits {
    /// `extern "C" fn(&'static Limits, bytes: u64) -> bool`: whether memories may have so many bytes more, which then count; may end
    /// the process instead: [`crate::symbols::TAKE_MEMORY`].
    pub take_memory: *const u8,
    /// The most bytes that all linear memories have together, those of all threads; `u64::MAX` for no such limit.
    pub max_memory: u64,
    /// The most elements that a table has; `u64::MAX` for no such limit.
    pub max_table: u64,
    /// Bit set of `LIMIT_*`.
    pub flags: u64,
}

/// To grow a memory past [`Limits::max_memory`] fails; else it ends the process.
pub const LIMIT_MEMORY_FAILS: u64 = 1;
/// To grow a table past [`Limits::max_table`] fails; else it ends the process.
pub const LIMIT_TABLE_FAILS: u64 = 2;

/// A limit of time.
#[repr(C)]
pub struct Timeout {
    /// `extern "C" fn(&'static Timeout)` that starts the clock: [`crate::symbols::TIMEOUT_START`].
    pub start: *const u8,
    /// Nanoseconds of real time that the program may run, not 0.
    pub nanoseconds: u64,
}

/// Threads. Each has an instance of the program of its own: globals, lengths of segments, dynamic tables, memories that are not
/// shared, the heap, all in one block of memory, to which a register of generated code points (x86-64: r15; aarch64: x21). The modules'
/// parts follow one another there, each a copy of [`Module::instance`] at first.
#[repr(C)]
pub struct Threads {
    /// Bytes of an instance's data, a multiple of 16.
    pub instance_size: u64,
    /// The export [`crate::wasi::THREAD_START`] of the main module, or null when it has none.
    pub entry: *const Export,
    /// `extern "C" fn(heap: *mut Heap) -> bool` that reserves the heap of a new thread, if the system gives one:
    /// [`crate::symbols::HEAP_START_IN_THREAD`], or null when there are no heaps.
    pub heap_start: *const u8,
    /// `extern "C" fn(heap: *mut Heap)` that gives back what that reserved: [`crate::symbols::HEAP_RELEASE`], or null.
    pub heap_release: *const u8,
}

/// Bits of [`Processor::features`] on x86-64.
pub mod cpu {
    /// SSE3.
    pub const SSE3: u64 = 1 << 0;
    /// SSSE3.
    pub const SSSE3: u64 = 1 << 1;
    /// SSE4.1.
    pub const SSE41: u64 = 1 << 2;
    /// SSE4.2.
    pub const SSE42: u64 = 1 << 3;
    /// POPCNT.
    pub const POPCNT: u64 = 1 << 4;
    /// AVX, and the operating system saves its registers.
    pub const AVX: u64 = 1 << 5;
    /// AVX2.
    pub const AVX2: u64 = 1 << 6;
    /// FMA3.
    pub const FMA: u64 = 1 << 7;
    /// BMI1.
    pub const BMI1: u64 = 1 << 8;
    /// BMI2.
    pub const BMI2: u64 = 1 << 9;
    /// LZCNT.
    pub const LZCNT: u64 = 1 << 10;
    /// AVX-512 F.
    pub const AVX512F: u64 = 1 << 11;
    /// AVX-512 VL.
    pub const AVX512VL: u64 = 1 << 12;
    /// AVX-512 DQ.
    pub const AVX512DQ: u64 = 1 << 13;
    /// AVX-512 VBMI.
    pub const AVX512VBMI: u64 = 1 << 14;
    /// AVX-512 BITALG.
    pub const AVX512BITALG: u64 = 1 << 15;
    /// CMPXCHG16B.
    pub const CX16: u64 = 1 << 16;
    /// Names as a user writes them, in bit order, separated by spaces.
    pub const NAMES: &str = "sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi1 bmi2 lzcnt avx512f avx512vl avx512dq avx512vbmi \
                             avx512bitalg cmpxchg16b";
}

/// One module of the program.
#[repr(C)]
pub struct Module {
    /// Name it is instantiated under, UTF-8; empty for the main module.
    pub name: *const u8,
    /// Length of `name` in bytes.
    pub name_len: u64,
    /// First byte of its machine code.
    pub text: *const u8,
    /// Length of the machine code in bytes, below 2 GiB.
    pub text_len: u64,
    /// Its functions in address order.
    pub functions: *const FunctionRecord,
    /// Number of `functions`.
    pub function_count: u64,
    /// Trap sites, see [`crate::trap`].
    pub traps: *const u8,
    /// Length of `traps` in bytes.
    pub traps_len: u64,
    /// Calls that have handlers of exceptions, in address order, see [`crate::exception`].
    pub call_sites: *const CallSite,
    /// Number of `call_sites`.
    pub call_site_count: u64,
    /// Lists of their handlers.
    pub handler_lists: *const u32,
    /// Number of words of `handler_lists`.
    pub handler_lists_len: u64,
    /// Function names, UTF-8, demangled, back to back; [`FunctionRecord`] points into it.
    pub names: *const u8,
    /// Length of `names` in bytes.
    pub names_len: u64,
    /// Memories this module defines.
    pub memories: *const *mut Memory,
    /// Number of `memories`.
    pub memory_count: u64,
    /// Tables this module defines that the runtime must allocate (see [`Table`]).
    pub tables: *const *mut Table,
    /// Number of `tables`.
    pub table_count: u64,
    /// Compiled code for what could not be resolved at compile time: globals, element and data segments in order, then
    /// the start function. `extern "C" fn()`; runs on the guest stack; null when there is nothing to do.
    pub init: *const u8,
    /// Exports that the executable may call or read by name.
    pub exports: *const Export,
    /// Number of `exports`.
    pub export_count: u64,
    /// In a program that starts threads: the initial contents of this module's part of an instance's data. Pointers into it, here
    /// and elsewhere, stand for that place in the instance of whoever follows them. Else null.
    pub instance: *const u8,
    /// Length of `instance` in bytes.
    pub instance_len: u64,
    /// Where the part begins in an instance's data, a multiple of 16.
    pub instance_offset: u64,
    /// References outside the heap, besides the elements of tables.
    pub roots: *const RootRange,
    /// Number of `roots`.
    pub root_count: u64,
    /// Where the references on the stack are, see [`crate::stack_map`]: first `stack_map_count` return addresses as offsets from `text`, in
    /// ascending order; then for each the offset of its map in `stack_map_slots`.
    pub stack_maps: *const u32,
    /// Number of return addresses with a map; the others have no references in their frames.
    pub stack_map_count: u64,
    /// The maps.
    pub stack_map_slots: *const u8,
    /// Length of `stack_map_slots` in bytes.
    pub stack_map_slots_len: u64,
}

/// A function's place in the machine code; sorted by `start`. The code of a function ends where the next one begins.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct FunctionRecord {
    /// Offset of its first instruction from [`Module::text`].
    pub start: u32,
    /// Function index in the module; [`NO_FUNCTION`] for a trampoline or initialiser, which a backtrace leaves out.
    pub index: u32,
    /// Offset into [`Module::traps`] of its trap sites, [`u32::MAX`] when it has none.
    pub traps: u32,
    /// Offset of its name in [`Module::names`]; [`u32::MAX`] when it has none.
    pub name: u32,
    /// Length of its name in bytes.
    pub name_len: u32,
    /// Offset of the body in the .wasm file; trap offsets are relative to it.
    pub wasm_offset: u32,
    /// Bit set of `FUNCTION_*`.
    pub flags: u32,
}

/// [`FunctionRecord::index`] of code that is no wasm function.
pub const NO_FUNCTION: u32 = u32::MAX;
/// The function has set up a frame pointer (`push rbp; mov rbp, rsp` or its equal); without this flag its return address is
/// at the top of the stack (x86-64) or in the link register (aarch64) throughout its body.
pub const FUNCTION_HAS_FRAME: u32 = 1;

/// A linear memory: static configuration, then the state that generated code reads.
#[repr(C)]
pub struct Memory {
    /// Host address of byte 0; set by the runtime before any guest code runs; never changes unless [`MEMORY_MOVES`].
    pub base: *mut u8,
    /// Current size in bytes. Generated code reads it for `memory.size` and checks.
    pub byte_length: u64,
    /// Size at start in bytes.
    pub min_byte_length: u64,
    /// `memory.grow` never goes past this many bytes.
    pub max_byte_length: u64,
    /// Log2 of the page size (16, or 0 with custom page sizes).
    pub page_size_log2: u32,
    /// Bit set of `MEMORY_*`.
    pub flags: u32,
    /// Address space to reserve, guard included; the accessible part grows inside it.
    pub reservation: u64,
    /// Initial contents; everything else is zero. In address order, not overlapping, inside `min_byte_length`.
    pub images: *const Image,
    /// Number of `images`.
    pub image_count: u64,
}

/// The base must be [`FIXED_MEMORY_BASE`].
pub const MEMORY_FIXED: u32 = 1;
/// The runtime may reserve little, and move the memory when it grows.
pub const MEMORY_MOVES: u32 = 2;
/// Shared between threads, if there are several: then it does not move, and any of them may make it grow.
pub const MEMORY_SHARED: u32 = 4;
/// Accesses carry explicit checks, and fault at null when they are out of bounds: a smaller reservation will do, as long as the
/// initial size fits.
pub const MEMORY_CHECKED: u32 = 8;

/// A piece of a memory's initial contents.
#[repr(C)]
pub struct Image {
    /// Where the bytes are in the executable.
    pub source: *const u8,
    /// Guest address of the first byte.
    pub offset: u64,
    /// Length in bytes.
    pub len: u64,
    /// Not 0: `source`, `offset` and `len` are multiples of the page size and `source` lies in a private writable mapping of
    /// the file, so it may be moved into place (`mremap`) rather than copied. `len` may reach past `min_byte_length` by
    /// less than a page; those bytes are 0.
    pub mappable: u64,
}

/// A table that can change or that other modules see: state that generated code reads.
/// (An immutable table is plain read-only data known to the compiler alone.)
///
/// An element is 8 bytes: null is 0; a funcref is a pointer to a [`FuncRef`]; of other references see [`crate::heap`], zero-extended.
#[repr(C)]
pub struct Table {
    /// Elements. When null at start the runtime allocates room for `capacity` null elements. Room beyond `len` is null.
    pub elements: *mut u64,
    /// Current number of elements. At start: the minimum.
    pub len: u64,
    /// Number of elements there is room for.
    pub capacity: u64,
    /// `table.grow` never goes past this.
    pub max: u64,
    /// Bytes of the mapping that holds `elements`; the compiler writes 0, for none or storage of its own.
    pub mapped: u64,
    /// Bit set of `TABLE_*`.
    pub flags: u64,
}

/// The elements are references that the collector traces.
pub const TABLE_TRACED: u64 = 1;

/// What a funcref points to.
#[repr(C)]
pub struct FuncRef {
    /// First instruction.
    pub code: *const u8,
    /// Canonical type, the same number for structurally equal types in all modules of the program.
    pub type_id: u64,
}

/// An element of an immutable table. One more follows the last element, for all indices that are out of bounds.
#[repr(C)]
pub struct StaticElement {
    /// Distance of the function's first instruction from the start of the table; 0 for null.
    pub code: i32,
    /// Canonical type; [`NO_TYPE`] for null, [`NO_ELEMENT`] behind the last element.
    pub type_id: u32,
}

/// [`StaticElement::type_id`] of a null element.
pub const NO_TYPE: u32 = u32::MAX;
/// [`StaticElement::type_id`] behind the last element.
pub const NO_ELEMENT: u32 = u32::MAX - 1;

/// Something callable or readable by name.
#[repr(C)]
pub struct Export {
    /// UTF-8 name.
    pub name: *const u8,
    /// Length of `name`.
    pub name_len: u64,
    /// `EXPORT_FUNCTION` or `EXPORT_GLOBAL`.
    pub kind: u32,
    /// Number of parameters of a function.
    pub param_count: u32,
    /// Number of results of a function; 1 for a global.
    pub result_count: u32,
    /// Padding.
    pub reserved: u32,
    /// `VALUE_*` of each parameter, then of each result.
    pub types: *const u8,
    /// Of a function: `extern "C" fn(values: *mut [u64; 2])`, which reads the parameters from 16-byte slots and leaves the results
    /// there (the array holds as many as the larger of both counts). Of a global: its cell of 16 bytes.
    pub target: *const u8,
}

/// [`Export::kind`] of a function.
pub const EXPORT_FUNCTION: u32 = 0;
/// [`Export::kind`] of a global.
pub const EXPORT_GLOBAL: u32 = 1;

/// Value types of [`Export::types`].
pub mod value {
    /// i32, in the low 4 bytes of its slot.
    pub const I32: u8 = 0;
    /// i64.
    pub const I64: u8 = 1;
    /// f32, its bits in the low 4 bytes.
    pub const F32: u8 = 2;
    /// f64.
    pub const F64: u8 = 3;
    /// v128, all 16 bytes.
    pub const V128: u8 = 4;
    /// funcref: pointer to [`super::FuncRef`] or 0.
    pub const FUNCREF: u8 = 5;
    /// externref: see [`crate::heap`], like the following.
    pub const EXTERNREF: u8 = 6;
    /// anyref and its subtypes.
    pub const ANYREF: u8 = 7;
    /// exnref.
    pub const EXNREF: u8 = 8;
}
