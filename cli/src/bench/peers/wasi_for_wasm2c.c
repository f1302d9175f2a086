// The functions of WASI preview 1 that programs of the corpus use, for modules that wasm2c turned into C: arguments, clocks,
// random numbers and the standard streams, no environment, no files. Names are those of wasm2c 1.0.33 and later, or, with
// OLD_NAMES defined, of the versions before.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "wasm-rt.h"

#ifdef OLD_NAMES
typedef Z_guest_instance_t Guest;
typedef struct Z_wasi_snapshot_preview1_instance_t Wasi;
#define WASI(name) Z_wasi_snapshot_preview1Z_##name
#define MEMORY Z_guestZ_memory
#define START Z_guestZ__start
#define INSTANTIATE Z_guest_instantiate
#else
typedef w2c_guest Guest;
typedef struct w2c_wasi__snapshot__preview1 Wasi;
#define WASI(name) w2c_wasi__snapshot__preview1_##name
#define MEMORY w2c_guest_memory
#define START w2c_guest_0x5Fstart
#define INSTANTIATE wasm2c_guest_instantiate
#endif

enum { SUCCESS = 0, AGAIN = 6, BADF = 8, FAULT = 21, INVAL = 28, IO = 29, NOSYS = 52, PIPE = 64, SPIPE = 70 };

static Guest guest;
static u32 arg_count;
static char** arg_values;

// Where a range of guest memory is; null when it is not all in memory.
static u8* at(u64 address, u64 length) {
    wasm_rt_memory_t* memory = MEMORY(&guest);
    return address + length <= memory->size ? memory->data + address : NULL;
}

static u32 store(u32 address, const void* value, u32 length) {
    u8* to = at(address, length);
    if (!to) return FAULT;
    memcpy(to, value, length);
    return SUCCESS;
}

static u32 store32(u32 address, u32 value) { return store(address, &value, sizeof value); }
static u32 store64(u32 address, u64 value) { return store(address, &value, sizeof value); }

static u32 errno_code(void) {
    switch (errno) {
        case EAGAIN: return AGAIN;
        case EBADF: return BADF;
        case EINVAL: return INVAL;
        case EPIPE: return PIPE;
        case ESPIPE: return SPIPE;
        default: return IO;
    }
}

enum { MAX_VECTORS = 1024 };

// Translates the guest's list of buffers.
static u32 vectors(u32 list, u32 count, struct iovec* host) {
    if (count > MAX_VECTORS) return INVAL;
    for (u32 i = 0; i < count; i++) {
        u8* entry = at((u64)list + 8 * (u64)i, 8);
        if (!entry) return FAULT;
        u32 pair[2];
        memcpy(pair, entry, sizeof pair);
        host[i].iov_base = at(pair[0], pair[1]);
        host[i].iov_len = pair[1];
        if (!host[i].iov_base) return FAULT;
    }
    return SUCCESS;
}

u32 WASI(fd_write)(Wasi* wasi, u32 fd, u32 list, u32 count, u32 written) {
    struct iovec host[MAX_VECTORS];
    u32 error = vectors(list, count, host);
    if (error) return error;
    if (fd != 1 && fd != 2) return BADF;
    ssize_t result = writev((int)fd, host, (int)count);
    return result < 0 ? errno_code() : store32(written, (u32)result);
}

u32 WASI(fd_read)(Wasi* wasi, u32 fd, u32 list, u32 count, u32 read) {
    struct iovec host[MAX_VECTORS];
    u32 error = vectors(list, count, host);
    if (error) return error;
    if (fd != 0) return BADF;
    ssize_t result = readv(0, host, (int)count);
    return result < 0 ? errno_code() : store32(read, (u32)result);
}

