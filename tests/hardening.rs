//! What executables give up at start, and that it is gone. A host function of the tests' own, linked in place of the runtime's
//! `proc_raise`, makes the system calls that a broken sandbox would.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use object::{Object, ObjectSection};
use tempfile::TempDir;

/// A program that calls `proc_raise` with its argument, and prints what that returns. It has what takes system calls besides: it grows
/// its memory, opens files.
const CALLER: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "raise") (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const -1))
      (then
        (drop (memory.grow (i32.const 1)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const 2)
          (i64.const 0) (i32.const 0) (i32.const 8)))))
    (call $raise (local.get 0))))"#;

/// What the tests' host function begins with.
const HOST_FUNCTION: &str = r#"
#define _GNU_SOURCE
#include <sys/syscall.h>
static long call(long number, long a, long b, long c, long d) {
    long result;
#ifdef __x86_64__
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    result = x0;
#endif
    return result;
}
extern char __ehdr_start;
int w2e_preview1_proc_raise(void *memory, int argument) { return "#;

const KILLED: Option<i32> = Some(libc::SIGSYS);

struct Executable(TempDir);

impl Executable {
    /// A module in text format, compiled with these options.
    fn new(module: &str, options: &[&str]) -> Executable {
        let directory = TempDir::new().expect("a temporary directory");
        let source = directory.path().join("module.wat");
        fs::write(&source, module).expect("the directory is writable");
        let executable = Executable(directory);
        let mut command = Command::new(wasm2exe_tests::wasm2exe());
        command.arg(source).args(options).arg("-o").arg(executable.path());
        let output = command.output().expect("wasm2exe starts");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        executable
    }

    /// [`CALLER`] with a host function that returns an expression of C.
    fn calling(expression: &str, options: &[&str]) -> Executable {
        let directory = TempDir::new().expect("a temporary directory");
        let path = |name: &str| directory.path().join(name);
        fs::write(path("host.c"), format!("{HOST_FUNCTION}{expression}; }}\n")).expect("the directory is writable");
        let mut compiler = Command::new("cc");
        compiler.args(["-c", "-O1", "-fPIE", "-ffreestanding", "-fno-stack-protector", "-o"]);
        let compiled = compiler.arg(path("host.o")).arg(path("host.c")).status().expect("cc starts");
        assert!(compiled.success(), "{expression}");
        // Of two definitions the first one counts.
        let script =
            format!("#!/bin/sh\nexec cc -Wl,--allow-multiple-definition '{}' \"$@\"\n", path("host.o").display());
        fs::write(path("link"), script).expect("the directory is writable");
        fs::set_permissions(path("link"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let linker = path("link").into_os_string().into_string().expect("a path in UTF-8");
        Executable::new(CALLER, &[&["--invoke", "raise", "--linker", &linker], options].concat())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("program")
    }

    fn run(&self, argument: &str) -> Output {
        Command::new(self.path()).arg(argument).current_dir(self.0.path()).output().expect("it starts")
    }

    /// What the host function returns.
    fn result(&self) -> i32 {
        let output = self.run("0");
        let result = String::from_utf8_lossy(&output.stdout).trim_end().parse();
        result.unwrap_or_else(|_| panic!("{output:?}"))
    }

    /// The system calls it says it may need.
    fn allowed(&self) -> Option<Vec<String>> {
        let bytes = fs::read(self.path()).expect("it is readable");
        let file = object::File::parse(&*bytes).expect("an ELF file");
        let list = file.section_by_name(".wasm2exe.system-calls")?.data().expect("its bytes").to_vec();
        let list = String::from_utf8(list).expect("it is UTF-8");
        Some(list.split_terminator('\0').map(str::to_string).collect())
    }
}

/// Whether this kernel has a system call that takes no harm from being tried with these arguments.
fn kernel_has(number: i64, arguments: [i64; 3]) -> bool {
    // SAFETY: the callers try calls that do nothing.
    let result = unsafe { libc::syscall(number, arguments[0], arguments[1], arguments[2]) };
    result >= 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS)
}

const MSEAL: i64 = 462;
const LANDLOCK_CREATE_RULESET: i64 = 444;

#[test]
fn no_other_system_call_is_possible() {
    let executable = Executable::calling("call(argument, 0, 0, 0, 0)", &["--dir", "."]);
    let allowed = executable.allowed().expect("it is hardened");
    let names: Vec<&str> = allowed.iter().filter_map(|rule| rule.split('(').next()).collect();
    let numbers: Vec<u32> = abi::system_calls::SYSTEM_CALLS
        .iter()
        .filter(|call| names.contains(&call.name))
        .map(|call| if cfg!(target_arch = "x86_64") { call.x86_64 } else { call.aarch64 })
        .collect();
    assert!((10..20).contains(&numbers.len()), "{allowed:?}");
    // The kernel asks no filter about `uretprobe` and `uprobe`, which refuse everybody but its own trampolines.
    let unfiltered = if cfg!(target_arch = "x86_64") { 335..337 } else { 0..0 };
    for number in (0..475).filter(|number| !numbers.contains(number) && !unfiltered.contains(number)) {
        let output = executable.run(&number.to_string());
        assert_eq!(output.status.signal(), KILLED, "system call {number}: {output:?}");
        assert!(output.stdout.is_empty(), "system call {number}");
    }
}

#[test]
fn without_hardening_everything_is_possible() {
    let expression = "call(SYS_getppid, 0, 0, 0, 0) > 0";
    assert_eq!(Executable::calling(expression, &["--harden", "off"]).result(), 1);
    assert_eq!(Executable::calling(expression, &[]).run("0").status.signal(), KILLED);
    let soft = Executable::calling(expression, &["--harden", "off", "-g"]);
    assert!(soft.allowed().is_none());
    let bytes = fs::read(soft.path()).expect("it is readable");
    assert!(!bytes.windows(10).any(|window| window == b"w2e_harden"), "what is off is not linked");
}

#[test]
fn arguments_are_looked_at() {
    for (expression, is_allowed) in [
        ("call(SYS_mprotect, (long) memory & 0, 0, 3, 0)", true),
        ("call(SYS_mprotect, 0, 0, 5, 0)", false),
        ("call(SYS_mprotect, 0, 0, 1, 0)", false),
        ("call(SYS_write, 2, 0, 0, 0)", true),
        ("call(SYS_write, 3, 0, 0, 0)", false),
        ("call(SYS_fcntl, 1, 1030, 3, 0) > 0", true),
        ("call(SYS_fcntl, 1, 3, 0, 0)", false),
        ("call(SYS_tgkill, call(SYS_getpid, 0, 0, 0, 0), 0, 11, 0)", true),
        ("call(SYS_tgkill, 1, 1, 11, 0)", false),
        ("call(SYS_tgkill, call(SYS_getpid, 0, 0, 0, 0), 0, 9, 0)", false),
        ("call(SYS_kill, call(SYS_getpid, 0, 0, 0, 0), 0, 0, 0)", true),
        ("call(SYS_kill, -1, 0, 0, 0)", false),
        ("call(SYS_rt_sigaction, 11, 0, 0, 8)", true),
        ("call(SYS_rt_sigaction, 31, 0, 0, 8)", false),
    ] {
        let output = Executable::calling(expression, &["--dir", "."]).run("0");
        assert_eq!(output.status.signal(), if is_allowed { None } else { KILLED }, "{expression}: {output:?}");
    }
}

#[test]
fn code_and_constants_are_sealed() {
    if !kernel_has(MSEAL, [0, 0, 0]) {
        println!("SKIPPED: this kernel has no mseal");
        return;
    }
    const EPERM: i32 = -libc::EPERM;
    for offset in ["0", "0x1000", "0x4000"] {
        let expression = format!("call(SYS_mprotect, (long) &__ehdr_start + {offset}, 4096, 3, 0)");
        assert_eq!(Executable::calling(&expression, &["--dir", "."]).result(), EPERM, "{offset}");
        assert_eq!(Executable::calling(&expression, &["--dir", ".", "--harden", "off"]).result(), 0, "{offset}");
    }
}

#[test]
fn paths_are_confined_to_the_granted_directories() {
    if !kernel_has(LANDLOCK_CREATE_RULESET, [0, 0, 1]) {
        println!("SKIPPED: this kernel has no landlock");
        return;
    }
    const EACCES: i32 = -libc::EACCES;
    let open = |path: &str, flags: &str| format!("call(SYS_openat, -100, (long) \"{path}\", {flags}, 0600)");
    let result = |path, flags, options: &[&str]| Executable::calling(&open(path, flags), options).result();
    // The filter does not see paths.
    assert!(result("/etc/passwd", "0", &["--dir", "."]) >= 0);
    assert_eq!(result("/etc/passwd", "0", &["--dir", ".", "--harden", "on"]), EACCES);
    assert!(result("module.wat", "0", &["--dir", ".", "--harden", "on"]) >= 0);
    assert!(result("module.wat", "2", &["--dir", ".", "--harden", "on"]) >= 0);
    assert!(result("module.wat", "0", &["--dir", ".,ro", "--harden", "on"]) >= 0);
    assert_eq!(result("module.wat", "2", &["--dir", ".,ro", "--harden", "on"]), EACCES);
    assert_eq!(result("new", "0101", &["--dir", ".,ro", "--harden", "on"]), EACCES);
}

/// Waits for a second, then ends with the errno of that.
const SLEEPER: &str = r#"(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 1 shared)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "!")
  (func $ready (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "poll")
    (call $ready)
    (i32.store (i32.const 116) (i32.const 1))
    (i64.store (i32.const 124) (i64.const 1000000000))
    (call $exit (call $poll (i32.const 100) (i32.const 200) (i32.const 1) (i32.const 300))))
  (func (export "wait")
    (call $ready)
    (call $exit (i32.sub
      (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const 1000000000))
      (i32.const 2)))))"#;

