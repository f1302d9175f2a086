//! WASI preview 1 as the tests call it: the raw imports, where every pointer is a number so that a wrong one can be passed too,
//! and wrappers that return results.

#![allow(dead_code, reason = "no test needs everything")]

/// The raw imports. They are safe to call: they write nowhere but where they are told, and what a test gives them is the address of
/// an object of its own, of memory that it has grown by for this, or of no memory at all.
pub mod raw {
    // SAFETY: the signatures are those of preview 1.
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub safe fn args_get(argv: u32, argv_buf: u32) -> i32;
        pub safe fn args_sizes_get(argc: u32, argv_buf_size: u32) -> i32;
        pub safe fn environ_get(environ: u32, environ_buf: u32) -> i32;
        pub safe fn environ_sizes_get(environc: u32, environ_buf_size: u32) -> i32;
        pub safe fn clock_res_get(id: u32, resolution: u32) -> i32;
        pub safe fn clock_time_get(id: u32, precision: u64, time: u32) -> i32;
        pub safe fn fd_advise(fd: u32, offset: u64, len: u64, advice: u32) -> i32;
        pub safe fn fd_allocate(fd: u32, offset: u64, len: u64) -> i32;
        pub safe fn fd_close(fd: u32) -> i32;
        pub safe fn fd_datasync(fd: u32) -> i32;
        pub safe fn fd_fdstat_get(fd: u32, stat: u32) -> i32;
        pub safe fn fd_fdstat_set_flags(fd: u32, flags: u32) -> i32;
        pub safe fn fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) -> i32;
        pub safe fn fd_filestat_get(fd: u32, buf: u32) -> i32;
        pub safe fn fd_filestat_set_size(fd: u32, size: u64) -> i32;
        pub safe fn fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32) -> i32;
        pub safe fn fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32) -> i32;
        pub safe fn fd_prestat_get(fd: u32, buf: u32) -> i32;
        pub safe fn fd_prestat_dir_name(fd: u32, path: u32, path_len: u32) -> i32;
        pub safe fn fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32) -> i32;
        pub safe fn fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32) -> i32;
        pub safe fn fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32) -> i32;
        pub safe fn fd_renumber(fd: u32, to: u32) -> i32;
        pub safe fn fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32) -> i32;
        pub safe fn fd_sync(fd: u32) -> i32;
        pub safe fn fd_tell(fd: u32, offset: u32) -> i32;
        pub safe fn fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) -> i32;
        pub safe fn path_create_directory(fd: u32, path: u32, path_len: u32) -> i32;
        pub safe fn path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32) -> i32;
        pub safe fn path_filestat_set_times(
            fd: u32,
            flags: u32,
            path: u32,
            path_len: u32,
            atim: u64,
            mtim: u64,
            fst_flags: u32,
        ) -> i32;
        pub safe fn path_link(
            old_fd: u32,
            old_flags: u32,
            old_path: u32,
            old_path_len: u32,
            new_fd: u32,
            new_path: u32,
            new_path_len: u32,
        ) -> i32;
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
        pub safe fn path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32) -> i32;
        pub safe fn path_remove_directory(fd: u32, path: u32, path_len: u32) -> i32;
        pub safe fn path_rename(
            fd: u32,
            old_path: u32,
            old_path_len: u32,
            new_fd: u32,
            new_path: u32,
            new_path_len: u32,
        ) -> i32;
        pub safe fn path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32) -> i32;
        pub safe fn path_unlink_file(fd: u32, path: u32, path_len: u32) -> i32;
        pub safe fn poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32) -> i32;
        pub safe fn proc_exit(rval: u32) -> !;
        pub safe fn proc_raise(sig: u32) -> i32;
        pub safe fn random_get(buf: u32, buf_len: u32) -> i32;
        pub safe fn sched_yield() -> i32;
        pub safe fn sock_accept(fd: u32, flags: u32, result: u32) -> i32;
        pub safe fn sock_recv(
            fd: u32,
            ri_data: u32,
            ri_data_len: u32,
            ri_flags: u32,
            ro_datalen: u32,
            ro_flags: u32,
        ) -> i32;
        pub safe fn sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, so_datalen: u32) -> i32;
        pub safe fn sock_shutdown(fd: u32, how: u32) -> i32;
    }
}

