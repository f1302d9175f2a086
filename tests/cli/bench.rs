//! `wasm2exe bench`: what it measures, how it judges answers, and what it makes of results. Real programs of the corpus take
//! minutes; here they are tiny, and the peers are scripts.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wasm2exe_tests::workspace;

use crate::workbench::{Workbench, outcome};

/// The parts of the results that are looked at.
#[derive(Deserialize)]
struct Results {
    format: u32,
    contenders: Vec<Contender>,
    programs: Vec<Program>,
}

#[derive(Deserialize)]
struct Contender {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Program {
    name: String,
    kind: String,
    measure: String,
    module_size: u64,
    results: Vec<Outcome>,
}

#[derive(Deserialize)]
struct Outcome {
    contender: String,
    failure: Option<serde_json::Value>,
    cpu: Vec<f64>,
    wall: Vec<f64>,
    memory: Option<u64>,
    size: Option<u64>,
    code_size: Option<u64>,
    compile: Option<Compile>,
    compile_one_thread: Option<Compile>,
}

#[derive(Deserialize)]
struct Compile {
    wall: Vec<f64>,
    memory: u64,
}

fn results(json: &str) -> Results {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A directory with a linker and nothing else, for the search path; peers are added by tests.
fn search_path(bench: &Workbench) -> PathBuf {
    let directory = bench.path("bin");
    fs::create_dir(&directory).expect("a directory");
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let linker = |name: &str| std::env::split_paths(&path).map(|place| place.join(name)).find(|file| file.exists());
    symlink(linker("ld").expect("a linker"), directory.join("ld")).expect("a link");
    directory
}

fn script(directory: &Path, name: &str, body: &str) {
    let file = directory.join(name);
    fs::write(&file, format!("#!/bin/sh\n{body}\n")).expect("a script");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("it can be made executable");
}

/// A wasmtime that prints this when it runs something.
fn fake_wasmtime(directory: &Path, prints: &str) {
    let body = format!(
        "case $1 in --version) echo 'wasmtime 0.0.0';; compile) for out; do case $last in -o) echo >\"$out\";; esac; last=$out; \
         done;; run) {prints};; esac"
    );
    script(directory, "wasmtime", &body);
}

fn measure(bench: &Workbench, path: impl Into<OsString>, args: &[&str]) -> crate::workbench::Outcome {
    let mut tool = bench.tool([&["bench", "--runs", "1"], args].concat());
    outcome(tool.env("PATH", path.into()))
}

#[test]
fn a_module_is_measured_alone() {
    let bench = Workbench::with_hello();
    let path = search_path(&bench);
    let measured = measure(&bench, &path, &["hello.wat", "--peer", "none", "--json", "-"]).succeeded();
    let results = results(&measured.stdout);
    assert_eq!((results.format, results.contenders[0].name.as_str()), (1, "wasm2exe"));
    let [program] = &results.programs[..] else { panic!("one program") };
    assert_eq!(
        (program.name.as_str(), program.kind.as_str(), program.measure.as_str()),
        ("hello.wat", "modules", "start-up")
    );
    assert!(program.module_size > 0);
    let [ours] = &program.results[..] else { panic!("one contender") };
    assert_eq!((ours.contender.as_str(), ours.failure.is_none()), ("wasm2exe", true));
    assert!(ours.cpu.len() == 40 && ours.wall.len() == 40 && ours.wall.iter().all(|time| *time > 0.0));
    let is_small = |bytes: Option<u64>| bytes.is_some_and(|bytes| bytes > 1000 && bytes < 1 << 20);
    assert!(is_small(ours.memory) && is_small(ours.size) && is_small(ours.code_size));
    for compile in [&ours.compile, &ours.compile_one_thread] {
        assert!(compile.as_ref().is_some_and(|compile| compile.wall.len() == 1 && compile.memory > 1 << 20));
    }
    assert_eq!(bench.files(), ["bin", "hello.wat"], "something is left behind");
}

#[test]
fn arguments_and_input_reach_the_program() {
    let bench = Workbench::new();
    bench.write("status.wat", STATUS);
    let path = search_path(&bench);
    fake_wasmtime(&path, "shift 2; while [ $# -gt 1 ]; do shift; done; read line <&0; exit 2");
    bench.write("input", "line\n");
    let args = ["status.wat", "--stdin", "input", "--json", "-", "--", "one"];
    let results = results(&measure(&bench, &path, &args).succeeded().stdout);
    assert!(results.programs[0].results.iter().all(|outcome| outcome.failure.is_none()));
}

/// Those that this machine has run a program that uses what programs of the corpus use.
#[test]
fn installed_peers_agree() {
    let bench = Workbench::new();
    bench.write("echo.wat", ECHO);
    bench.write("input", "from standard input\n");
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let args = ["echo.wat", "--stdin", "input", "--json", "-", "--", "one", "", "--two"];
    let results = results(&measure(&bench, path, &args).succeeded().stdout);
    for outcome in &results.programs[0].results {
        assert!(outcome.failure.is_none(), "{}: {:?}", outcome.contender, outcome.failure);
    }
}

/// wasm2c up to 1.0.32 calls things differently than later versions; here both are scripts that write what those would.
#[test]
fn both_ways_of_wasm2c_to_call_things_are_known() {
    let bench = Workbench::with_hello();
    for (name, header, guest) in [("old", OLD_HEADER, OLD_GUEST), ("new", NEW_HEADER, NEW_GUEST)] {
        let prefix = bench.path(name);
        for directory in ["bin", "include", "share/wabt/wasm2c"] {
            fs::create_dir_all(prefix.join(directory)).expect("a directory");
        }
        fs::write(prefix.join("guest.h"), format!("{CORE_TYPES}{header}")).expect("it is writable");
        fs::write(prefix.join("guest.c"), format!("#include \"guest.h\"\n{guest}")).expect("it is writable");
        fs::write(prefix.join("include/wasm-rt.h"), RUNTIME_HEADER).expect("it is writable");
        fs::write(prefix.join("share/wabt/wasm2c/wasm-rt-impl.c"), "void wasm_rt_init(void) {}\n")
            .expect("it is writable");
        let body = "case $1 in --version) echo 1;; *) for out; do case $last in -o) \
                    cp \"${0%/bin/*}\"/guest.* \"${out%/*}\";; esac; last=$out; done;; esac";
        script(&prefix.join("bin"), "wasm2c", body);
        let mut path = prefix.join("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").expect("there is a PATH"));
        let measured = measure(&bench, path, &["hello.wat", "--peer", "wasm2c", "--json", "-"]).succeeded();
        let [_, theirs] = &results(&measured.stdout).programs[0].results[..] else { panic!("two contenders") };
        assert!(theirs.failure.is_none(), "{name}: {:?}", theirs.failure);
    }
}

#[test]
fn a_wrong_answer_is_no_result() {
    let bench = Workbench::with_hello();
    let path = search_path(&bench);
    for (prints, message) in [
        ("echo hullo", "wasmtime is WRONG: its output has \"hullo\" in line 1, not \"hello\", of wasm2exe"),
        ("printf hello", "wasmtime is WRONG: its output has nothing in line 2"),
    ] {
        fake_wasmtime(&path, prints);
        let measured = measure(&bench, &path, &["hello.wat"]).failed_after(1, "not everything");
        assert!(measured.stdout.contains(message), "no {message:?} in {}", measured.stdout);
        assert!(measured.stdout.contains(" WRONG\n"), "{}", measured.stdout);
    }
}

#[test]
fn who_fails_is_out_and_the_others_go_on() {
    let bench = Workbench::with_hello();
    let path = search_path(&bench);
    fake_wasmtime(&path, "echo 'Error: no idea' >&2; exit 3");
    script(&path, "node", "echo hello");
    let measured = measure(&bench, &path, &["hello.wat", "--json", "results.json"]).succeeded();
    assert!(measured.stdout.contains("wasmtime failed: exit status: 3: Error: no idea"), "{}", measured.stdout);
    let results = results(&fs::read_to_string(bench.path("results.json")).expect("they were written"));
    let missing: Vec<&str> =
        results.contenders.iter().filter(|it| it.version.is_none()).map(|it| it.name.as_str()).collect();
    assert_eq!(missing, ["native", "wasmer", "wasm2c", "WAMR"]);
    let valid: Vec<&str> = results.programs[0]
        .results
        .iter()
        .filter(|it| it.failure.is_none() && it.wall.len() == 40)
        .map(|it| it.contender.as_str())
        .collect();
    assert_eq!(valid, ["wasm2exe", "node"]);
}

#[test]
fn peers_are_chosen() {
    let bench = Workbench::with_hello();
    let path = search_path(&bench);
    fake_wasmtime(&path, "echo hello");
    script(&path, "node", "echo hello");
    for (args, expected) in [
        (&["--peer", "node", "--no-native"][..], &["wasm2exe", "node"][..]),
        (&["--no-peer", "node", "--no-peer", "wasmer"], &["wasm2exe", "native", "wasmtime", "wasm2c", "WAMR"]),
        (&["--peer", "none", "--also", "-O1 --memory checked"], &["wasm2exe", "native", "with -O1 --memory checked"]),
    ] {
        let measured = measure(&bench, &path, &[&["hello.wat", "--json", "-"], args].concat()).succeeded();
        let results = results(&measured.stdout);
        let names: Vec<&str> = results.contenders.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, expected);
    }
}

