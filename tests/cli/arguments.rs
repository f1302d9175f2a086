//! Options: values that cannot be, and what the good ones do.

use object::{Object, ObjectSection};

use crate::workbench::{HELLO, Workbench, names, outcome, outcome_with_input};

#[test]
fn bad_values_are_usage_errors() {
    let bench = Workbench::with_hello();
    for (option, value) in [
        ("--dir", ""),
        ("--dir", "::/x"),
        ("--dir", "x::"),
        ("--dir", ",ro"),
        ("--env", ""),
        ("--env", "=value"),
        ("--listen", "8080"),
        ("--listen", "localhost:8080"),
        ("--listen", "127.0.0.1:65536"),
        ("--module", "name"),
        ("--module", "=file"),
        ("--module", "name="),
        ("--stack-size", "0"),
        ("--stack-size", "65536"),
        ("--stack-size", "65G"),
        ("--stack-size", "1T"),
        ("--stack-size", "99999999999999999999"),
        ("--max-heap", "0"),
        ("--max-heap", "65535"),
        ("--max-heap", "5G"),
        ("--max-heap", "4T"),
        ("--target", "riscv64-unknown-linux-gnu"),
        ("--target", "x86_64-pc-windows-msvc"),
        ("--target-cpu", ""),
        ("--emit", "elf"),
        ("--memory", "none"),
        ("--memory-base", "high"),
        ("-O", "3"),
        ("-j", "0"),
        ("-j", "many"),
    ] {
        outcome(&mut bench.tool([option, value, "hello.wat"])).failed(2, option);
    }
    outcome(&mut bench.tool(["--frobnicate", "hello.wat"])).failed(2, "--frobnicate");
    outcome(&mut bench.tool::<&str>([])).failed(2, "<IN>");
    outcome(&mut bench.tool(["run"])).failed(2, "<IN>");
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn an_unknown_processor_is_an_error() {
    let bench = Workbench::with_hello();
    outcome(&mut bench.tool(["--target-cpu", "z80", "hello.wat"])).failed(1, "z80");
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn every_choice_of_code_runs() {
    let bench = Workbench::with_hello();
    let choices: [&[&str]; 10] = [
        &["-O0"],
        &["-O", "1"],
        &["-O2", "-j1"],
        &["-g"],
        &["--memory", "checked"],
        &["--memory-base", "any"],
        &["--target-cpu", "native"],
        &["--stack-size=256K"],
        &["--max-heap=64K"],
        &["--target", "x86_64-unknown-linux-gnu"],
    ];
    for choice in choices.iter().filter(|choice| cfg!(target_arch = "x86_64") || choice[0] != "--target") {
        let program = bench.build("program", &[choice, ["hello.wat"].as_slice()].concat());
        let ran = outcome(&mut bench.command(&program, [""; 0])).succeeded();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("hello\n", ""), "{choice:?}");
    }
}

#[test]
fn listings_are_text_and_objects_are_objects() {
    let bench = Workbench::with_hello();
    bench.write("library.wat", r#"(module (func (export "f")))"#);
    bench.write("user.wat", r#"(module (import "lib" "f" (func $f)) (func (export "_start") (call $f)))"#);

    outcome(&mut bench.tool(["--emit", "asm", "hello.wat"])).succeeded();
    assert!(std::fs::read_to_string(bench.path("hello.s")).expect("a listing").contains("call"));
    outcome(&mut bench.tool(["--emit", "clif", "hello.wat"])).succeeded();
    assert!(std::fs::read_to_string(bench.path("hello.clif")).expect("a listing").contains("function "));
    outcome(&mut bench.tool(["--emit", "obj", "hello.wat"])).succeeded();
    outcome(&mut bench.tool(["--emit", "obj", "--module", "lib=library.wat", "user.wat"])).succeeded();
    for name in ["hello.o", "user.o"] {
        let bytes = std::fs::read(bench.path(name)).expect("an object");
        let object = object::File::parse(&*bytes).expect("an object file");
        assert_eq!(object.kind(), object::ObjectKind::Relocatable);
        assert!(object.symbol_by_name(abi::symbols::PROGRAM).is_some(), "{name}");
    }
    let listed = outcome(&mut bench.tool(["--emit", "clif", "-o", "-", "hello.wat"])).succeeded();
    assert!(listed.stdout.contains("function "));
}

#[test]
fn the_policy_is_readable() {
    let bench = Workbench::with_hello();
    let grants = "--dir .::/home,ro --dir data --env A=b=c --env HOME --inherit-env --runtime-grants \
                  --listen 127.0.0.1:80 --inherit-sockets hello.wat";
    let program = bench.build("program", &grants.split_whitespace().collect::<Vec<_>>());
    let bytes = std::fs::read(program).expect("an executable");
    let file = object::File::parse(&*bytes).expect("an ELF file");
    let section = file.section_by_name(abi::symbols::POLICY_SECTION).expect("a policy");
    let policy = section.data().expect("its bytes");
    let entries: Vec<String> =
        policy.split(|byte| *byte == 0).map(|entry| String::from_utf8_lossy(entry).into_owned()).collect();
    let expected = [
        "dir=.::/home,ro",
        "dir=data",
        "env=A=b=c",
        "env=HOME",
        "listen=127.0.0.1:80",
        "inherit-env=1",
        "runtime-grants=1",
        "inherit-sockets=1",
        "",
    ];
    assert_eq!(entries, expected);
}

#[test]
fn environment_is_granted_by_name() {
    let bench = Workbench::new();
    bench.write("environ.wat", ENVIRON);
    let environ = |args: &[&str]| {
        let program = bench.build("program", &[args, &["environ.wat"]].concat());
        let mut command = bench.command(&program, [""; 0]);
        command.env_clear().env("ONE", "1").env("TWO", "2");
        outcome(&mut command).succeeded().stdout
    };
    assert_eq!(environ(&[]), "");
    assert_eq!(environ(&["--env", "TWO", "--env", "GONE", "--env", "NEW=a=b"]), "TWO=2\0NEW=a=b\0");
    let mut all: Vec<_> = environ(&["--inherit-env"]).split_terminator('\0').map(String::from).collect();
    all.sort();
    assert_eq!(all, ["ONE=1", "TWO=2"]);
}

#[test]
fn modules_are_linked_in() {
    let bench = Workbench::new();
    bench.write(
        "math.wat",
        r#"(module (func (export "twice") (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1))))"#,
    );
    let main = r#"(module (import "math" "twice" (func $twice (param i32) (result i32)))
      (func (export "quadruple") (param i32) (result i32) (call $twice (call $twice (local.get 0)))))"#;
    bench.write("main.wat", main);
    let program = bench.build("program", &["--module", "math=math.wat", "--invoke", "quadruple", "main.wat"]);
    assert_eq!(outcome(&mut bench.command(&program, ["5"])).succeeded().stdout, "20\n");
    outcome(&mut bench.tool(["--module", "meth=math.wat", "main.wat"])).failed(1, "no module \"math\"");
    outcome(&mut bench.tool(["--module", "math=gone.wat", "main.wat"])).failed(1, "cannot read gone.wat");
}

#[test]
fn standard_input_is_an_input() {
    let bench = Workbench::new();
    outcome_with_input(&mut bench.tool(["-"]), HELLO.as_bytes()).succeeded();
    assert_eq!(bench.files(), ["a.out"]);
    assert_eq!(outcome(&mut bench.command(&bench.path("a.out"), [""; 0])).succeeded().stdout, "hello\n");
    let ran = outcome_with_input(&mut bench.tool(["run", "-"]), HELLO.as_bytes());
    assert_eq!(ran.succeeded().stdout, "hello\n");
    outcome_with_input(&mut bench.tool(["-"]), b"(module").failed(1, "<stdin>: invalid text");
}

#[test]
fn verbose_and_timings_tell_what_was_done() {
    let bench = Workbench::with_hello();
    let quiet = outcome(&mut bench.tool(["hello.wat"])).succeeded();
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    let verbose = outcome(&mut bench.tool(["-v", "--timings", "hello.wat"])).succeeded();
    assert_eq!(verbose.stdout, "");
    for part in ["compiled 1 of 1 functions", "wasi_snapshot_preview1 fd_write", "linked with ", "link ", "total "] {
        assert!(verbose.stderr.contains(part), "no {part:?} in {}", verbose.stderr);
    }
}

/// What matters for the types of memories and tables is in the message.
#[test]
fn mismatches_of_limits_are_told() {
    let bench = Workbench::new();
    bench.write("lib.wat", r#"(module (memory (export "m") i64 1 2) (table (export "t") i64 1 funcref))"#);
    for (import, message) in [
        (r#"(memory (import "lib" "m") 1)"#, "expected memory 1, found memory i64 1..2"),
        (
            r#"(memory (import "lib" "m") i64 9 (pagesize 1))"#,
            "expected memory i64 9 (pagesize 1), found memory i64 1..2",
        ),
        (r#"(memory (import "lib" "m") i64 1 2 shared)"#, "expected memory i64 1..2 shared, found memory i64 1..2"),
        (r#"(table (import "lib" "t") 1 funcref)"#, "expected table 1 funcref, found table i64 1 funcref"),
    ] {
        bench.write("main.wat", format!("(module {import})"));
        outcome(&mut bench.tool(["--module", "lib=lib.wat", "main.wat"])).failed(1, message);
    }
}

#[test]
fn a_module_named_run_is_given_with_its_directory() {
    let bench = Workbench::new();
    bench.write("run", HELLO);
    outcome(&mut bench.tool(["./run", "-o", "program"])).succeeded();
    assert_eq!(names(&bench.path("")), ["program", "run"]);
}

#[test]
fn completions_name_the_options() {
    let bench = Workbench::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(outcome(&mut bench.tool(["completions", shell])).succeeded().stdout.contains("memory-base"));
    }
}

/// Writes its environment to standard output as it got it: a NUL after each variable.
const ENVIRON: &str = r#"(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 12)))
    (drop (call $get (i32.const 1024) (i32.const 65536)))
    (i32.store (i32.const 8) (i32.const 65536))
    (drop (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))))"#;