/// An errno.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Errno(pub i32);

macro_rules! errnos {
    ($($name:ident = $number:literal)*) => {
        $(pub const $name: Errno = Errno($number);)*

        impl std::fmt::Debug for Errno {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.0 {
                    $($number => formatter.write_str(stringify!($name)),)*
                    other => write!(formatter, "errno {other}"),
                }
            }
        }
    };
}

errnos! {
    ACCES = 2 AGAIN = 6 BADF = 8 BUSY = 10 EXIST = 20 FAULT = 21 FBIG = 22 ILSEQ = 25 INVAL = 28 IO = 29 ISDIR = 31 LOOP = 32
    MFILE = 33 NAMETOOLONG = 37 NOENT = 44 NOMEM = 48 NOSPC = 51 NOTCONN = 53 NOTDIR = 54 NOTEMPTY = 55 NOTSOCK = 57
    NOTSUP = 58 OVERFLOW = 61 PERM = 63 PIPE = 64 ROFS = 69 SPIPE = 70 XDEV = 75 NOTCAPABLE = 76
}

pub type Result<T> = std::result::Result<T, Errno>;

pub fn result(errno: i32) -> Result<()> {
    if errno == 0 { Ok(()) } else { Err(Errno(errno)) }
}

/// rights
pub const FD_DATASYNC: u64 = 1 << 0;
pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
pub const FD_SYNC: u64 = 1 << 4;
pub const FD_TELL: u64 = 1 << 5;
pub const FD_WRITE: u64 = 1 << 6;
pub const FD_ADVISE: u64 = 1 << 7;
pub const FD_ALLOCATE: u64 = 1 << 8;
pub const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
pub const PATH_CREATE_FILE: u64 = 1 << 10;
pub const PATH_LINK_SOURCE: u64 = 1 << 11;
pub const PATH_LINK_TARGET: u64 = 1 << 12;
pub const PATH_OPEN: u64 = 1 << 13;
pub const FD_READDIR: u64 = 1 << 14;
pub const PATH_READLINK: u64 = 1 << 15;
pub const PATH_RENAME_SOURCE: u64 = 1 << 16;
pub const PATH_RENAME_TARGET: u64 = 1 << 17;
pub const PATH_FILESTAT_GET: u64 = 1 << 18;
pub const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
pub const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
pub const FD_FILESTAT_GET: u64 = 1 << 21;
pub const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
pub const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
pub const PATH_SYMLINK: u64 = 1 << 24;
pub const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
pub const PATH_UNLINK_FILE: u64 = 1 << 26;
pub const POLL_FD_READWRITE: u64 = 1 << 27;
pub const SOCK_SHUTDOWN: u64 = 1 << 28;
pub const SOCK_ACCEPT: u64 = 1 << 29;
pub const READ_WRITE: u64 = FD_READ | FD_WRITE;

/// fdflags
pub const APPEND: u32 = 1;
pub const DSYNC: u32 = 2;
pub const NONBLOCK: u32 = 4;
pub const RSYNC: u32 = 8;
pub const SYNC: u32 = 16;

/// oflags
pub const CREAT: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCL: u32 = 4;
pub const TRUNC: u32 = 8;

/// lookupflags
pub const FOLLOW: u32 = 1;

/// fstflags
pub const ATIM: u32 = 1;
pub const ATIM_NOW: u32 = 2;
pub const MTIM: u32 = 4;
pub const MTIM_NOW: u32 = 8;

/// whence
pub const SET: u32 = 0;
pub const CUR: u32 = 1;
pub const END: u32 = 2;

