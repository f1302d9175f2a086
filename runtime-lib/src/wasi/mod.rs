//! WASI preview 1 and snapshot 0. This table is the whole of it: the symbol that an import becomes (see [`abi::wasi`]), and
//! the function that serves it, in the file of its prefix. The linker keeps the ones a module imports.

mod args;
mod clock;
mod descriptor;
mod directory;
mod environ;
mod errno;
mod fd;
mod fd_table;
mod filestat;
mod iovec;
mod path;
mod path_resolver;
mod path_walk;
mod poll;
mod preopen;
mod proc;
mod random;
mod sched;
mod sock;
mod strings;
pub mod types;

use abi::layout::Memory;

use crate::guest::{Guest, GuestPtr};

macro_rules! functions {
    ($($symbol:ident = $file:ident::$function:ident($($parameter:ident: $type:ty),*);)*) => {
        $(
            #[doc = concat!("See [`", stringify!($file), "::", stringify!($function), "`].")]
            ///
            /// # Safety
            /// `memory` is null or an instantiated memory.
            #[unsafe(no_mangle)]
            #[allow(clippy::too_many_arguments, reason = "WASI's signature")]
            pub unsafe extern "C" fn $symbol(memory: *const Memory, $($parameter: $type),*) -> i32 {
                // SAFETY: the caller's promise.
                let guest = unsafe { Guest::new(memory) };
                errno::code($file::$function(guest, $($parameter),*))
            }
        )*

        /// What the functions above take, by symbol.
        #[cfg(test)]
        const SIGNATURES: &[(&str, &[abi::wasi::CoreType])] =
            &[$((stringify!($symbol), &[$(<$type as tests::Parameter>::TYPE),*])),*];
    };
}

