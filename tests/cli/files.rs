//! Inputs and outputs under hostile names, in hostile places: a file appears whole, or not at all.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

use crate::workbench::{HELLO, Workbench, names, outcome};

#[test]
fn any_file_name_will_do() {
    let names: [&[u8]; 10] = [
        b"-o",
        b"--help",
        b"@response",
        b"two words",
        b"a;touch owned",
        b"$(touch owned)",
        b"line\nbreak",
        b"'\"\\",
        b"\xff\xfe",
        b"-Wl,-z,execstack",
    ];
    for name in names {
        let bench = Workbench::new();
        let input = [name, b".wat"].concat();
        bench.write(OsStr::from_bytes(&input), HELLO);
        let output = OsStr::from_bytes(name);
        let mut command = bench.tool([OsStr::new("-o"), output, OsStr::new("--"), OsStr::from_bytes(&input)]);
        let compiled = outcome(&mut command).succeeded();
        assert_eq!(compiled.stderr, "");
        assert_eq!(bench.files().len(), 2, "{:?}", bench.files());
        assert_eq!(outcome(&mut bench.command(&bench.path(output), [""; 0])).succeeded().stdout, "hello\n");

        // The same name, derived from that of the input.
        let bench = Workbench::new();
        bench.write(OsStr::from_bytes(&input), HELLO);
        outcome(&mut bench.tool([OsStr::new("--"), OsStr::from_bytes(&input)])).succeeded();
        assert_eq!(bench.files().len(), 2, "{:?}", bench.files());
        assert!(bench.path(output).is_file());
    }
}

#[test]
fn temporary_directories_may_have_any_name() {
    for name in [b"-o x".as_slice(), b"@response", b"a\nb;c", b"\xff"] {
        let bench = Workbench::with_hello();
        let directory = OsStr::from_bytes(name);
        fs::create_dir(bench.path(directory)).expect("a directory");
        // Relative on purpose.
        outcome(bench.tool(["--linker", "ld", "hello.wat"]).env("TMPDIR", directory)).succeeded();
        assert_eq!(names(&bench.path(directory)), [""; 0]);
        assert!(bench.path("hello").is_file());
    }
}

#[test]
fn an_unusable_temporary_directory_is_named() {
    let bench = Workbench::with_hello();
    for directory in ["/proc", "/gone"] {
        let mut linking = bench.tool(["--linker", "ld", "hello.wat"]);
        let failed = outcome(linking.env("TMPDIR", directory)).failed(1, "set TMPDIR to another place");
        assert!(failed.stderr.contains(directory), "{}", failed.stderr);
    }
    assert_eq!(bench.files(), ["hello.wat"]);
    // The tool's own linker needs none.
    outcome(bench.tool(["hello.wat"]).env("TMPDIR", "/gone")).succeeded();
}

