//! Linker symbols. Guest names never become symbols of their own; every symbol starts with `w2e_` so that none can
//! collide, whatever a module calls its functions.

/// The [`crate::layout::Program`].
pub const PROGRAM: &str = "w2e_program";
/// What [`crate::layout::Program::wasi_start`] points to, if anything.
pub const WASI_START: &str = "w2e_wasi_start";
/// What [`crate::layout::Program::heap_start`] points to, if anything.
pub const HEAP_START: &str = "w2e_heap_start";
/// What [`crate::layout::Threads::heap_start`] points to, if anything.
pub const HEAP_START_IN_THREAD: &str = "w2e_heap_start_in_thread";
/// What [`crate::layout::Threads::heap_release`] points to, if anything.
pub const HEAP_RELEASE: &str = "w2e_heap_release";
/// What [`crate::hardening::Hardening::harden`] points to.
pub const HARDEN: &str = "w2e_harden";
/// What [`crate::hardening::Hardening::confine_paths`] points to, if anything.
pub const CONFINE_PATHS: &str = "w2e_confine_paths";
/// What [`crate::hardening::Hardening::report`] points to, if anything.
pub const HARDEN_REPORT: &str = "w2e_harden_report";
/// The [`crate::layout::Processor`], if there is one.
pub const PROCESSOR: &str = "w2e_processor";
/// What [`crate::layout::Processor::check`] points to.
pub const CHECK_PROCESSOR: &str = "w2e_check_processor";
/// What [`crate::layout::Limits::take_memory`] points to.
pub const TAKE_MEMORY: &str = "w2e_take_memory";
/// What [`crate::layout::Timeout::start`] points to.
pub const TIMEOUT_START: &str = "w2e_timeout_start";
/// Section that holds the system calls that the filter allows, readable with `readelf -p`.
pub const SYSTEM_CALLS_SECTION: &str = ".wasm2exe.system-calls";
/// Section that holds how the executable came about, readable with `readelf -p`: entries `KEY=VALUE`, each closed by a NUL byte.
pub const RECORD_SECTION: &str = ".wasm2exe.build";
/// Section that holds images of memories, page-aligned.
pub const IMAGE_SECTION: &str = ".w2e_image";
/// Section that holds the policy, readable with `readelf -p`.
pub const POLICY_SECTION: &str = ".wasm2exe.policy";

/// What [`crate::layout::Program::run`] may point to.
pub mod run {
    /// Calls the entry without arguments; its return means exit status 0.
    pub const COMMAND: &str = "w2e_run_command";
    /// Calls the entry with arguments parsed from argv, and prints the results one a line.
    pub const INVOKE: &str = "w2e_run_invoke";
}

/// Functions that generated code calls besides WASI. All are `extern "C"`; `size` is `u64`.
pub mod builtin {
    /// `fn(memory: *mut Memory, delta_pages: u64) -> u64`: old size in pages, or `u64::MAX` and nothing changed.
    pub const MEMORY_GROW: &str = "w2e_memory_grow";
    /// The same for a shared memory.
    pub const SHARED_MEMORY_GROW: &str = "w2e_shared_memory_grow";
    /// `fn(table: *mut Table, delta: u64, init: u64) -> u64`: old length, or `u64::MAX` and nothing changed.
    pub const TABLE_GROW: &str = "w2e_table_grow";
    /// `fn(dst: *mut u64, value: u64, len: u64)`: fills table elements; the caller has checked the bounds.
    pub const TABLE_FILL: &str = "w2e_table_fill";
    /// `fn(heap: *mut Heap, size) -> u32`: a new object of `size` bytes, at most 2^40, as [`crate::heap`] describes it; 0 when there is no
    /// room for it. All other objects may move. The rest of the stack's references are found by frame pointers and stack maps, so only
    /// generated code calls it.
    pub const HEAP_ALLOCATE: &str = "w2e_heap_allocate";
    /// `fn(heap: *mut Heap, object: u32, slot: u32)`: the object, which is in the old space, was made to refer to the nursery. `slot`
    /// is the offset, from the heap's base, of the reference that changed, or 0 when there may be several. Collects nothing.
    pub const HEAP_REMEMBER: &str = "w2e_heap_remember";
    /// `fn(address: *const u32, expected: u32, timeout: i64) -> u32`: `memory.atomic.wait32` at an aligned address in a shared memory;
    /// a negative timeout is none.
    pub const ATOMIC_WAIT32: &str = "w2e_atomic_wait32";
    /// `fn(address: *const u64, expected: u64, timeout: i64) -> u32`: `memory.atomic.wait64`.
    pub const ATOMIC_WAIT64: &str = "w2e_atomic_wait64";
    /// `fn(address: *const u32, count: u32) -> u32`: `memory.atomic.notify`.
    pub const ATOMIC_NOTIFY: &str = "w2e_atomic_notify";
    /// `fn(exception: u32, header: u32) -> !`, called as guest functions are, so that the call can have handlers: goes to the handler
    /// of an exception with this header, or ends the process.
    pub const THROW: &str = "w2e_throw";
    /// `fn(dst: *mut u8, src: *const u8, size)`: overlapping copy; the caller has checked the bounds.
    pub const MEMMOVE: &str = "memmove";
    /// `fn(dst: *mut u8, byte: i32, size)`: the caller has checked the bounds.
    pub const MEMSET: &str = "memset";
}
