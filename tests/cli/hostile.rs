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

/// What validation limits is an error; what it does not, compiles in time.
#[test]
fn what_is_too_large_is_an_error() {
    let bench = Workbench::new();
    let function = |body: &str| format!("(module (func (export \"_start\") {body}))");
    let too_large = [
        ("locals", function(&format!("(local {})", "i32 ".repeat(50_001))), "locals"),
        ("params", format!("(module (type (func (param {}))))", "i32 ".repeat(1001)), "param"),
        ("labels", function(&format!("(block i32.const 0 br_table {})", "0 ".repeat(8_000_000))), "limit"),
        (
            "elements",
            format!("(module (table 0xffffffff funcref) (elem (i32.const 0) func {}) (func))", "0 ".repeat(10_000_001)),
            "",
        ),
        ("pages", "(module (memory 65537))".to_string(), "memory"),
    ];
    for (name, module, message) in too_large {
        let file = format!("{name}.wat");
        bench.write(&file, module);
        let refused = outcome(&mut bench.tool([&file, "-o", "program"]));
        assert_eq!(refused.status, 1, "{name}: {refused:?}");
        assert!(refused.stderr.starts_with("error: ") && refused.stderr.contains(message), "{name}: {refused:?}");
        assert!(!bench.path("program").exists(), "{name}");
    }
}

#[test]
fn what_is_deep_or_wide_compiles() {
    let bench = Workbench::new();
    let function = |body: &str| format!("(module (memory 1) (func (export \"_start\") {body}))");
    let loads =
        |count: usize| (0..count).map(|at| format!("(i32.load offset={at} (i32.const 0)) ")).collect::<String>();
    let programs = [
        // The text format nests no deeper, so this is its other form, which is not nested text.
        ("blocks", function(&format!("{} {}", "block ".repeat(100_000), "end ".repeat(100_000)))),
        ("branches", function(&format!("{} br 9999 {}", "block ".repeat(10_000), "end ".repeat(10_000)))),
        ("registers", function(&format!("{} {}", loads(20_000), "drop ".repeat(20_000)))),
        ("calls", format!("(module (func $f) (func (export \"_start\") {}))", "call $f ".repeat(50_000))),
    ];
    for (name, module) in programs {
        let file = format!("{name}.wat");
        bench.write(&file, module);
        let program = bench.build(name, &[&file]);
        outcome(&mut bench.command(&program, [""; 0])).succeeded();
    }
}

/// A custom section, from its name and contents.
fn custom(name: &str, contents: &[u8]) -> Vec<u8> {
    let body = [&[name.len() as u8][..], name.as_bytes(), contents].concat();
    assert!(body.len() < 128, "one byte holds the length");
    [&[0, body.len() as u8][..], &body].concat()
}

#[test]
fn malformed_custom_sections_are_ignored() {
    let bench = Workbench::new();
    let hello = wat::parse_str(HELLO).expect("a module");
    let garbage: Vec<u8> = (0..100u8).map(|at| at.wrapping_mul(167) ^ 0x5a).collect();
    let names = [
        "name",
        ".debug_info",
        ".debug_line",
        ".debug_abbrev",
        ".debug_str",
        "producers",
        "target_features",
        "\u{feff}",
    ];
    for name in names {
        for contents in [&[][..], &[0xff; 20], &[0x01, 0x05, 0x01, 0x00], &garbage] {
            bench.write("custom.wasm", [&hello[..], &custom(name, contents)].concat());
            for options in [&["custom.wasm"][..], &["-g", "custom.wasm"]] {
                let program = bench.build("program", options);
                assert_eq!(outcome(&mut bench.command(&program, [""; 0])).succeeded().stdout, "hello\n", "{name}");
            }
        }
    }
    // Together they look like debug information, as far as their names go.
    let all: Vec<u8> = names.iter().flat_map(|name| custom(name, &garbage)).collect();
    bench.write("custom.wasm", [hello, all].concat());
    bench.build("program", &["-g", "custom.wasm"]);
}
