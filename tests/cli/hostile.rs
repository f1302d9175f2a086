//! Modules made to confuse the tool: damaged ones, ones with odd names, ones that ask for much and use little.

use std::fs;

use crate::workbench::{HELLO, Workbench, outcome};

#[test]
fn a_truncated_module_is_an_error_at_any_length() {
    let bench = Workbench::new();
    let module = wat::parse_str(HELLO).expect("a module");
    (0..module.len()).for_each(|len| compiles_or_fails(&bench, &module[..len]));
}

#[test]
fn a_flipped_byte_is_an_error_or_another_module() {
    let bench = Workbench::new();
    let module = wat::parse_str(HELLO).expect("a module");
    for at in 0..module.len() {
        for flip in [0x01, 0x40, 0x80, 0xff] {
            let mut module = module.clone();
            module[at] ^= flip;
            compiles_or_fails(&bench, &module);
        }
    }
}

/// Either there is an object, or an error and no file.
#[track_caller]
fn compiles_or_fails(bench: &Workbench, module: &[u8]) {
    bench.write("damaged.wasm", module);
    let compiled = outcome(&mut bench.tool(["damaged.wasm", "--emit", "obj"]));
    match compiled.status {
        0 => fs::remove_file(bench.path("damaged.o")).expect("an object"),
        1 => {
            assert!(compiled.stderr.starts_with("error: damaged.wasm: "), "{module:x?}: {compiled:?}");
            assert_eq!(bench.files(), ["damaged.wasm"], "{module:x?}");
        }
        _ => panic!("{module:x?}: {compiled:?}"),
    }
}

#[test]
fn names_are_no_symbols_and_no_terminal_codes() {
    let bench = Workbench::new();
    let names = [
        "main",
        "memcpy",
        "",
        "a\\00b",
        "x@GOT",
        "w2e_program",
        "\\1b[2J",
        "..",
        "\\e2\\80\\ae",
        &"long".repeat(25_000),
    ];
    let functions: String = names
        .iter()
        .enumerate()
        .map(|(index, name)| format!("(func $\"{name}{index}\" (export \"{name}\") (call {}))\n", index + 1))
        .collect();
    let module = format!("(module {functions} (func $last unreachable) (func (export \"_start\") (call 0)))");
    bench.write("names.wat", module);
    // Functions that are not inlined.
    for options in [&["-O1", "names.wat"][..], &["-gO1", "names.wat"]] {
        let program = bench.build("program", options);
        let ran = outcome(&mut bench.command(&program, [""; 0]));
        assert_eq!(ran.status, 134);
        assert!(ran.stderr.contains("memcpy1") && ran.stderr.contains("main0"), "{}", ran.stderr);
        assert!(!ran.stderr.contains(['\u{1b}', '\0']), "{}", ran.stderr);
    }
    let unknown =
        outcome(&mut bench.tool(["--invoke", "gone", "names.wat"])).failed(1, "no exported function \"gone\"");
    assert!(!unknown.stderr.contains(['\u{1b}', '\0']), "{}", unknown.stderr);
}

#[test]
fn an_executable_is_as_large_as_what_it_holds() {
    let bench = Workbench::new();
    let sparse = r#"(module (memory 65536) (data (i32.const 0) "a") (data (i32.const 1000000000) "b")
      (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0))))"#;
    let table = r#"(module (table (export "t") 0xffffffff funcref) (elem (i32.const 5) $f) (func $f)
      (func (export "at") (param i32) (result i32) (call_indirect (local.get 0)) (i32.const 98)))"#;
    for (module, index) in [(sparse, "1000000000"), (table, "5")] {
        bench.write("sparse.wat", module);
        let program = bench.build("program", &["--invoke", "at", "sparse.wat"]);
        assert!(fs::metadata(&program).expect("an executable").len() < 100_000);
        assert_eq!(outcome(&mut bench.command(&program, [index])).succeeded().stdout, "98\n");
    }
}

/// A module whose function calls something that throws `calls` times within tries for `tags` tags, one in the other.
fn nested_tries(tags: usize, calls: usize) -> String {
    let tag = |index: usize| format!("(tag $t{index})");
    let open = |index: usize| format!("try_table (catch $t{index} 0) ");
    let tags_text: String = (0..tags).map(tag).collect();
    let opened: String = (0..tags).map(open).collect();
    let nops = "nop ".repeat(50); // or it is inlined, and what it throws needs no handler
    format!(
        "(module {tags_text} (func $throws {nops} throw $t0) (func (export \"_start\") {opened} {} {}))",
        "call $throws ".repeat(calls),
        "end ".repeat(tags)
    )
}

#[test]
fn handlers_without_end_are_refused() {
    let bench = Workbench::new();
    bench.write("many.wat", nested_tries(2000, 1000));
    outcome(&mut bench.tool(["many.wat", "-o", "many"])).failed(1, "too many nested handlers");
    bench.write("some.wat", nested_tries(2000, 10));
    let program = bench.build("some", &["some.wat"]);
    outcome(&mut bench.command(&program, [""; 0])).succeeded();
}

/// Tries without handlers in each other around calls, or clauses that throws have to pass: few bytes, many steps.
#[test]
fn searches_for_handlers_without_end_are_refused() {
    let bench = Workbench::new();
    let many = |text: &str| text.repeat(20_000);
    for close in ["catch $u end ", "delegate 0 "] {
        let (opened, throws, closed) = (many("try "), many("i32.const 0 if throw $t end "), many(close));
        let body = format!("try {opened} {throws} {closed} catch $t end");
        bench.write("deep.wat", format!("(module (tag $t) (tag $u) (func (export \"_start\") {body}))"));
        outcome(&mut bench.tool(["-O1", "deep.wat", "-o", "deep"])).failed(1, "too many nested handlers");
    }
}

/// Tens of thousands of locals take four bytes. Bodies that declare them are not inlined.
#[test]
fn locals_do_not_multiply() {
    let bench = Workbench::new();
    let module = |locals: usize| {
        format!(
            "(module (func $g (local {})) (func (export \"_start\") {}))",
            "i32 ".repeat(locals),
            "call $g ".repeat(400)
        )
    };
    let calls = |locals: usize| {
        bench.write("locals.wat", module(locals));
        outcome(&mut bench.tool(["--emit", "asm", "locals.wat", "-o", "-"])).succeeded().stdout.matches("call ").count()
    };
    // That of the export is always there.
    assert_eq!((calls(10), calls(49_000)), (1, 401));
}

/// Compiling a function takes time quadratic in its size, so many computed constants are not one.
#[test]
fn many_constants_take_several_functions() {
    let bench = Workbench::new();
    let global = "(global (ref $s) (struct.new $s (i32.const 1)))";
    bench.write("many.wat", format!("(module (type $s (struct (field i32))) {})", global.repeat(2000)));
    let listing = outcome(&mut bench.tool(["--emit", "asm", "many.wat", "-o", "-"])).succeeded();
    assert_eq!(listing.stdout.matches("; Initializer(").count(), 2000_usize.div_ceil(256) + 1);
}
