//! Every function that stores something finds a bad pointer out before it does anything else.
//!
//! flags: --dir tmp::/ --env A=1
//! setup: mkdir tmp tmp/dir && printf text > tmp/file && ln -s file tmp/link
//! peer: it traps

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

/// Calls a function that stores `size` bytes with bad addresses, then with the last good one.
fn check(name: &str, end: u32, size: u32, call: impl Fn(u32) -> i32) {
    for address in [end - size + 1, end, end + 1, 0x8000_0000, u32::MAX - size, u32::MAX] {
        assert_eq!(result(call(address)), Err(FAULT), "{name} at {address:#x}");
    }
    assert_eq!(result(call(end - size)), Ok(()), "{name}");
}

fn main() {
    let end = memory_end();
    let fd = open("file", 0, READ_WRITE).unwrap();
    let mut space = [0u32; 16];
    let room = at_mut(&mut space);
    let (file, file_len) = (at("file"), 4);
    let (link, link_len) = (at("link"), 4);
    let mut buffer = [0u8; 64];
    let iovs = [iovec(&mut buffer[..1])];
    let iov = at(&iovs);
    check("args_sizes_get", end, 4, |out| raw::args_sizes_get(out, room));
    check("args_sizes_get", end, 4, |out| raw::args_sizes_get(room, out));
    check("args_get", end, 4, |out| raw::args_get(out, room));
    check("environ_sizes_get", end, 4, |out| raw::environ_sizes_get(out, room));
    check("environ_sizes_get", end, 4, |out| raw::environ_sizes_get(room, out));
    check("environ_get", end, 4, |out| raw::environ_get(out, room));
    check("environ_get", end, 4, |out| raw::environ_get(room, out));
    check("clock_res_get", end, 8, |out| raw::clock_res_get(0, out));
    check("clock_time_get", end, 8, |out| raw::clock_time_get(0, 0, out));
    check("fd_fdstat_get", end, 24, |out| raw::fd_fdstat_get(fd, out));
    check("fd_filestat_get", end, 64, |out| raw::fd_filestat_get(fd, out));
    check("fd_prestat_get", end, 8, |out| raw::fd_prestat_get(ROOT, out));
    check("fd_prestat_dir_name", end, 1, |out| raw::fd_prestat_dir_name(ROOT, out, 1));
    check("fd_read", end, 4, |out| raw::fd_read(fd, iov, 1, out));
    assert_eq!(tell(fd), Ok(1));
    check("fd_pread", end, 4, |out| raw::fd_pread(fd, iov, 1, 0, out));
    check("fd_write", end, 4, |out| raw::fd_write(fd, iov, 1, out));
    assert_eq!(tell(fd), Ok(2));
    check("fd_pwrite", end, 4, |out| raw::fd_pwrite(fd, iov, 1, 0, out));
    check("fd_readdir", end, 4, |out| raw::fd_readdir(ROOT, room, 10, 0, out));
    check("fd_readdir", end, 30, |out| raw::fd_readdir(ROOT, out, 30, 0, room));
    check("fd_seek", end, 8, |out| raw::fd_seek(fd, 1, CUR, out));
    assert_eq!(tell(fd), Ok(3));
    check("fd_tell", end, 8, |out| raw::fd_tell(fd, out));
    check("path_filestat_get", end, 64, |out| raw::path_filestat_get(ROOT, 0, file, file_len, out));
    check("path_readlink", end, 4, |out| raw::path_readlink(ROOT, link, link_len, room, 10, out));
    check("path_readlink", end, 10, |out| raw::path_readlink(ROOT, link, link_len, out, 10, room));
    check("random_get", end, 10, |out| raw::random_get(out, 10));
    check("poll_oneoff", end, 4, |out| {
        let subscription = clock_subscription(0, MONOTONIC, 0, 0);
        raw::poll_oneoff(at(&subscription), room, 1, out)
    });

    // A file is neither created nor cut short when its number cannot be stored.
    let new = at("new");
    assert_eq!(result(raw::path_open(ROOT, 0, new, 3, CREAT, FD_WRITE, 0, 0, end - 3)), Err(FAULT));
    assert_eq!(path_filestat(ROOT, 0, "new"), Err(NOENT));
    assert_eq!(result(raw::path_open(ROOT, 0, file, file_len, TRUNC, FD_WRITE, 0, 0, end)), Err(FAULT));
    assert_eq!(filestat(fd).unwrap().size, 4);
    assert_eq!(result(raw::path_open(ROOT, 0, file, file_len, 0, FD_READ, 0, 0, end - 4)), Ok(()));
    assert_eq!(byte_at(end - 4), fd as u8 + 1);

    // Paths that are partly outside.
    for (path, len) in [(end - 1, 2), (end, 1), (0, end + 1), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
        let faults = |name: &str, errno| assert_eq!(result(errno), Err(FAULT), "{name} {path:#x} {len:#x}");
        faults("path_open", raw::path_open(ROOT, 0, path, len, 0, 0, 0, 0, room));
        faults("path_create_directory", raw::path_create_directory(ROOT, path, len));
        faults("path_remove_directory", raw::path_remove_directory(ROOT, path, len));
        faults("path_unlink_file", raw::path_unlink_file(ROOT, path, len));
        faults("path_filestat_get", raw::path_filestat_get(ROOT, 0, path, len, room));
        faults("path_filestat_set_times", raw::path_filestat_set_times(ROOT, 0, path, len, 0, 0, ATIM_NOW));
        faults("path_readlink", raw::path_readlink(ROOT, path, len, room, 10, room));
        faults("path_symlink", raw::path_symlink(path, len, ROOT, new, 3));
        faults("path_symlink", raw::path_symlink(file, file_len, ROOT, path, len));
        faults("path_link", raw::path_link(ROOT, 0, path, len, ROOT, new, 3));
        faults("path_link", raw::path_link(ROOT, 0, file, file_len, ROOT, path, len));
        faults("path_rename", raw::path_rename(ROOT, path, len, ROOT, new, 3));
        faults("path_rename", raw::path_rename(ROOT, file, file_len, ROOT, path, len));
    }
    assert_eq!(names(ROOT), [".", "..", "dir", "file", "link"]);
}
