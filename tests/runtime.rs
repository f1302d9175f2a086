//! What an executable says and how it ends. Each `runtime/*.wat` ends with a transcript in `;;` lines:
//!
//! ```text
//! ;; $ --invoke divide -- 1 0        options of wasm2exe, then arguments of the executable
//! ;; error: wasm trap: integer divide by zero
//! ;; exit status: 134                unless it is 0
//! ```
//!
//! `WASM2EXE_BLESS=1 cargo test -p wasm2exe-tests --test runtime` writes what happens; read the diff. Below the transcripts
//! stand the tests that need more than arguments: limits, signals, closed pipes.

use std::fs;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use tempfile::TempDir;
use wasm2exe_tests::heed_signals;

#[test]
fn transcripts() {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory()).expect("runtime").map(|entry| entry.expect("entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    paths.sort();
    assert!(!paths.is_empty(), "no test in {}", directory().display());
    let failures: Vec<String> = paths.iter().filter_map(|path| check(path).err()).collect();
    assert!(failures.is_empty(), "{} of {} files:\n{}", failures.len(), paths.len(), failures.join("\n"));
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("runtime")
}

/// Replays the transcript of one file, and compares or replaces it.
fn check(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).expect("the test is readable");
    let expected_len: usize =
        text.lines().rev().take_while(|line| line.starts_with(";;")).map(|line| line.len() + 1).sum();
    let (module, expected) = text.split_at(text.len().saturating_sub(expected_len));
    let commands: Vec<&str> = expected.lines().filter_map(|line| line.strip_prefix(";; $")).collect();
    if commands.is_empty() {
        return Err(format!("{}: no transcript", path.display()));
    }
    let actual: String = commands.into_iter().map(|command| replay(path, command)).collect();
    if std::env::var_os("WASM2EXE_BLESS").is_some() {
        fs::write(path, format!("{}\n\n{actual}", module.trim_end())).expect("the test is writable");
        return Ok(());
    }
    if actual == expected {
        return Ok(());
    }
    Err(format!("{}: expected\n{expected}but it is\n{actual}", path.display()))
}

/// Compiles and runs as one command of a transcript says, and writes what happened.
fn replay(path: &Path, command: &str) -> String {
    let mut words = command.split_whitespace();
    let options: Vec<&str> = words.by_ref().take_while(|word| *word != "--").collect();
    let executable = Executable::new(path, &options);
    let output = executable.command().args(words).output().expect("the executable starts");
    let mut transcript = format!(";; ${command}\n");
    for line in text(&output.stdout).lines().chain(text(&output.stderr).lines()) {
        transcript.push_str(&format!(";; {}\n", without_depth(line)));
    }
    if !output.status.success() {
        transcript.push_str(&format!(";; {}\n", output.status));
    }
    transcript
}

/// Where a stack is used up depends on the size of frames, which the transcript leaves open.
fn without_depth(line: &str) -> String {
    const DEEP: usize = 1000;
    let deep = |number: &&str| number.parse().is_ok_and(|depth: usize| depth >= DEEP);
    match line.split(|c: char| !c.is_ascii_digit()).find(deep) {
        Some(number) if line.starts_with(' ') || line.contains(" - ") => line.replacen(number, "N", 1),
        _ => line.to_string(),
    }
}

/// A compiled module, in a directory that goes when this is dropped.
struct Executable(TempDir);

impl Executable {
    fn new(module: &Path, options: &[&str]) -> Executable {
        let directory = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(wasm2exe_tests::wasm2exe());
        command.arg(module).args(options).arg("-o").arg(directory.path().join("program"));
        let output = command.output().expect("wasm2exe starts");
        assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
        Executable(directory)
    }

    fn of_text(module: &str) -> Executable {
        let directory = TempDir::new().expect("a temporary directory");
        let path = directory.path().join("module.wat");
        fs::write(&path, module).expect("the directory is writable");
        Executable::new(&path, &[])
    }