#[test]
fn a_stopped_process_goes_on_waiting() {
    for entry in ["poll", "wait"] {
        let executable = Executable::new(SLEEPER, &["--invoke", entry]);
        let mut command = Command::new(executable.path());
        let mut process = command.stdout(Stdio::piped()).spawn().expect("it starts");
        process.stdout.take().expect("piped").read_exact(&mut [0]).expect("it says that it waits");
        for signal in [libc::SIGSTOP, libc::SIGCONT, libc::SIGSTOP, libc::SIGCONT] {
            std::thread::sleep(std::time::Duration::from_millis(100));
            // SAFETY: the process is ours and has not been waited for.
            unsafe { libc::kill(process.id() as libc::pid_t, signal) };
        }
        assert_eq!(process.wait().expect("it ends").code(), Some(0), "{entry}");
    }
}

#[test]
fn what_a_program_may_need_follows_from_its_imports_and_grants() {
    let allowed =
        |module: &str, options: &[&str]| Executable::new(module, options).allowed().expect("a list").join(" ");
    let nothing = "(module (func (export \"_start\")))";
    let least = "exit_group getpid gettid rt_sigaction(0=0x4|0x7|0x8|0xb) rt_sigreturn tgkill(0=self,2=0x4|0x7|0x8|0xb) \
                 write(0=0x2)";
    assert_eq!(allowed(nothing, &[]), least);
    assert_eq!(allowed(nothing, &["--dir", "."]), least);
    let without = allowed(CALLER, &["--invoke", "raise"]);
    assert!(!without.contains("open") && without.contains("mprotect(2=0x3)") && without.contains("kill(0=self)"));
    let granted = allowed(CALLER, &["--invoke", "raise", "--runtime-grants"]);
    assert!(granted.contains("openat2") && !granted.contains("renameat"), "{granted}");
    let moving = allowed(CALLER, &["--invoke", "raise", "--memory", "checked"]);
    assert!(moving.contains("mremap(3=0x1)") && !moving.contains("mprotect"), "{moving}");
}

