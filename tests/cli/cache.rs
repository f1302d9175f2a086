//! `wasm2exe run`: what the guest gets, and the cache.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use wasm2exe_tests::{wasm2exe, workspace};

use crate::workbench::{HELLO, Workbench, names, outcome};

/// Writes its arguments to standard output, a NUL after each, and exits with their count.
const ARGS: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 65536)))
    (i32.store (i32.const 8) (i32.const 65536))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (call $proc_exit (i32.load (i32.const 0)))))"#;

fn entries(bench: &Workbench) -> Vec<String> {
    names(&bench.cache().join("wasm2exe"))
}

/// Runs `hello.wat` with these options of `run`; whether it came from the cache.
#[track_caller]
fn is_cached(bench: &Workbench, options: &[&str]) -> bool {
    let ran = outcome(bench.tool(["run", "-v"]).args(options).arg("hello.wat")).succeeded();
    assert_eq!(ran.stdout, "hello\n");
    match (ran.stderr.contains("cached: "), ran.stderr.contains("compiled ")) {
        (true, false) => true,
        (false, true) => false,
        _ => panic!("{ran:?}"),
    }
}

#[test]
fn the_guest_gets_its_arguments_as_bytes() {
    let bench = Workbench::new();
    bench.write("args.wat", ARGS);
    let words: [&[u8]; 9] = [b"./args.wat", b"--", b"-v", b"--help", b"", b"\xff\xfe", b"a b\n", b"--dir", b"--"];
    for _ in 0..2 {
        let ran = outcome(bench.tool(["run", "-O0"]).args(words.map(OsStr::from_bytes)));
        assert_eq!(ran.status, 9, "{ran:?}");
        let expected: Vec<u8> = words.iter().flat_map(|word| [word, b"\0".as_slice()].concat()).collect();
        assert_eq!(ran.stdout, String::from_utf8_lossy(&expected));
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn the_second_run_is_cached() {
    let bench = Workbench::with_hello();
    assert!(!is_cached(&bench, &[]));
    assert!(is_cached(&bench, &[]));
    assert_eq!(entries(&bench).len(), 1);
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn whatever_shapes_the_program_makes_another_entry() {
    let bench = Workbench::with_hello();
    bench.write("library.wat", "(module)");
    let options: [&[&str]; 15] = [
        &[],
        &["-O0"],
        &["-g"],
        &["--memory", "checked"],
        &["--memory-base", "any"],
        &["--stack-size", "1M"],
        &["--max-heap", "1M"],
        &["--target-cpu", "native"],
        &["--dir", "."],
        &["--dir", ".,ro"],
        &["--env", "A=1"],
        &["--inherit-env"],
        &["--runtime-grants"],
        &["--module", "a=library.wat"],
        &["--linker", "cc"],
    ];
    for options in options {
        assert!(!is_cached(&bench, options), "{options:?}");
        assert!(is_cached(&bench, options), "{options:?}");
    }
    assert_eq!(entries(&bench).len(), options.len());
    // These do not.
    assert!(is_cached(&bench, &["-j1"]));
    assert!(is_cached(&bench, &["--timings"]));
    // Another content under the same name, and the same content under another name.
    bench.write("hello.wat", HELLO.replace("hello", "HELLO"));
    assert_eq!(outcome(&mut bench.tool(["run", "hello.wat"])).succeeded().stdout, "HELLO\n");
    bench.write("other.wat", HELLO);
    let other = outcome(&mut bench.tool(["run", "-v", "other.wat"])).succeeded();
    assert!(other.stderr.contains("cached: "), "{other:?}");
    // Debug information names the file.
    let other = outcome(&mut bench.tool(["run", "-v", "-g", "other.wat"])).succeeded();
    assert!(!other.stderr.contains("cached: "), "{other:?}");
    // A change of a module that is linked in.
    bench.write("hello.wat", HELLO);
    bench.write("library.wat", "(module (memory 1))");
    assert!(!is_cached(&bench, &["--module", "a=library.wat"]));
}

#[test]
fn exit_statuses_and_failures_pass_through() {
    let bench = Workbench::new();
    bench.write("trap.wat", r#"(module (func (export "_start") unreachable))"#);
    bench.write("bad.wat", "(module (func i32.frob))");
    for _ in 0..2 {
        assert_eq!(outcome(&mut bench.tool(["run", "trap.wat"])).status, 134);
        outcome(&mut bench.tool(["run", "bad.wat"])).failed(1, "bad.wat: invalid text");
    }
    outcome(&mut bench.tool(["run", "gone.wat", "-x"])).failed(1, "cannot read gone.wat");
    assert_eq!(entries(&bench).len(), 1);
}

#[test]
fn without_a_usable_cache_it_runs_all_the_same() {
    let bench = Workbench::with_hello();
    bench.write("file", "");
    for (variable, value) in [
        ("XDG_CACHE_HOME", bench.path("file")),
        ("XDG_CACHE_HOME", PathBuf::from("/proc")),
        ("XDG_CACHE_HOME", PathBuf::from("/dev/null")),
        ("WASM2EXE_CACHE_SIZE", PathBuf::from("0")),
    ] {
        let ran = outcome(bench.tool(["run", "hello.wat"]).env(variable, &value)).succeeded();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("hello\n", ""), "{variable}={value:?}");
    }
    let mut homeless = bench.tool(["run", "hello.wat"]);
    assert_eq!(outcome(homeless.env_remove("XDG_CACHE_HOME").env_remove("HOME")).succeeded().stdout, "hello\n");
    assert_eq!(bench.files(), ["file", "hello.wat"]);
    assert_eq!(names(&bench.cache()), [""; 0]);
}

#[test]
fn the_cache_is_where_the_specification_wants_it() {
    let bench = Workbench::with_hello();
    let mut run = bench.tool(["run", "hello.wat"]);
    // A relative path is to be ignored.
    outcome(run.env("XDG_CACHE_HOME", "cache").env("HOME", bench.cache())).succeeded();
    let directory = bench.cache().join(".cache/wasm2exe");
    assert_eq!(names(&directory).len(), 1);
    assert_eq!(fs::metadata(directory).expect("the cache").permissions().mode() & 0o777, 0o700);
}

#[test]
fn an_entry_that_cannot_run_is_made_anew() {
    let bench = Workbench::with_hello();
    assert!(!is_cached(&bench, &[]));
    let entry = bench.cache().join("wasm2exe").join(&entries(&bench)[0]);
    fs::set_permissions(&entry, fs::Permissions::from_mode(0o600)).expect("it can be changed");
    assert_eq!(outcome(&mut bench.tool(["run", "hello.wat"])).succeeded().stdout, "hello\n");
    assert!(is_cached(&bench, &[]));
}

#[test]
fn the_cache_stays_within_its_size() {
    let bench = Workbench::with_hello();
    outcome(&mut bench.tool(["run", "hello.wat"])).succeeded();
    let directory = bench.cache().join("wasm2exe");
    let first = entries(&bench).remove(0);
    let len = fs::metadata(directory.join(&first)).expect("an entry").len();
    let age = |name: &str, seconds| {
        let file = fs::File::options().write(true).create(true).truncate(false).open(directory.join(name));
        let time = SystemTime::now() - Duration::from_secs(seconds);
        file.and_then(|file| file.set_modified(time)).expect("the entry can be changed");
    };
    fs::write(directory.join("unused"), vec![0; len as usize]).expect("the cache is writable");
    age("unused", 50);
    age(".new-abandoned", 7200);
    age(".new-in-progress", 60);
    age(&first, 100);

    // A use makes the first entry younger than the unused one, which has to go for a third.
    assert!(is_cached(&bench, &[]));
    let size = (2 * len + len / 2).to_string();
    outcome(bench.tool(["run", "-O1", "hello.wat"]).env("WASM2EXE_CACHE_SIZE", &size)).succeeded();
    let left = entries(&bench);
    assert!(left.contains(&first) && !left.contains(&"unused".to_string()), "{left:?}");
    assert!(left.contains(&".new-in-progress".to_string()) && left.len() == 3, "{left:?}");

    // The newest one stays, however small the cache.
    outcome(bench.tool(["run", "-O0", "hello.wat"]).env("WASM2EXE_CACHE_SIZE", "1")).succeeded();
    assert_eq!(entries(&bench).len(), 2, "{:?}", entries(&bench));
    let warned = outcome(bench.tool(["run", "hello.wat"]).env("WASM2EXE_CACHE_SIZE", "big")).succeeded();
    assert!(warned.stderr.starts_with("warning: WASM2EXE_CACHE_SIZE"), "{}", warned.stderr);
}

#[test]
fn concurrent_runs_do_not_disturb_each_other() {
    let bench = Workbench::with_hello();
    std::thread::scope(|scope| {
        let run = || assert_eq!(outcome(&mut bench.tool(["run", "hello.wat"])).succeeded().stdout, "hello\n");
        (0..16).for_each(|_| drop(scope.spawn(run)));
    });
    assert_eq!(entries(&bench).len(), 1);
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn cargo_runs_tests_through_it() {
    let bench = Workbench::new();
    fs::create_dir(bench.path("src")).expect("a directory");
    bench.write("Cargo.toml", "[package]\nname = \"guest\"\nedition = \"2024\"\n[workspace]\n");
    bench.write("src/lib.rs", "#[test] fn passes() {}\n#[test] fn also_passes() { assert_eq!(1 + 1, 2); }\n");
    let mut cargo = bench.command("cargo".as_ref(), ["test", "--quiet", "--lib", "--target", "wasm32-wasip1"]);
    cargo.env("CARGO_TARGET_WASM32_WASIP1_RUNNER", format!("{} run -O0", wasm2exe().display()));
    cargo.env("CARGO_TARGET_DIR", workspace().join("target/cli-tests"));
    let tested = outcome(&mut cargo).succeeded();
    assert!(tested.stdout.contains("2 passed"), "{tested:?}");
}