    fn of(file: &str, options: &[&str]) -> Executable {
        Executable::new(&directory().join(file), options)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("program")
    }

    fn command(&self) -> Command {
        Command::new(self.path())
    }

    /// Runs under limits or redirections that a shell sets up.
    fn under(&self, shell: &str) -> Output {
        Command::new("sh").arg("-c").arg(shell).arg("sh").arg(self.path()).output().expect("sh starts")
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("the output is UTF-8")
}

fn assert_refused(output: &Output, reason: &str, remedy: &str) {
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(126), "{message}");
    assert!(message.starts_with("wasm2exe: ") && message.ends_with('\n') && message.lines().count() == 1, "{message}");
    assert!(message.contains(reason) && message.contains(remedy), "{message}");
}

#[test]
fn a_limit_of_address_space_is_met_by_checked_memory() {
    let limited = r#"ulimit -v 1000000; exec "$1" 3"#;
    let guarded = Executable::of("grow.wat", &["--invoke", "grow"]);
    assert_refused(&guarded.under(limited), "address space", "--memory checked");
    let checked = Executable::of("grow.wat", &["--invoke", "grow", "--memory", "checked"]).under(limited);
    assert_eq!((text(&checked.stdout), checked.status.code()), ("2\n", Some(0)));
}

#[test]
fn growth_fails_at_a_limit() {
    let limited = r#"ulimit -v 1000000; exec "$1" 60000"#;
    let output = Executable::of("grow.wat", &["--invoke", "grow", "--memory", "checked"]).under(limited);
    assert_eq!((text(&output.stdout), output.status.code()), ("-1\n", Some(0)));
}