functions! {
    w2e_preview1_args_get = args::args_get(argv: GuestPtr, argv_buf: GuestPtr);
    w2e_preview1_args_sizes_get = args::args_sizes_get(argc: GuestPtr, argv_buf_size: GuestPtr);
    w2e_preview1_environ_get = environ::environ_get(environ: GuestPtr, environ_buf: GuestPtr);
    w2e_preview1_environ_sizes_get = environ::environ_sizes_get(environc: GuestPtr, environ_buf_size: GuestPtr);
    w2e_preview1_clock_res_get = clock::clock_res_get(id: u32, resolution: GuestPtr);
    w2e_preview1_clock_time_get = clock::clock_time_get(id: u32, precision: u64, time: GuestPtr);
    w2e_preview1_fd_advise = fd::fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    w2e_preview1_fd_allocate = fd::fd_allocate(fd: u32, offset: u64, len: u64);
    w2e_preview1_fd_close = fd::fd_close(fd: u32);
    w2e_preview1_fd_datasync = fd::fd_datasync(fd: u32);
    w2e_preview1_fd_fdstat_get = fd::fd_fdstat_get(fd: u32, stat: GuestPtr);
    w2e_preview1_fd_fdstat_set_flags = fd::fd_fdstat_set_flags(fd: u32, flags: u32);
    w2e_preview1_fd_fdstat_set_rights = fd::fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    w2e_preview1_fd_filestat_get = fd::fd_filestat_get(fd: u32, buf: GuestPtr);
    w2e_unstable_fd_filestat_get = fd::fd_filestat_get_unstable(fd: u32, buf: GuestPtr);
    w2e_preview1_fd_filestat_set_size = fd::fd_filestat_set_size(fd: u32, size: u64);
    w2e_preview1_fd_filestat_set_times = fd::fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32);
    w2e_preview1_fd_pread = fd::fd_pread(fd: u32, iovs: GuestPtr, iovs_len: u32, offset: u64, nread: GuestPtr);
    w2e_preview1_fd_prestat_get = fd::fd_prestat_get(fd: u32, buf: GuestPtr);
    w2e_preview1_fd_prestat_dir_name = fd::fd_prestat_dir_name(fd: u32, path: GuestPtr, path_len: u32);
    w2e_preview1_fd_pwrite = fd::fd_pwrite(fd: u32, iovs: GuestPtr, iovs_len: u32, offset: u64, nwritten: GuestPtr);
    w2e_preview1_fd_read = fd::fd_read(fd: u32, iovs: GuestPtr, iovs_len: u32, nread: GuestPtr);
    w2e_preview1_fd_readdir = fd::fd_readdir(fd: u32, buf: GuestPtr, buf_len: u32, cookie: u64, bufused: GuestPtr);
    w2e_preview1_fd_renumber = fd::fd_renumber(fd: u32, to: u32);
    w2e_preview1_fd_seek = fd::fd_seek(fd: u32, offset: i64, whence: u32, newoffset: GuestPtr);
    w2e_unstable_fd_seek = fd::fd_seek_unstable(fd: u32, offset: i64, whence: u32, newoffset: GuestPtr);
    w2e_preview1_fd_sync = fd::fd_sync(fd: u32);
    w2e_preview1_fd_tell = fd::fd_tell(fd: u32, offset: GuestPtr);
    w2e_preview1_fd_write = fd::fd_write(fd: u32, iovs: GuestPtr, iovs_len: u32, nwritten: GuestPtr);
    w2e_preview1_path_create_directory = path::path_create_directory(fd: u32, path: GuestPtr, path_len: u32);
    w2e_preview1_path_filestat_get =
        path::path_filestat_get(fd: u32, flags: u32, path: GuestPtr, path_len: u32, buf: GuestPtr);
    w2e_unstable_path_filestat_get =
        path::path_filestat_get_unstable(fd: u32, flags: u32, path: GuestPtr, path_len: u32, buf: GuestPtr);
    w2e_preview1_path_filestat_set_times = path::path_filestat_set_times(
        fd: u32, flags: u32, path: GuestPtr, path_len: u32, atim: u64, mtim: u64, fst_flags: u32
    );
    w2e_preview1_path_link = path::path_link(
        old_fd: u32, old_flags: u32, old_path: GuestPtr, old_path_len: u32,
        new_fd: u32, new_path: GuestPtr, new_path_len: u32
    );
    w2e_preview1_path_open = path::path_open(
        fd: u32, dirflags: u32, path: GuestPtr, path_len: u32, oflags: u32,
        fs_rights_base: u64, fs_rights_inheriting: u64, fdflags: u32, opened_fd: GuestPtr
    );
    w2e_preview1_path_readlink = path::path_readlink(
        fd: u32, path: GuestPtr, path_len: u32, buf: GuestPtr, buf_len: u32, bufused: GuestPtr
    );
    w2e_preview1_path_remove_directory = path::path_remove_directory(fd: u32, path: GuestPtr, path_len: u32);
    w2e_preview1_path_rename = path::path_rename(
        fd: u32, old_path: GuestPtr, old_path_len: u32, new_fd: u32, new_path: GuestPtr, new_path_len: u32
    );
    w2e_preview1_path_symlink = path::path_symlink(
        old_path: GuestPtr, old_path_len: u32, fd: u32, new_path: GuestPtr, new_path_len: u32
    );
    w2e_preview1_path_unlink_file = path::path_unlink_file(fd: u32, path: GuestPtr, path_len: u32);
    w2e_preview1_poll_oneoff =
        poll::poll_oneoff(subscriptions: GuestPtr, events: GuestPtr, nsubscriptions: u32, nevents: GuestPtr);
    w2e_unstable_poll_oneoff =
        poll::poll_oneoff_unstable(subscriptions: GuestPtr, events: GuestPtr, nsubscriptions: u32, nevents: GuestPtr);
    w2e_preview1_proc_raise = proc::proc_raise(sig: u32);
    w2e_preview1_random_get = random::random_get(buf: GuestPtr, buf_len: u32);
    w2e_preview1_sched_yield = sched::sched_yield();
    w2e_preview1_sock_accept = sock::sock_accept(fd: u32, flags: u32, result: GuestPtr);
    w2e_preview1_sock_recv = sock::sock_recv(
        fd: u32, ri_data: GuestPtr, ri_data_len: u32, ri_flags: u32, ro_datalen: GuestPtr, ro_flags: GuestPtr
    );
    w2e_preview1_sock_send =
        sock::sock_send(fd: u32, si_data: GuestPtr, si_data_len: u32, si_flags: u32, so_datalen: GuestPtr);
    w2e_preview1_sock_shutdown = sock::sock_shutdown(fd: u32, how: u32);
}

/// See [`proc::proc_exit`].
#[unsafe(no_mangle)]
pub extern "C" fn w2e_preview1_proc_exit(_memory: *const Memory, rval: u32) -> ! {
    proc::proc_exit(rval)
}

#[cfg(test)]
mod tests {
    use abi::wasi::{CoreType, HOST_FUNCTIONS};

    use super::*;

    /// A parameter's core type.
    pub trait Parameter {
        const TYPE: CoreType;
    }

    impl Parameter for u32 {
        const TYPE: CoreType = CoreType::I32;
    }

    impl Parameter for GuestPtr {
        const TYPE: CoreType = CoreType::I32;
    }

    impl Parameter for u64 {
        const TYPE: CoreType = CoreType::I64;
    }

    impl Parameter for i64 {
        const TYPE: CoreType = CoreType::I64;
    }

    /// Every host function that the compiler knows is here, and takes what the compiler passes.
    #[test]
    fn functions_are_those_of_the_contract() {
        for function in HOST_FUNCTIONS.iter().filter(|function| function.name != "proc_exit") {
            let signature = SIGNATURES.iter().find(|(symbol, _)| *symbol == function.symbol);
            let (_, params) = signature.unwrap_or_else(|| panic!("{} is missing", function.symbol));
            assert_eq!(params, &function.params, "{}", function.symbol);
            assert_eq!(function.results, [CoreType::I32], "{}", function.symbol);
        }
        for (symbol, _) in SIGNATURES {
            assert!(HOST_FUNCTIONS.iter().any(|function| function.symbol == *symbol), "{symbol} serves no import");
        }
    }
}