/// Makes a command run where the system refuses to confine it.
fn refuse_confinement(command: &mut Command) {
    let numbers = [libc::SYS_seccomp as u32, libc::SYS_prctl as u32, MSEAL as u32, LANDLOCK_CREATE_RULESET as u32];
    let instruction = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let mut filter = vec![instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0)];
    for number in numbers {
        filter.push(instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, number));
        filter.push(instruction(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32));
    }
    filter.push(instruction(libc::BPF_RET, 0, 0, libc::SECCOMP_RET_ALLOW));
    let install = move || {
        let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
        // SAFETY: these are system calls; the kernel copies the filter, which is as long as the program says.
        let installed = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
                && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
        };
        if installed { Ok(()) } else { Err(io::Error::last_os_error()) }
    };
    // SAFETY: `install` does nothing that is forbidden between `fork` and `exec`.
    unsafe { command.pre_exec(install) };
}

#[test]
fn a_system_that_refuses_is_told_of_when_asked_for() {
    let run = |options: &[&str]| {
        let executable = Executable::new(CALLER, &[&["--invoke", "raise", "--dir", "."], options].concat());
        let mut command = Command::new(executable.path());
        refuse_confinement(command.arg("0").current_dir(executable.0.path()));
        let output = command.output().expect("it starts");
        assert_eq!((&output.stdout[..], output.status.code()), (&b"0\n"[..], Some(0)), "{output:?}");
        String::from_utf8(output.stderr).expect("it is UTF-8")
    };
    assert_eq!(run(&[]), "");
    assert_eq!(run(&["--harden", "off"]), "");
    assert_eq!(
        run(&["--harden", "on"]),
        "wasm2exe: this system does not offer all hardening; it lacks: no_new_privs PR_SET_MDWE mseal landlock seccomp\n"
    );
}