/// filetype
pub const UNKNOWN: u8 = 0;
pub const CHARACTER_DEVICE: u8 = 2;
pub const DIRECTORY_TYPE: u8 = 3;
pub const REGULAR_FILE: u8 = 4;
pub const SOCKET_STREAM: u8 = 6;
pub const SYMBOLIC_LINK: u8 = 7;

/// The first preopened descriptor.
pub const ROOT: u32 = 3;

/// An address.
pub fn at<T: ?Sized>(value: &T) -> u32 {
    std::ptr::from_ref(value).cast::<u8>() as u32
}

/// An address to write to.
pub fn at_mut<T: ?Sized>(value: &mut T) -> u32 {
    std::ptr::from_mut(value).cast::<u8>() as u32
}

/// What a function stores through its last parameter.
pub fn out<T: Default>(call: impl FnOnce(u32) -> i32) -> Result<T> {
    let mut value = T::default();
    result(call(at_mut(&mut value)))?;
    // The compiler cannot know that the call wrote to it.
    Ok(std::hint::black_box(value))
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
#[repr(C)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
#[repr(C)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub base: u64,
    pub inheriting: u64,
}

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Iovec {
    pub buf: u32,
    pub len: u32,
}

pub fn iovec(buffer: &mut [u8]) -> Iovec {
    Iovec { buf: at_mut(buffer), len: buffer.len() as u32 }
}

pub fn ciovec(buffer: &[u8]) -> Iovec {
    Iovec { buf: at(buffer), len: buffer.len() as u32 }
}

pub fn path_open(
    fd: u32,
    dirflags: u32,
    path: &str,
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
) -> Result<u32> {
    path_open_bytes(fd, dirflags, path.as_bytes(), oflags, base, inheriting, fdflags)
}

pub fn path_open_bytes(
    fd: u32,
    dirflags: u32,
    path: &[u8],
    oflags: u32,
    base: u64,
    inheriting: u64,
    fdflags: u32,
) -> Result<u32> {
    let len = path.len() as u32;
    out(|out| raw::path_open(fd, dirflags, at(path), len, oflags, base, inheriting, fdflags, out))
}

/// Opens a file as a C program does, following links.
pub fn open(path: &str, oflags: u32, base: u64) -> Result<u32> {
    path_open(ROOT, FOLLOW, path, oflags, base, 0, 0)
}

/// Creates a file with these contents.
pub fn create(path: &str, contents: &[u8]) {
    let fd = open(path, CREAT | TRUNC, FD_WRITE).unwrap();
    assert_eq!(write(fd, contents), Ok(contents.len()));
    close(fd).unwrap();
}

/// A whole file.
pub fn contents(path: &str) -> Vec<u8> {
    let fd = open(path, 0, FD_READ).unwrap();
    let mut contents = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match read(fd, &mut buffer).unwrap() {
            0 => break,
            count => contents.extend_from_slice(&buffer[..count]),
        }
    }
    close(fd).unwrap();
    contents
}

pub fn close(fd: u32) -> Result<()> {
    result(raw::fd_close(fd))
}

pub fn readv(fd: u32, iovs: &[Iovec]) -> Result<usize> {
    out(|out| raw::fd_read(fd, at(iovs), iovs.len() as u32, out))
}

pub fn writev(fd: u32, iovs: &[Iovec]) -> Result<usize> {
    out(|out| raw::fd_write(fd, at(iovs), iovs.len() as u32, out))
}

pub fn read(fd: u32, buffer: &mut [u8]) -> Result<usize> {
    readv(fd, &[iovec(buffer)])
}

pub fn write(fd: u32, bytes: &[u8]) -> Result<usize> {
    writev(fd, &[ciovec(bytes)])
}

pub fn pread(fd: u32, buffer: &mut [u8], offset: u64) -> Result<usize> {
    let iovs = [iovec(buffer)];
    out(|out| raw::fd_pread(fd, at(&iovs), 1, offset, out))
}

