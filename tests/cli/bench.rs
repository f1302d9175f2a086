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
    // Without a compiler programs cannot be built, without a linker nothing can be linked.
    let measured = measure(&bench, &empty, &["hello"]).failed_after(1, "not everything");
    assert!(
        measured.stdout.contains("hello: skipped: no compiler of C for wasm32-wasi works: install clang"),
        "{measured:?}"
    );
    let measured = measure(&bench, &empty, &["hello.wat"]).failed_after(1, "not everything");
    assert!(measured.stdout.contains("wasm2exe failed: exit status: 1: error: no linker found"), "{measured:?}");
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
