//! The functions of snapshot 0 that the tests call, as safe to call as those of `preview1::raw`.

#![allow(dead_code, reason = "no test needs everything")]

// SAFETY: the signatures are those of snapshot 0.
#[link(wasm_import_module = "wasi_unstable")]
unsafe extern "C" {
    pub safe fn args_sizes_get(argc: u32, argv_buf_size: u32) -> i32;
    pub safe fn clock_time_get(id: u32, precision: u64, time: u32) -> i32;
    pub safe fn fd_close(fd: u32) -> i32;
    pub safe fn fd_fdstat_get(fd: u32, stat: u32) -> i32;
    pub safe fn fd_filestat_get(fd: u32, buf: u32) -> i32;
    pub safe fn fd_prestat_get(fd: u32, buf: u32) -> i32;
    pub safe fn fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32) -> i32;
    pub safe fn fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32) -> i32;
    pub safe fn fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32) -> i32;
    pub safe fn fd_tell(fd: u32, offset: u32) -> i32;
    pub safe fn fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) -> i32;
    pub safe fn path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32) -> i32;
    pub safe fn path_open(
        fd: u32,
        dirflags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        opened_fd: u32,
    ) -> i32;
    pub safe fn poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32) -> i32;
    pub safe fn random_get(buf: u32, buf_len: u32) -> i32;
    pub safe fn sched_yield() -> i32;
}
