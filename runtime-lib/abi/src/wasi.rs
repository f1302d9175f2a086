//! The WASI functions the runtime provides, with their core types: what an import must look like and which symbol serves it.
//!
//! A function `name` of module `wasi_snapshot_preview1` is the runtime's symbol `w2e_preview1_name`; of `wasi_unstable`
//! (snapshot 0) `w2e_unstable_name` where its layout differs, and the preview-1 symbol where it does not.
//! Each is `extern "C"`, takes the caller's memory (`*const Memory`, or null when the module has none) before the
//! wasm parameters, and returns what the wasm function returns.

/// A core type in a host function's signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoreType {
    /// i32
    I32,
    /// i64
    I64,
}

/// One host function.
#[derive(Clone, Copy, Debug)]
pub struct HostFunction {
    /// Import module.
    pub module: &'static str,
    /// Import name.
    pub name: &'static str,
    /// Parameters, without the memory.
    pub params: &'static [CoreType],
    /// Results: an errno, or nothing for `proc_exit`.
    pub results: &'static [CoreType],
    /// Linker symbol.
    pub symbol: &'static str,
}

/// Import module of preview 1.
pub const PREVIEW1: &str = "wasi_snapshot_preview1";
/// Import module of snapshot 0.
pub const UNSTABLE: &str = "wasi_unstable";
/// Import module of wasi-threads.
pub const THREADS: &str = "wasi";

/// The one function of wasi-threads: it starts a thread, in which a new instance of the program calls the export
/// [`THREAD_START`]; the result is the thread's number, or a negated errno.
pub static THREAD_SPAWN: HostFunction = HostFunction {
    module: THREADS,
    name: "thread-spawn",
    params: &[CoreType::I32],
    results: &[CoreType::I32],
    symbol: "w2e_thread_spawn",
};

/// The export that a new thread calls, with its number and the argument of `thread-spawn`.
pub const THREAD_START: &str = "wasi_thread_start";

/// The host function that serves an import, if there is one.
pub fn host_function(module: &str, name: &str) -> Option<&'static HostFunction> {
    HOST_FUNCTIONS.iter().chain([&THREAD_SPAWN]).find(|function| function.module == module && function.name == name)
}

macro_rules! host_functions {
    ($($name:ident($($param:ident)*) $(-> $result:ident)? $(, $unstable:ident)?;)*) => {
        /// Every host function of preview 1 and snapshot 0. The witx files of WASI are the source of the signatures.
        pub static HOST_FUNCTIONS: &[HostFunction] = &[
            $(
                HostFunction {
                    module: PREVIEW1,
                    name: stringify!($name),
                    params: &[$(CoreType::$param),*],
                    results: &[$(CoreType::$result)?],
                    symbol: concat!("w2e_preview1_", stringify!($name)),
                },
                HostFunction {
                    module: UNSTABLE,
                    name: stringify!($name),
                    params: &[$(CoreType::$param),*],
                    results: &[$(CoreType::$result)?],
                    symbol: host_functions!(@symbol $name $($unstable)?),
                },
            )*
        ];
    };
    (@symbol $name:ident) => { concat!("w2e_preview1_", stringify!($name)) };
    (@symbol $name:ident unstable) => { concat!("w2e_unstable_", stringify!($name)) };
}

host_functions! {
    args_get(I32 I32) -> I32;
    args_sizes_get(I32 I32) -> I32;
    environ_get(I32 I32) -> I32;
    environ_sizes_get(I32 I32) -> I32;
    clock_res_get(I32 I32) -> I32;
    clock_time_get(I32 I64 I32) -> I32;
    fd_advise(I32 I64 I64 I32) -> I32;
    fd_allocate(I32 I64 I64) -> I32;
    fd_close(I32) -> I32;
    fd_datasync(I32) -> I32;
    fd_fdstat_get(I32 I32) -> I32;
    fd_fdstat_set_flags(I32 I32) -> I32;
    fd_fdstat_set_rights(I32 I64 I64) -> I32;
    fd_filestat_get(I32 I32) -> I32, unstable;
    fd_filestat_set_size(I32 I64) -> I32;
    fd_filestat_set_times(I32 I64 I64 I32) -> I32;
    fd_pread(I32 I32 I32 I64 I32) -> I32;
    fd_prestat_get(I32 I32) -> I32;
    fd_prestat_dir_name(I32 I32 I32) -> I32;
    fd_pwrite(I32 I32 I32 I64 I32) -> I32;
    fd_read(I32 I32 I32 I32) -> I32;
    fd_readdir(I32 I32 I32 I64 I32) -> I32;
    fd_renumber(I32 I32) -> I32;
    fd_seek(I32 I64 I32 I32) -> I32, unstable;
    fd_sync(I32) -> I32;
    fd_tell(I32 I32) -> I32;
    fd_write(I32 I32 I32 I32) -> I32;
    path_create_directory(I32 I32 I32) -> I32;
    path_filestat_get(I32 I32 I32 I32 I32) -> I32, unstable;
    path_filestat_set_times(I32 I32 I32 I32 I64 I64 I32) -> I32;
    path_link(I32 I32 I32 I32 I32 I32 I32) -> I32;
    path_open(I32 I32 I32 I32 I32 I64 I64 I32 I32) -> I32;
    path_readlink(I32 I32 I32 I32 I32 I32) -> I32;
    path_remove_directory(I32 I32 I32) -> I32;
    path_rename(I32 I32 I32 I32 I32 I32) -> I32;
    path_symlink(I32 I32 I32 I32 I32) -> I32;
    path_unlink_file(I32 I32 I32) -> I32;
    poll_oneoff(I32 I32 I32 I32) -> I32, unstable;
    proc_exit(I32);
    proc_raise(I32) -> I32;
    random_get(I32 I32) -> I32;
    sched_yield() -> I32;
    sock_accept(I32 I32 I32) -> I32;
    sock_recv(I32 I32 I32 I32 I32 I32) -> I32;
    sock_send(I32 I32 I32 I32 I32) -> I32;
    sock_shutdown(I32 I32) -> I32;
}

/// Names of import modules that the runtime serves.
pub const MODULES: [&str; 3] = [PREVIEW1, UNSTABLE, THREADS];