#[test]
fn an_input_is_never_overwritten() {
    let bench = Workbench::with_hello();
    bench.write("noextension", HELLO);
    bench.write("library", r#"(module (func (export "f")))"#);
    symlink("hello.wat", bench.path("link")).expect("a link");
    fs::hard_link(bench.path("hello.wat"), bench.path("hard")).expect("a link");
    outcome(&mut bench.tool(["noextension"])).failed(1, "noextension is an input");
    for output in ["hello.wat", "./hello.wat", "../work/hello.wat", "hard", "link"] {
        outcome(&mut bench.tool(["hello.wat", "-o", output])).failed(1, "is an input; name another file with -o");
    }
    outcome(&mut bench.tool(["hello.wat", "--module", "l=library", "-o", "library"])).failed(1, "library is an input");
    assert_eq!(fs::read_to_string(bench.path("hello.wat")).expect("the input"), HELLO);
    assert_eq!(bench.files(), ["hard", "hello.wat", "library", "link", "noextension"]);
}

#[test]
fn inputs_that_cannot_be_read_are_named() {
    let bench = Workbench::new();
    outcome(&mut bench.tool(["gone.wasm"])).failed(1, "cannot read gone.wasm: No such file or directory");
    outcome(&mut bench.tool(["."])).failed(1, "cannot read .: Is a directory");
    outcome(&mut bench.tool(["a\u{1b}[2Jb"])).failed(1, "cannot read a\\u{1b}[2Jb: ");
    bench.write("empty.wasm", "");
    outcome(&mut bench.tool(["empty.wasm"])).failed(1, "empty.wasm: invalid");
    assert_eq!(bench.files(), ["empty.wasm"]);
}

#[test]
fn outputs_that_cannot_be_written_are_named() {
    let bench = Workbench::with_hello();
    fs::create_dir(bench.path("directory")).expect("a directory");
    symlink("directory", bench.path("link")).expect("a link");
    outcome(&mut bench.tool(["hello.wat", "-o", "directory"])).failed(1, "directory is a directory");
    outcome(&mut bench.tool(["hello.wat", "-o", "link"])).failed(1, "link is a directory");
    outcome(&mut bench.tool(["hello.wat", "-o", "gone/x"])).failed(1, "there is no directory gone");
    outcome(&mut bench.tool(["hello.wat", "-o", "/dev/full"])).failed(1, "cannot write /dev/full: No space left");
    outcome(&mut bench.tool(["hello.wat", "-o", "/proc/x"])).failed(1, "cannot write /proc/x: ");
    assert_eq!(bench.files(), ["directory", "hello.wat", "link"]);
}

#[test]
fn a_file_is_replaced_and_what_it_was_stays_whole() {
    let bench = Workbench::with_hello();
    bench.write("target", "precious");
    symlink("target", bench.path("link")).expect("a link");
    fs::hard_link(bench.path("target"), bench.path("program")).expect("a link");
    bench.build("program", &["hello.wat"]);
    bench.build("link", &["hello.wat"]);
    assert_eq!(fs::read_to_string(bench.path("target")).expect("the old file"), "precious");
    assert!(bench.path("link").symlink_metadata().expect("a file").is_file());
    // A program that runs can be replaced, too.
    bench.write("sleep.wat", "(module (func (export \"_start\") (loop (br 0))))");
    let mut running = bench.command(&bench.build("busy", &["sleep.wat"]), [""; 0]).spawn().expect("it starts");
    bench.build("busy", &["hello.wat"]);
    running.kill().expect("it can be killed");
    running.wait().expect("it ends");
}

#[test]
fn devices_and_pipes_are_written_to() {
    let bench = Workbench::with_hello();
    outcome(&mut bench.tool(["hello.wat", "-o", "/dev/null"])).succeeded();
    assert!(!fs::metadata("/dev/null").expect("the device").is_file());
    let mut command = bench.tool(["--emit", "obj", "hello.wat", "-o", "/dev/stdout"]);
    let output = command.stdout(Stdio::piped()).output().expect("it runs");
    assert!(output.stdout.starts_with(b"\x7fELF"));
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn a_failed_link_leaves_the_old_file() {
    let bench = Workbench::with_hello();
    bench.write("program", "old");
    outcome(&mut bench.tool(["--linker", "false", "hello.wat", "-o", "program"])).failed(1, "the linker failed");
    assert_eq!(fs::read_to_string(bench.path("program")).expect("the old file"), "old");
    assert_eq!(bench.files(), ["hello.wat", "program"]);
}

#[test]
fn the_umask_decides_who_may_run_it() {
    let bench = Workbench::with_hello();
    for (umask, mode) in [("022", 0o755), ("077", 0o700), ("002", 0o775)] {
        let script = format!("umask {umask}; exec \"$0\" hello.wat");
        let mut command = bench.command("/bin/sh".as_ref(), ["-c", &script]);
        outcome(command.arg(wasm2exe_tests::wasm2exe())).succeeded();
        let permissions = fs::metadata(bench.path("hello")).expect("an executable").permissions();
        assert_eq!(permissions.mode() & 0o7777, mode);
        fs::remove_file(bench.path("hello")).expect("it can be removed");
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let bench = Workbench::with_hello();
    // The limit on file sizes stands in for a full disk: writing fails in the same places.
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" hello.wat \"$@\"";
    let link = |options: &[&str], message| {
        let mut command = bench.command("/bin/sh".as_ref(), ["-c", script]);
        outcome(command.arg(wasm2exe_tests::wasm2exe()).args(options)).failed(1, message);
        assert_eq!(bench.files(), ["hello.wat"]);
    };
    link(&[], "cannot write hello: File too large");
    link(&["--linker", "ld"], "set TMPDIR to a place with more room");
}