#[test]
fn the_kernel_knows() {
    const FOREVER: &str = r#"(module
      (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
      (memory 1)
      (data (i32.const 0) "\10\00\00\00\01\00\00\00!")
      (func (export "_start")
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (loop $again (br $again))))"#;
    let value = |status: &str, key: &str| {
        status.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_string())
    };
    // The tests may be confined themselves.
    let own = fs::read_to_string("/proc/self/status").expect("this process has a status");
    let (seccomp, privileges) = (value(&own, "Seccomp:"), value(&own, "NoNewPrivs:"));
    let hardened = (Some("2".to_string()), Some("1".to_string()));
    for (options, expected) in [(&[][..], hardened), (&["--harden", "off"], (seccomp, privileges))] {
        let executable = Executable::new(FOREVER, options);
        let mut process = Command::new(executable.path()).stdout(Stdio::piped()).spawn().expect("it starts");
        process.stdout.take().expect("piped").read_exact(&mut [0]).expect("it says that it runs");
        let status = fs::read_to_string(Path::new("/proc").join(process.id().to_string()).join("status"));
        process.kill().expect("it runs");
        process.wait().expect("it ends");
        let status = status.expect("the process has a status");
        assert_eq!((value(&status, "Seccomp:"), value(&status, "NoNewPrivs:")), expected, "{options:?}");
    }
}

/// The kernel's own lists: asm-generic is aarch64's.
#[test]
fn numbers_of_system_calls_are_the_kernels() {
    let lists = ["/usr/include/asm-generic/unistd.h", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"];
    for (file, is_generic) in lists.into_iter().zip([true, false]) {
        let Ok(text) = fs::read_to_string(file) else {
            println!("LEFT OUT: there is no {file}");
            continue;
        };
        let number = |name: &str| {
            let names = [format!("__NR_{name}"), format!("__NR3264_{name}")];
            let mut defines = text.lines().filter_map(|line| line.strip_prefix("#define "));
            defines.find_map(|line| {
                let (defined, value) = line.split_once(' ')?;
                names.iter().any(|name| name == defined).then(|| value.trim().parse::<u32>().ok())?
            })
        };
        for call in abi::system_calls::SYSTEM_CALLS {
            // Its generic name where addresses have 64 bits.
            let name = if is_generic && call.name == "newfstatat" { "fstatat" } else { call.name };
            let ours = if is_generic { call.aarch64 } else { call.x86_64 };
            assert_eq!(number(name), Some(ours), "{name} in {file}");
        }
    }
}

/// The emulator has no filters, so this is what an executable for aarch64 asks for, compared with the list that its filter is made of.
/// `compiler/src/filter.rs` runs the filters of both architectures.
#[test]
fn an_executable_for_aarch64_asks_for_nothing_that_it_does_not_list() {
    let emulators = ["qemu-aarch64", "qemu-aarch64-static"];
    let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    let Some(emulator) = emulators.into_iter().find(is_there).filter(|_| cfg!(target_arch = "x86_64")) else {
        println!("LEFT OUT: there is no emulator of aarch64");
        return;
    };
    let directory = TempDir::new().expect("a temporary directory");
    let path = |name: &str| directory.path().join(name);
    let source = wasm2exe_tests::workspace().join("tests/wasi/std_fs.rs");
    let mut rustc = Command::new("rustc");
    rustc.args(["--target", "wasm32-wasip1", "--edition", "2024"]).arg(source).arg("-o").arg(path("guest.wasm"));
    assert!(rustc.status().expect("rustc starts").success());
    let libraries = Command::new("rustc").args(["--print", "target-libdir"]).output().expect("rustc starts");
    let libraries = PathBuf::from(String::from_utf8(libraries.stdout).expect("a path in UTF-8").trim_end());
    let mut tool = Command::new(wasm2exe_tests::wasm2exe());
    tool.args([
        "--target",
        "aarch64-unknown-linux-musl",
        "--harden",
        "on",
        "--dir",
        "tmp::/",
        "--dir",
        "other::/other",
    ]);
    tool.arg("--linker").arg(libraries.with_file_name("bin/gcc-ld/ld.lld")).arg(path("guest.wasm"));
    assert!(tool.arg("-o").arg(path("program")).status().expect("wasm2exe starts").success());
    for name in ["tmp", "other"] {
        fs::create_dir(path(name)).expect("the directory is writable");
    }
    let output = Command::new(emulator).arg("-strace").arg("./program").current_dir(directory.path()).output();
    let output = output.expect("the emulator starts");
    let trace = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{trace}");
    let allowed = Executable(directory).allowed().expect("a list");
    let allowed: Vec<&str> = allowed.iter().filter_map(|rule| rule.split('(').next()).collect();
    let calls = trace.lines().filter_map(|line| line.split_once(' ')?.1.split_once('(')).map(|(name, _)| name);
    let asked: Vec<&str> = calls.skip_while(|name| *name != "seccomp").skip(1).collect();
    assert!(asked.len() > 100, "{trace}");
    // The emulator asks for a call under its older name.
    let is_listed = |name: &&str| allowed.contains(name) || *name == "fstatat" && allowed.contains(&"newfstatat");
    assert_eq!(asked.iter().find(|name| !is_listed(name)), None, "{trace}");
}