#[test]
fn an_initial_memory_beyond_the_limit_is_refused() {
    let large = Executable::of("large.wat", &["--invoke", "ends", "--memory", "checked"]);
    assert_refused(&large.under(r#"ulimit -v 1000000; exec "$1""#), "4294967296 bytes of memory", "ulimit -v");
}

#[test]
fn a_stack_beyond_the_limit_is_refused() {
    let output = Executable::of("recursion.wat", &["--invoke", "down"]).under(r#"ulimit -v 4000; exec "$1" 3"#);
    assert_refused(&output, "stack", "ulimit -v");
}

#[test]
fn a_heap_beyond_the_limit_is_refused() {
    let limited = r#"ulimit -v 1000000; exec "$1" 20000"#;
    let whole = Executable::of("heap.wat", &["--invoke", "deep"]);
    assert_refused(&whole.under(limited), "heap of 4290707456 bytes", "--max-heap");
    let small = Executable::of("heap.wat", &["--invoke", "deep", "--max-heap", "512M"]).under(limited);
    assert_eq!((text(&small.stdout), small.status.code()), ("200010000\n", Some(0)));
}

#[test]
fn a_heap_makes_do_with_what_the_system_gives() {
    let executable = Executable::of("heap.wat", &["--invoke", "full"]);
    // 9.6 MB that are live, hundreds that are not.
    let output = executable.under(r#"ulimit -d 32000; exec "$1" 400000 30"#);
    assert_eq!((text(&output.stdout), output.status.code()), ("2400006000000\n", Some(0)));
    let output = executable.under(r#"ulimit -d 32000; exec "$1" 4000000 1"#);
    let message = text(&output.stderr);
    assert!(message.starts_with("error: wasm trap: GC heap out of memory\n"), "{message}");
    assert_eq!(output.status.code(), Some(134));
}

#[test]
fn the_stack_of_the_process_does_not_matter() {
    let executable = Executable::of("recursion.wat", &["--invoke", "down"]);
    for size in ["64", "unlimited"] {
        let output = executable.under(&format!(r#"ulimit -s {size}; exec "$1" 100000"#));
        assert_eq!((text(&output.stdout), output.status.code()), ("100000\n", Some(0)), "ulimit -s {size}");
    }
}

/// Says that it runs, and runs until it is killed.
const FOREVER: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\01\00\00\00")
  (data (i32.const 16) "!")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (loop $again (br $again))))"#;

#[test]
fn a_throw_at_the_end_of_the_stack() {
    let executable = Executable::of("exception.wat", &["--invoke", "deep"]);
    let run = |depth: u32| {
        let output = executable.command().arg(depth.to_string()).output().expect("it starts");
        let thrown = (text(&output.stdout), output.status.code()) == ("11\n", Some(0));
        let exhausted = text(&output.stderr).starts_with("error: wasm trap: call stack exhausted\n");
        assert!(thrown || exhausted && output.status.code() == Some(134), "{depth}: {output:?}");
        thrown
    };
    let (mut possible, mut too_deep) = (1, 10_000_000);
    while too_deep - possible > 1 {
        let depth = (possible + too_deep) / 2;
        *(if run(depth) { &mut possible } else { &mut too_deep }) = depth;
    }
    // The throw asks for more stack than the frames before it: none of them decides otherwise.
    for distance in [1, 2, 3, 10, 100, 1000, 4000] {
        assert!(run(possible - distance) && !run(too_deep + distance), "{distance} from {possible}");
    }
}

#[test]
fn signals_from_outside_keep_their_meaning() {
    const SIGNALS: [(&str, i32); 7] =
        [("ILL", 4), ("BUS", 7), ("FPE", 8), ("SEGV", 11), ("TERM", 15), ("INT", 2), ("HUP", 1)];
    let executable = Executable::of_text(FOREVER);
    for (name, number) in SIGNALS {
        let mut command = executable.command();
        let command = heed_signals(&mut command).stderr(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut ready = [0];
        process.stdout.take().expect("piped").read_exact(&mut ready).expect("it says that it runs");
        let kill = Command::new("kill").args(["-s", name, &process.id().to_string()]).status().expect("kill starts");
        assert!(kill.success());
        let output = process.wait_with_output().expect("it ends");
        assert_eq!(output.status.signal(), Some(number), "SIG{name}");
        assert_eq!(text(&output.stderr), "", "SIG{name}");
    }
}

/// Waits for a minute.
const SLEEPER: &str = r#"(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1 shared)
  (func (export "poll")
    (i32.store (i32.const 116) (i32.const 1))
    (i64.store (i32.const 124) (i64.const 60000000000))
    (drop (call $poll (i32.const 100) (i32.const 200) (i32.const 1) (i32.const 300))))
  (func (export "wait")
    (drop (memory.atomic.wait32 (i32.const 400) (i32.const 0) (i64.const 60000000000)))))"#;

#[test]
fn a_timeout_ends_what_waits() {
    let directory = TempDir::new().expect("a temporary directory");
    let module = directory.path().join("module.wat");
    fs::write(&module, SLEEPER).expect("the directory is writable");
    for entry in ["poll", "wait"] {
        let executable = Executable::new(&module, &["--invoke", entry, "--timeout", "100ms"]);
        let output = executable.command().output().expect("it starts");
        assert_eq!(output.status.code(), Some(124), "{entry}: {output:?}");
        assert_eq!(text(&output.stderr), "error: timeout: the program ran for longer than 100 ms (--timeout)\n");
    }
}

#[test]
fn the_signal_of_a_timeout_from_outside_is_none() {
    let directory = TempDir::new().expect("a temporary directory");
    let module = directory.path().join("module.wat");
    fs::write(&module, FOREVER).expect("the directory is writable");
    let output =
        Executable::new(&module, &["--timeout", "1h"]).under(r#""$1" >/dev/null & sleep 0.3; kill -62 $!; wait $!"#);
    const KILLED: i32 = 128 + 62;
    assert_eq!(output.status.code(), Some(KILLED), "{output:?}");
}

#[test]
fn an_ignored_hangup_stays_ignored() {
    let output = Executable::of_text(FOREVER)
        .under(r#"trap "" HUP; "$1" >/dev/null & sleep 0.2; kill -HUP $!; sleep 0.1; kill -TERM $!; wait $!"#);
    const TERMINATED: i32 = 128 + 15;
    assert_eq!(output.status.code(), Some(TERMINATED));
}

#[test]
fn results_that_cannot_be_written_are_an_error() {
    let output = Executable::of("recursion.wat", &["--invoke", "down"]).under(r#"exec "$1" 3 >/dev/full"#);
    assert_refused(&output, "standard output", "");
}

#[test]
fn no_arguments_at_all() {
    let executable = Executable::of("recursion.wat", &["--invoke", "zero"]);
    // Kernels since 5.18 pass an empty string where there is not even a name.
    let output = executable.command().arg0("").output().expect("it starts");
    assert_eq!((text(&output.stdout), output.status), ("0\n", ExitStatus::default()));
}

#[test]
fn hello_is_small_and_tells_nothing_of_its_maker() {
    const LIMIT: usize = 24 << 10;
    let executable = fs::read(Executable::of("hello.wat", &[]).path()).expect("the executable is readable");
    assert!(executable.len() <= LIMIT, "{} bytes", executable.len());
    for trace in ["/rustc/", ".cargo", ".rs\0", "core::fmt"] {
        assert!(!contains(&executable, trace), "{trace}");
    }
}

#[test]
fn programs_without_objects_have_no_heap() {
    let symbols = |file: &str, entry: &[&str]| {
        let executable = fs::read(Executable::of(file, &[entry, &["-g"]].concat()).path());
        let executable = executable.expect("the executable is readable");
        ["w2e_heap_start", "w2e_heap_allocate", "w2e_heap_remember"].map(|name| contains(&executable, name))
    };
    assert_eq!(symbols("hello.wat", &[]), [false; 3]);
    assert_eq!(symbols("heap.wat", &["--invoke", "places"]), [true; 3]);
}

/// Overwrites the start of a function with an instruction that is in no table of traps.
fn with_undefined_instruction(executable: &Executable, function: &str) -> PathBuf {
    use object::{Object, ObjectSection, ObjectSymbol};
    let mut bytes = fs::read(executable.path()).expect("the executable is readable");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(function)).expect("the function");
    let text = file.section_by_index(symbol.section_index().expect("it is defined")).expect("a section");
    let (start, _) = text.file_range().expect("it is in the file");
    let at = (start + symbol.address() - text.address()) as usize;
    bytes[at..at + 2].copy_from_slice(if cfg!(target_arch = "x86_64") { &[0x0f, 0x0b] } else { &[0, 0] });
    let damaged = executable.0.path().join("damaged");
    fs::copy(executable.path(), &damaged).expect("the directory is writable");
    fs::write(&damaged, bytes).expect("the copy is writable");
    damaged
}

/// Neither a fault in the runtime nor one of guest code that is no trap site is told as a trap.
#[test]
fn a_fault_that_is_no_trap_is_an_internal_error() {
    const ILLEGAL_INSTRUCTION: i32 = 4;
    let executable = Executable::of("recursion.wat", &["--invoke", "down", "-g"]);
    let hello = Executable::of("hello.wat", &["-g"]);
    for (executable, function) in [(&executable, "down"), (&hello, "w2e_preview1_fd_write")] {
        let damaged = with_undefined_instruction(executable, function);
        let output = Command::new(damaged).arg("3").output().expect("it starts");
        let message = text(&output.stderr);
        assert!(message.starts_with("wasm2exe: internal error"), "{function}: {message}");
        assert!(!message.contains("wasm trap"), "{function}: {message}");
        assert_eq!(output.status.signal(), Some(ILLEGAL_INSTRUCTION), "{function}");
    }
}

#[test]
fn no_page_is_writable_and_executable() {
    for options in [&[][..], &["--memory", "checked"], &["--harden", "off"]] {
        let module = TempDir::new().expect("a temporary directory");
        let path = module.path().join("forever.wat");
        fs::write(&path, FOREVER).expect("the directory is writable");
        let executable = Executable::new(&path, options);
        let mut process = executable.command().stdout(Stdio::piped()).spawn().expect("it starts");
        let mut ready = [0];
        process.stdout.take().expect("piped").read_exact(&mut ready).expect("it says that it runs");
        let maps = fs::read_to_string(format!("/proc/{}/maps", process.id())).expect("its maps");
        process.kill().expect("it runs");
        process.wait().expect("it ends");
        let own: Vec<&str> = maps.lines().filter(|line| !line.ends_with("[vsyscall]")).collect();
        assert!(own.iter().any(|line| line.contains(" r-xp ")), "{maps}");
        // Headers and constants, code, constants that had to be relocated, variables.
        let executable = executable.path().to_string_lossy().into_owned();
        let pages: Vec<_> = own.iter().filter(|line| line.ends_with(&executable)).map(|line| &line[..]).collect();
        let kinds: Vec<_> = pages.iter().filter_map(|line| line.split(' ').nth(1)).collect();
        assert_eq!(kinds, ["r--p", "r-xp", "r--p", "rw-p"], "{maps}");
        for line in own {
            let flags = line.split(' ').nth(1).expect("flags");
            assert!(!(flags.contains('w') && flags.contains('x')), "{line}");
            assert!(!line.ends_with("[stack]") || !flags.contains('x'), "{line}");
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[test]
fn a_processor_that_lacks_something_is_told_of() {
    use object::{Object, ObjectSection, ObjectSymbol};
    const UNHEARD_OF: u64 = 1 << 63 | abi::layout::cpu::AVX;
    let executable = Executable::of("hello.wat", &["-g", "--target-cpu", "x86-64-v2"]);
    let mut bytes = fs::read(executable.path()).expect("the executable is readable");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let symbol = file.symbols().find(|symbol| symbol.name() == Ok(abi::symbols::PROCESSOR)).expect("what it needs");
    let data = file.section_by_index(symbol.section_index().expect("it is defined")).expect("a section");
    let (start, _) = data.file_range().expect("it is in the file");
    let field = std::mem::offset_of!(abi::layout::Processor, features);
    let at = (start + symbol.address() - data.address()) as usize + field;
    bytes[at..at + 8].copy_from_slice(&UNHEARD_OF.to_le_bytes());
    let demanding = executable.0.path().join("demanding");
    fs::copy(executable.path(), &demanding).expect("the directory is writable");
    fs::write(&demanding, bytes).expect("the copy is writable");
    let output = Command::new(demanding).output().expect("it starts");
    assert_refused(&output, "this processor lacks", "--target-cpu baseline");
    assert_eq!(text(&output.stdout), "");
}

/// The first process of a namespace has no default handlers: what ends others does not end it.
#[test]
fn the_first_process_ends_like_any_other() {
    let usable = Command::new("unshare").args(["--user", "--pid", "--fork", "true"]).output();
    if !usable.is_ok_and(|output| output.status.success()) {
        eprintln!("left out: namespaces of processes are not to be had here");
        return;
    }
    let run = |executable: &Executable, arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--pid", "--fork"]).arg(executable.path()).args(arguments);
        command.output().expect("it starts")
    };
    let down = Executable::of("recursion.wat", &["--invoke", "down"]);
    assert_eq!(text(&run(&down, &["3"]).stdout), "3\n");
    let trap = Executable::of("traps.wat", &["--invoke", "unreachable"]);
    let output = run(&trap, &[]);
    assert!(text(&output.stderr).starts_with("error: wasm trap: unreachable"), "{output:?}");
    assert_eq!(output.status.code(), Some(134));
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