#[test]
fn what_cannot_be_measured_is_told() {
    let bench = Workbench::with_hello();
    bench.write("wrong.wat", "(module");
    bench.write("other.json", "{}");
    let empty = bench.path("empty");
    fs::create_dir(&empty).expect("a directory");
    measure(&bench, &empty, &["nonesuch"]).failed(1, "no program of that name in the corpus: ");
    measure(&bench, &empty, &["--kind", "nonesuch"]).failed(1, "of kind nonesuch; there are ");
    measure(&bench, &empty, &["gone.wasm"]).failed(1, "cannot read gone.wasm");
    measure(&bench, &empty, &["wrong.wat"]).failed(1, "wrong.wat");
    measure(&bench, &empty, &["--from", "other.json"]).failed(1, "other.json holds no results");
    measure(&bench, &empty, &["--peer", "nonesuch"]).failed(2, "--peer");
    // Without a compiler programs cannot be built, with an unknown import they cannot be compiled.
    let measured = measure(&bench, &empty, &["hello"]).failed_after(1, "not everything");
    assert!(
        measured.stdout.contains("hello: skipped: no compiler of C for wasm32-wasi works: install clang"),
        "{measured:?}"
    );
    bench.write("import.wat", "(module (import \"nowhere\" \"f\" (func)) (func (export \"_start\")))");
    let measured = measure(&bench, &empty, &["import.wat"]).failed_after(1, "not everything");
    let failure = measured.stdout.lines().find(|line| line.contains("wasm2exe failed: exit status: 1: error: "));
    assert!(failure.is_some_and(|line| line.contains("nowhere")), "{measured:?}");
}