u32 WASI(fd_seek)(Wasi* wasi, u32 fd, u64 offset, u32 whence, u32 position) {
    if (fd > 2) return BADF;
    if (whence > 2) return INVAL;
    static const int WHENCE[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    off_t result = lseek((int)fd, (off_t)offset, WHENCE[whence]);
    return result < 0 ? errno_code() : store64(position, (u64)result);
}

u32 WASI(fd_close)(Wasi* wasi, u32 fd) { return fd > 2 ? BADF : SUCCESS; }

static u8 file_type(u32 fd) {
    struct stat status;
    if (fstat((int)fd, &status) < 0) return 0;
    return S_ISCHR(status.st_mode) ? 2 : S_ISREG(status.st_mode) ? 4 : 0;
}

u32 WASI(fd_fdstat_get)(Wasi* wasi, u32 fd, u32 result) {
    if (fd > 2) return BADF;
    u8 bytes[24] = {file_type(fd)};
    memset(bytes + 8, 0xff, 8);
    return store(result, bytes, sizeof bytes);
}

u32 WASI(fd_filestat_get)(Wasi* wasi, u32 fd, u32 result) {
    if (fd > 2) return BADF;
    u8 bytes[64] = {0};
    bytes[16] = file_type(fd);
    return store(result, bytes, sizeof bytes);
}

u32 WASI(args_sizes_get)(Wasi* wasi, u32 count, u32 size) {
    u32 total = 0;
    for (u32 i = 0; i < arg_count; i++) total += (u32)strlen(arg_values[i]) + 1;
    u32 error = store32(count, arg_count);
    return error ? error : store32(size, total);
}

u32 WASI(args_get)(Wasi* wasi, u32 pointers, u32 text) {
    for (u32 i = 0; i < arg_count; i++) {
        u32 length = (u32)strlen(arg_values[i]) + 1;
        u32 error = store32(pointers + 4 * i, text);
        if (!error) error = store(text, arg_values[i], length);
        if (error) return error;
        text += length;
    }
    return SUCCESS;
}

u32 WASI(environ_sizes_get)(Wasi* wasi, u32 count, u32 size) {
    u32 error = store32(count, 0);
    return error ? error : store32(size, 0);
}

u32 WASI(environ_get)(Wasi* wasi, u32 pointers, u32 text) { return SUCCESS; }

static const clockid_t CLOCKS[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};

u32 WASI(clock_time_get)(Wasi* wasi, u32 clock, u64 precision, u32 result) {
    struct timespec time;
    if (clock > 3 || clock_gettime(CLOCKS[clock], &time) < 0) return INVAL;
    return store64(result, (u64)time.tv_sec * 1000000000 + (u64)time.tv_nsec);
}

u32 WASI(clock_res_get)(Wasi* wasi, u32 clock, u32 result) {
    struct timespec time;
    if (clock > 3 || clock_getres(CLOCKS[clock], &time) < 0) return INVAL;
    return store64(result, (u64)time.tv_sec * 1000000000 + (u64)time.tv_nsec);
}

u32 WASI(random_get)(Wasi* wasi, u32 buffer, u32 length) {
    u8* to = at(buffer, length);
    if (!to) return FAULT;
    for (u32 done = 0; done < length;) {
        ssize_t got = getrandom(to + done, length - done, 0);
        if (got < 0) return IO;
        done += (u32)got;
    }
    return SUCCESS;
}

u32 WASI(sched_yield)(Wasi* wasi) { return sched_yield() < 0 ? NOSYS : SUCCESS; }

void WASI(proc_exit)(Wasi* wasi, u32 status) { _exit(status < 256 ? (int)status : 255); }

// There are no directories, and so no files beyond the standard streams.
u32 WASI(fd_prestat_get)(Wasi* wasi, u32 fd, u32 result) { return BADF; }
u32 WASI(fd_prestat_dir_name)(Wasi* wasi, u32 fd, u32 path, u32 length) { return BADF; }
u32 WASI(path_open)(Wasi* wasi, u32 fd, u32 look, u32 path, u32 length, u32 open, u64 base, u64 inherit, u32 flags, u32 result) {
    return BADF;
}
u32 WASI(path_filestat_get)(Wasi* wasi, u32 fd, u32 flags, u32 path, u32 length, u32 result) { return BADF; }
u32 WASI(path_create_directory)(Wasi* wasi, u32 fd, u32 path, u32 length) { return BADF; }
u32 WASI(path_remove_directory)(Wasi* wasi, u32 fd, u32 path, u32 length) { return BADF; }
u32 WASI(path_unlink_file)(Wasi* wasi, u32 fd, u32 path, u32 length) { return BADF; }
u32 WASI(path_readlink)(Wasi* wasi, u32 fd, u32 path, u32 length, u32 to, u32 room, u32 used) { return BADF; }
u32 WASI(path_rename)(Wasi* wasi, u32 fd, u32 path, u32 length, u32 to_fd, u32 to, u32 to_length) { return BADF; }
u32 WASI(path_symlink)(Wasi* wasi, u32 target, u32 target_length, u32 fd, u32 path, u32 length) { return BADF; }
u32 WASI(path_link)(Wasi* wasi, u32 fd, u32 flags, u32 path, u32 length, u32 to_fd, u32 to, u32 to_length) { return BADF; }
u32 WASI(path_filestat_set_times)(Wasi* wasi, u32 fd, u32 look, u32 path, u32 length, u64 access, u64 change, u32 flags) {
    return BADF;
}
u32 WASI(fd_readdir)(Wasi* wasi, u32 fd, u32 buffer, u32 length, u64 cookie, u32 used) { return BADF; }
u32 WASI(fd_pread)(Wasi* wasi, u32 fd, u32 list, u32 count, u64 offset, u32 read) { return fd > 2 ? BADF : SPIPE; }
u32 WASI(fd_pwrite)(Wasi* wasi, u32 fd, u32 list, u32 count, u64 offset, u32 written) { return fd > 2 ? BADF : SPIPE; }
u32 WASI(fd_tell)(Wasi* wasi, u32 fd, u32 result) { return WASI(fd_seek)(wasi, fd, 0, 1, result); }
u32 WASI(fd_sync)(Wasi* wasi, u32 fd) { return fd > 2 ? BADF : SUCCESS; }
u32 WASI(fd_datasync)(Wasi* wasi, u32 fd) { return fd > 2 ? BADF : SUCCESS; }
u32 WASI(fd_fdstat_set_flags)(Wasi* wasi, u32 fd, u32 flags) { return fd > 2 ? BADF : NOSYS; }
u32 WASI(fd_filestat_set_size)(Wasi* wasi, u32 fd, u64 size) { return fd > 2 ? BADF : INVAL; }
u32 WASI(fd_filestat_set_times)(Wasi* wasi, u32 fd, u64 access, u64 change, u32 flags) { return fd > 2 ? BADF : NOSYS; }
u32 WASI(fd_advise)(Wasi* wasi, u32 fd, u64 offset, u64 length, u32 advice) { return fd > 2 ? BADF : SPIPE; }
u32 WASI(fd_allocate)(Wasi* wasi, u32 fd, u64 offset, u64 length) { return fd > 2 ? BADF : SPIPE; }
u32 WASI(fd_renumber)(Wasi* wasi, u32 fd, u32 to) { return fd > 2 ? BADF : NOSYS; }
u32 WASI(poll_oneoff)(Wasi* wasi, u32 in, u32 out, u32 count, u32 events) { return NOSYS; }

int main(int count, char** values) {
    arg_count = (u32)count;
    arg_values = values;
    wasm_rt_init();
#ifdef OLD_NAMES
    Z_guest_init_module();
#endif
#ifdef IMPORTS_WASI
    INSTANTIATE(&guest, NULL);
#else
    INSTANTIATE(&guest);
#endif
    START(&guest);
    return 0;
}