pub fn pwrite(fd: u32, bytes: &[u8], offset: u64) -> Result<usize> {
    let iovs = [ciovec(bytes)];
    out(|out| raw::fd_pwrite(fd, at(&iovs), 1, offset, out))
}

pub fn seek(fd: u32, offset: i64, whence: u32) -> Result<u64> {
    out(|out| raw::fd_seek(fd, offset, whence, out))
}

pub fn tell(fd: u32) -> Result<u64> {
    out(|out| raw::fd_tell(fd, out))
}

pub fn fdstat(fd: u32) -> Result<Fdstat> {
    out(|out| raw::fd_fdstat_get(fd, out))
}

pub fn set_flags(fd: u32, flags: u32) -> Result<()> {
    result(raw::fd_fdstat_set_flags(fd, flags))
}

pub fn set_rights(fd: u32, base: u64, inheriting: u64) -> Result<()> {
    result(raw::fd_fdstat_set_rights(fd, base, inheriting))
}

pub fn filestat(fd: u32) -> Result<Filestat> {
    out(|out| raw::fd_filestat_get(fd, out))
}

pub fn set_size(fd: u32, size: u64) -> Result<()> {
    result(raw::fd_filestat_set_size(fd, size))
}

pub fn set_times(fd: u32, atim: u64, mtim: u64, flags: u32) -> Result<()> {
    result(raw::fd_filestat_set_times(fd, atim, mtim, flags))
}

pub fn renumber(fd: u32, to: u32) -> Result<()> {
    result(raw::fd_renumber(fd, to))
}

pub fn path_filestat(fd: u32, flags: u32, path: &str) -> Result<Filestat> {
    out(|out| raw::path_filestat_get(fd, flags, at(path), path.len() as u32, out))
}

pub fn path_set_times(fd: u32, flags: u32, path: &str, atim: u64, mtim: u64, fst_flags: u32) -> Result<()> {
    result(raw::path_filestat_set_times(fd, flags, at(path), path.len() as u32, atim, mtim, fst_flags))
}

pub fn create_directory(fd: u32, path: &str) -> Result<()> {
    result(raw::path_create_directory(fd, at(path), path.len() as u32))
}

pub fn remove_directory(fd: u32, path: &str) -> Result<()> {
    result(raw::path_remove_directory(fd, at(path), path.len() as u32))
}

pub fn unlink(fd: u32, path: &str) -> Result<()> {
    result(raw::path_unlink_file(fd, at(path), path.len() as u32))
}

pub fn link(old_fd: u32, flags: u32, old: &str, new_fd: u32, new: &str) -> Result<()> {
    let (old_len, new_len) = (old.len() as u32, new.len() as u32);
    result(raw::path_link(old_fd, flags, at(old), old_len, new_fd, at(new), new_len))
}

pub fn rename(old_fd: u32, old: &str, new_fd: u32, new: &str) -> Result<()> {
    result(raw::path_rename(old_fd, at(old), old.len() as u32, new_fd, at(new), new.len() as u32))
}

pub fn symlink(target: &str, fd: u32, path: &str) -> Result<()> {
    result(raw::path_symlink(at(target), target.len() as u32, fd, at(path), path.len() as u32))
}

/// The target of a link, cut off at `room` bytes.
pub fn readlink(fd: u32, path: &str, room: usize) -> Result<String> {
    let mut buffer = vec![0; room];
    let buf = at_mut(buffer.as_mut_slice());
    let len: usize = out(|out| raw::path_readlink(fd, at(path), path.len() as u32, buf, room as u32, out))?;
    buffer.truncate(len);
    Ok(String::from_utf8(buffer).unwrap())
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq)]
pub struct Dirent {
    pub next: u64,
    pub ino: u64,
    pub filetype: u8,
    pub name: Vec<u8>,
}