#[test]
fn the_corpus_is_listed() {
    let listed = outcome(&mut Workbench::new().tool(["bench", "--list"])).succeeded().stdout;
    assert!(listed.lines().any(|line| line.starts_with("hello ") && line.contains("start-up")), "{listed}");
}

/// Set `WASM2EXE_BLESS=1` to accept what is made now.
#[test]
fn stored_results_become_tables_and_a_chart() {
    let bench = Workbench::new();
    let directory = workspace().join("tests/cli/bench");
    bench.write("results.json", fs::read(directory.join("results.json")).expect("there are results"));
    let render = |args: &[&str]| {
        let rendered = outcome(&mut bench.tool([&["bench", "--from", "results.json"], args].concat()));
        // There is a wrong answer among the results.
        rendered.failed(1, "not everything was measured as it should be").stdout
    };
    let both = render(&["--markdown", "-", "--svg", "chart.svg"]);
    let chart = fs::read_to_string(bench.path("chart.svg")).expect("a chart");
    let again = render(&["--json", "again.json", "--svg", "-"]);
    assert_eq!(chart, again, "the chart depends on more than the results");
    for (name, found) in [("results.txt", render(&[])), ("results.md", both), ("results.svg", chart)] {
        let file = directory.join(name);
        if std::env::var_os("WASM2EXE_BLESS").is_some() {
            fs::write(&file, &found).expect("the tests are writable");
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert!(found == expected, "{name} differs; with WASM2EXE_BLESS=1 it becomes\n{found}");
    }
    // What is stored again is the same.
    let render_again = outcome(&mut bench.tool(["bench", "--from", "again.json", "--svg", "-"]));
    assert_eq!(render_again.stdout, again);
}

/// Ends with the number of its arguments, its own name included.
const STATUS: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (call $exit (i32.load (i32.const 0)))))"#;

