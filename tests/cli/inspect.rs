//! `wasm2exe inspect` and `wasm2exe verify`.

use std::fs;

use crate::workbench::{HELLO, Workbench, outcome};

/// Imports of several kinds, and names that would play tricks on a terminal.
const CURIOUS: &str = r#"(module
  (import "wasi_snapshot_preview1" "path_open"
    (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func (param i32 i32) (result i32)))
  (import "other\1b[2J" "thing\n" (func))
  (memory (export "memory") 1 2)
  (table 3 funcref)
  (data (i32.const 0) "12345")
  (func (export "_start\07") (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))
  (func (param v128)))"#;

#[test]
fn a_module_says_what_it_asks_for() {
    let bench = Workbench::new();
    bench.write("curious.wat", CURIOUS);
    let shown = outcome(&mut bench.tool(["inspect", "curious.wat"])).succeeded().stdout;
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    for line in [
        "code:         13 bytes",
        "functions:    2",
        "data:         5 bytes",
        "features:     bulk memory",
        r"imports:      directories: path_open",
        r"              environment: environ_get",
        r"              from other\u{1b}[2J: thing\n (function)",
        r"exports:      _start\u{7} (function)",
        "              memory (memory)",
        "memories:     65536 bytes, at most 131072",
        "tables:       3 elements, no maximum",
        "wants:        --dir HOST[::GUEST][,ro]",
        "              --env NAME[=VALUE]",
        "              --module NAME=FILE",
    ] {
        assert!(lines.contains(&line), "no {line:?} in\n{shown}");
    }
    let json = outcome(&mut bench.tool(["inspect", "--json", "curious.wat"])).succeeded().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["kind"], "module");
    assert_eq!(json["imports"][2]["name"], "thing\n");
    assert_eq!(json["imports"][2]["capability"], serde_json::Value::Null);
    assert_eq!(json["memories"][0]["maximum"], 131_072);
}

const OPTIONS: [&str; 16] = [
    "-O1",
    "--disable-pass=inline",
    "--dir=.::/x,ro",
    "--env=A=b c",
    "--inherit-env",
    "--runtime-grants",
    "--memory=checked",
    "--memory-base=any",
    "--stack-size=1M",
    "--max-heap=1G",
    "--max-memory=1M,fail",
    "--max-table=7",
    "--timeout=1.5",
    "--harden=on",
    "--listen=127.0.0.1:0",
    "--invoke=main",
];

fn bench() -> Workbench {
    let bench = Workbench::new();
    bench.write("hello.wat", HELLO);
    bench.write("main.wat", "(module (import \"lib\" \"f\" (func $f)) (func (export \"main\") (call $f)))");
    bench.write("lib.wat", "(module (func (export \"f\")))");
    bench
}

#[test]
fn an_executable_says_how_it_came_about() {
    let bench = bench();
    bench.build("program", &[&OPTIONS[..], &["--module", "lib=lib.wat", "main.wat"]].concat());
    let json = outcome(&mut bench.tool(["inspect", "--json", "program"])).succeeded().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["kind"], "executable");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(json["modules"][0]["name"], "lib");
    assert_eq!(json["modules"][1]["name"], "");
    assert_eq!(json["modules"][1]["blake3"].as_str().map(str::len), Some(64));
    let options: Vec<&str> = json["options"].as_array().expect("a list").iter().filter_map(|it| it.as_str()).collect();
    for expected in ["-O1", "--max-memory=1048576,fail", "--timeout=1.500000000", "--harden=on", "--memory=checked"] {
        assert!(options.contains(&expected), "no {expected} in {options:?}");
    }
    assert_eq!(json["grants"][0]["value"], ".::/x,ro");
    assert!(json["system_calls"].as_array().expect("a list").iter().any(|call| call == "exit_group"));
    let text = outcome(&mut bench.tool(["inspect", "program"])).succeeded().stdout;
    assert!(text.contains("grants:       dir=.::/x,ro\n              env=A=b c\n"), "{text}");
    bench.build("soft", &["--harden=off", "hello.wat"]);
    let text = outcome(&mut bench.tool(["inspect", "soft"])).succeeded().stdout;
    assert!(text.contains("system calls: all (--harden off)\n") && text.contains("grants:       none\n"), "{text}");
}

#[test]
fn what_is_no_module_and_no_executable_of_ours_is_an_error() {
    let bench = bench();
    outcome(&mut bench.tool(["inspect", "/bin/sh"])).failed(1, "no executable that wasm2exe made");
    bench.write("text", "hello");
    outcome(&mut bench.tool(["inspect", "text"])).failed(1, "invalid text");
    outcome(&mut bench.tool(["inspect", "missing"])).failed(1, "cannot read missing");
    let mut broken = fs::read(bench.build("program", &["hello.wat"])).expect("it is readable");
    broken.truncate(broken.len() / 2);
    bench.write("broken", broken);
    outcome(&mut bench.tool(["inspect", "broken"])).failed(1, "no executable that wasm2exe made");
}

#[test]
fn an_executable_is_made_again() {
    let bench = bench();
    for options in [&["hello.wat"][..], &["-g", "hello.wat"], &["--harden=off", "-O0", "hello.wat"]] {
        bench.build("program", options);
        let verified = outcome(&mut bench.tool(["verify", "program", "hello.wat"])).succeeded();
        assert!(verified.stderr.contains("program: identical to what wasm2exe"), "{verified:?}");
    }
    bench.build("program", &[&OPTIONS[..], &["--module", "lib=lib.wat", "main.wat"]].concat());
    outcome(&mut bench.tool(["verify", "program", "main.wat", "--module", "lib=lib.wat"])).succeeded();
    outcome(&mut bench.tool(["verify", "program", "main.wat"])).failed(1, "--module lib=FILE");
}

#[test]
fn another_executable_is_told() {
    let bench = bench();
    let program = bench.build("program", &["hello.wat"]);
    bench.write("other.wat", HELLO.replace("hello", "HELLO"));
    outcome(&mut bench.tool(["verify", "program", "other.wat"])).failed(1, "it was made of another module");
    let mut bytes = fs::read(program).expect("it is readable");
    let at = bytes.windows(6).position(|window| window == b"hello\n").expect("it is there");
    bytes[at] = b'j';
    bench.write("program", bytes);
    outcome(&mut bench.tool(["verify", "program", "hello.wat"])).failed(1, "program is not what comes out");
}

#[test]
fn the_code_of_a_module_is_verified() {
    let bench = Workbench::with_hello();
    let shown = outcome(&mut bench.tool(["inspect", "--verify", "hello.wat"])).succeeded().stdout;
    assert!(shown.contains(" memory accesses, 0 findings"), "{shown}");
    bench.build("program", &["hello.wat"]);
    outcome(&mut bench.tool(["inspect", "--verify", "program"])).failed(1, "inspect --verify its module");
}