/// One `fd_readdir`: the entries that arrived whole, and how many bytes were used.
pub fn readdir(fd: u32, room: usize, cookie: u64) -> Result<(Vec<Dirent>, usize)> {
    let mut buffer = vec![0; room];
    let buf = at_mut(buffer.as_mut_slice());
    let used: usize = out(|out| raw::fd_readdir(fd, buf, room as u32, cookie, out))?;
    let mut entries = Vec::new();
    let mut rest = &buffer[..used];
    while let Some((head, tail)) = rest.split_at_checked(24) {
        let namlen = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        let Some((name, tail)) = tail.split_at_checked(namlen) else { break };
        entries.push(Dirent {
            next: u64::from_le_bytes(head[..8].try_into().unwrap()),
            ino: u64::from_le_bytes(head[8..16].try_into().unwrap()),
            filetype: head[20],
            name: name.to_vec(),
        });
        rest = tail;
    }
    Ok((entries, used))
}

/// A whole directory, read with a buffer of `room` bytes.
pub fn list(fd: u32, room: usize) -> Vec<Dirent> {
    let mut all: Vec<Dirent> = Vec::new();
    let mut cookie = 0;
    loop {
        let (entries, used) = readdir(fd, room, cookie).unwrap();
        assert!(used <= room);
        if let Some(last) = entries.last() {
            cookie = last.next;
        } else if used == room {
            panic!("no progress with {room} bytes");
        }
        all.extend(entries);
        if used < room {
            return all;
        }
    }
}

/// The names in a directory, sorted.
pub fn names(fd: u32) -> Vec<String> {
    let mut names: Vec<_> = list(fd, 4096).into_iter().map(|entry| String::from_utf8(entry.name).unwrap()).collect();
    names.sort();
    names
}

/// A subscription to a clock or a descriptor.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct Subscription {
    pub userdata: u64,
    pub tag: u64,
    /// The clock, or the descriptor.
    pub id: u64,
    pub timeout: u64,
    pub precision: u64,
    pub flags: u64,
}

pub const CLOCK: u64 = 0;
pub const POLL_READ: u64 = 1;
pub const POLL_WRITE: u64 = 2;
pub const REALTIME: u32 = 0;
pub const MONOTONIC: u32 = 1;
pub const ABSTIME: u64 = 1;

pub fn clock_subscription(userdata: u64, clock: u32, timeout: u64, flags: u64) -> Subscription {
    Subscription { userdata, tag: CLOCK, id: clock.into(), timeout, precision: 0, flags }
}

pub fn fd_subscription(userdata: u64, tag: u64, fd: u32) -> Subscription {
    Subscription { userdata, tag, id: fd.into(), ..Subscription::default() }
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
#[repr(C)]
pub struct Event {
    pub userdata: u64,
    pub error: u16,
    pub eventtype: u8,
    pub nbytes: u64,
    pub flags: u16,
}

pub fn poll(subscriptions: &[Subscription]) -> Result<Vec<Event>> {
    let mut events = vec![Event::default(); subscriptions.len()];
    let buf = at_mut(events.as_mut_slice());
    let len = subscriptions.len() as u32;
    let count: usize = out(|out| raw::poll_oneoff(at(subscriptions), buf, len, out))?;
    events.truncate(count);
    Ok(events)
}

pub fn clock_time(clock: u32) -> Result<u64> {
    out(|out| raw::clock_time_get(clock, 1, out))
}

/// Adds a page to the memory, so that nobody else uses its last bytes; returns the memory's new end.
pub fn memory_end() -> u32 {
    const PAGE: usize = 65536;
    let pages = core::arch::wasm32::memory_grow(0, 1);
    assert_ne!(pages, usize::MAX);
    ((pages + 1) * PAGE) as u32
}

/// The byte at an address, as it is now.
pub fn byte_at(address: u32) -> u8 {
    // SAFETY: any byte may be read; an address outside memory traps, and the test fails.
    unsafe { (address as *const u8).read_volatile() }
}

/// Stores a byte.
pub fn set_byte_at(address: u32, byte: u8) {
    // SAFETY: tests store to memory that they have grown by, where no object is.
    unsafe { (address as *mut u8).write_volatile(byte) }
}