/// Writes its arguments, apart from the first, and what it reads; traps when a function of WASI does not do as it should.
const ECHO: &str = r#"(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $must (param $is i32) (if (i32.eqz (local.get $is)) (then unreachable)))
  (func $ok (param $errno i32) (call $must (i32.eqz (local.get $errno))))
  (func $write (param $from i32) (param $length i32)
    (i32.store (i32.const 32) (local.get $from))
    (i32.store (i32.const 36) (local.get $length))
    (call $ok (call $fd_write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 40)))
    (call $must (i32.eq (i32.load (i32.const 40)) (local.get $length))))
  (func (export "_start") (local $second i32)
    (call $ok (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (call $must (i32.eqz (i32.load (i32.const 0))))
    (call $ok (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 8)))
    (call $must (i64.ne (i64.load (i32.const 8)) (i64.const 0)))
    (call $ok (call $random_get (i32.const 8) (i32.const 8)))
    (call $ok (call $fd_fdstat_get (i32.const 1) (i32.const 64)))
    (call $must (i32.eq (call $fd_seek (i32.const 9) (i64.const 0) (i32.const 0) (i32.const 8)) (i32.const 8)))
    (call $must (i32.eq (call $fd_close (i32.const 9)) (i32.const 8)))
    (call $must (i32.eq (call $fd_prestat_get (i32.const 3) (i32.const 8)) (i32.const 8)))
    (call $must (i32.eq (call $fd_prestat_dir_name (i32.const 3) (i32.const 8) (i32.const 8)) (i32.const 8)))
    (call $ok (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $must (i32.eq (i32.load (i32.const 0)) (i32.const 4)))
    (call $ok (call $args_get (i32.const 128) (i32.const 1024)))
    (local.set $second (i32.load (i32.const 132)))
    (call $write (local.get $second)
      (i32.sub (i32.add (i32.const 1024) (i32.load (i32.const 4))) (local.get $second)))
    (i32.store (i32.const 32) (i32.const 4096))
    (i32.store (i32.const 36) (i32.const 100))
    (call $ok (call $fd_read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 40)))
    (call $must (i32.eq (i32.load (i32.const 40)) (i32.const 20)))
    (call $write (i32.const 4096) (i32.const 20))
    (call $proc_exit (i32.const 0))))"#;

const RUNTIME_HEADER: &str = "#pragma once
#include <stdint.h>
typedef struct { uint8_t* data; uint32_t pages, max_pages, size; } wasm_rt_memory_t;
void wasm_rt_init(void);
";

const CORE_TYPES: &str = "#pragma once
#include \"wasm-rt.h\"
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
";

const OLD_HEADER: &str = "struct Z_wasi_snapshot_preview1_instance_t;
typedef struct { struct Z_wasi_snapshot_preview1_instance_t* wasi; wasm_rt_memory_t memory; } Z_guest_instance_t;
void Z_guest_init_module(void);
void Z_guest_instantiate(Z_guest_instance_t*, struct Z_wasi_snapshot_preview1_instance_t*);
u32 Z_wasi_snapshot_preview1Z_fd_write(struct Z_wasi_snapshot_preview1_instance_t*, u32, u32, u32, u32);
wasm_rt_memory_t* Z_guestZ_memory(Z_guest_instance_t*);
void Z_guestZ__start(Z_guest_instance_t*);
";

const OLD_GUEST: &str = "static u32 bytes[] = {8, 6, 0x6c6c6568, 0x0a6f};
void Z_guest_init_module(void) {}
void Z_guest_instantiate(Z_guest_instance_t* it, struct Z_wasi_snapshot_preview1_instance_t* wasi) {
    it->wasi = wasi; it->memory.data = (u8*)bytes; it->memory.size = 16;
}
wasm_rt_memory_t* Z_guestZ_memory(Z_guest_instance_t* it) { return &it->memory; }
void Z_guestZ__start(Z_guest_instance_t* it) { Z_wasi_snapshot_preview1Z_fd_write(it->wasi, 1, 0, 1, 4); }
";

const NEW_HEADER: &str = "struct w2c_wasi__snapshot__preview1;
typedef struct { struct w2c_wasi__snapshot__preview1* wasi; wasm_rt_memory_t memory; } w2c_guest;
void wasm2c_guest_instantiate(w2c_guest*, struct w2c_wasi__snapshot__preview1*);
u32 w2c_wasi__snapshot__preview1_fd_write(struct w2c_wasi__snapshot__preview1*, u32, u32, u32, u32);
wasm_rt_memory_t* w2c_guest_memory(w2c_guest*);
void w2c_guest_0x5Fstart(w2c_guest*);
";

const NEW_GUEST: &str = "static u32 bytes[] = {8, 6, 0x6c6c6568, 0x0a6f};
void wasm2c_guest_instantiate(w2c_guest* it, struct w2c_wasi__snapshot__preview1* wasi) {
    it->wasi = wasi; it->memory.data = (u8*)bytes; it->memory.size = 16;
}
wasm_rt_memory_t* w2c_guest_memory(w2c_guest* it) { return &it->memory; }
void w2c_guest_0x5Fstart(w2c_guest* it) { w2c_wasi__snapshot__preview1_fd_write(it->wasi, 1, 0, 1, 4); }
";
