//! How a linker is found, and what is said when there is none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::workbench::{Workbench, outcome};

/// A directory with links to programs of this machine, to be the whole `$PATH`.
fn path_with(bench: &Workbench, programs: &[&str]) -> PathBuf {
    let directory = bench.path("bin");
    fs::create_dir_all(&directory).expect("a directory");
    for program in programs {
        symlink(installed(program), directory.join(program)).expect("a link");
    }
    directory
}

fn installed(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("there is a PATH");
    let found = std::env::split_paths(&path).map(|directory| directory.join(program)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("this test needs {program}"))
}

#[test]
fn without_a_linker_the_package_is_named() {
    let bench = Workbench::with_hello();
    let path = path_with(&bench, &[]);
    outcome(bench.tool(["-g", "hello.wat"]).env("PATH", &path)).failed(1, "install binutils or a C compiler");
    let mut foreign = bench.tool(["-g", "--target", foreign_target(), "hello.wat"]);
    outcome(foreign.env("PATH", &path)).failed(1, "apt install lld, or binutils-");
    let mut run = bench.tool(["run", "-g", "hello.wat"]);
    outcome(run.env("PATH", &path)).failed(1, "no linker found");
    // Nothing else needs one.
    outcome(bench.tool(["--emit", "obj", "hello.wat"]).env("PATH", &path)).succeeded();
    outcome(bench.tool(["--target", foreign_target(), "hello.wat"]).env("PATH", &path)).succeeded();
    let linked = outcome(bench.tool(["-v", "hello.wat"]).env("PATH", &path)).succeeded();
    assert!(linked.stderr.contains("the tool's own linker: "), "{}", linked.stderr);
    says_hello(&bench, "hello");
    assert_eq!(outcome(bench.tool(["run", "hello.wat"]).env("PATH", &path)).succeeded().stdout, "hello\n");
}

fn foreign_target() -> &'static str {
    if cfg!(target_arch = "aarch64") { "x86_64-unknown-linux-gnu" } else { "aarch64-unknown-linux-gnu" }
}

#[test]
fn a_chosen_linker_must_exist() {
    let bench = Workbench::with_hello();
    outcome(&mut bench.tool(["--linker", "gone-cc", "hello.wat"])).failed(1, "there is no program gone-cc (--linker)");
    outcome(&mut bench.tool(["--linker", "./gone", "hello.wat"])).failed(1, "there is no program ./gone (--linker)");
    outcome(bench.tool(["hello.wat"]).env("CC", "gone-cc -O")).failed(1, "there is no program gone-cc -O ($CC)");
    assert_eq!(bench.files(), ["hello.wat"]);
}

#[test]
fn a_linker_alone_is_enough() {
    let bench = Workbench::with_hello();
    let path = path_with(&bench, &["ld"]);
    let linked = outcome(bench.tool(["-g", "-v", "hello.wat"]).env("PATH", &path)).succeeded();
    assert!(linked.stderr.contains("/bin/ld: "), "{}", linked.stderr);
    says_hello(&bench, "hello");
}

#[test]
fn the_environment_names_a_compiler_with_arguments() {
    let bench = Workbench::with_hello();
    for value in ["cc", "  cc -v -O2 ", &format!("env {}", installed("cc").display())] {
        outcome(bench.tool(["hello.wat"]).env("CC", value)).succeeded();
        says_hello(&bench, "hello");
    }
    // More specific than $CC.
    let target = if cfg!(target_arch = "aarch64") { "aarch64" } else { "x86_64" };
    let mut command = bench.tool(["hello.wat"]);
    outcome(command.env("CC", "false").env(format!("CC_{target}_unknown_linux_gnu"), "cc")).succeeded();
    // A choice on the command line outranks both.
    outcome(bench.tool(["--linker", "cc", "hello.wat"]).env("CC", "false")).succeeded();
}

#[test]
fn paths_to_linkers_may_be_relative_and_odd() {
    let bench = Workbench::with_hello();
    fs::create_dir(bench.path("my tools;")).expect("a directory");
    for name in ["ld", "-ld", "ld.@"] {
        let path = Path::new("my tools;").join(name);
        symlink(installed("ld"), bench.path(&path)).expect("a link");
        outcome(bench.tool(["hello.wat", "--linker"]).arg(&path)).succeeded();
        says_hello(&bench, "hello");
    }
}

#[test]
fn a_linker_without_scripts_links() {
    let bench = Workbench::with_hello();
    let ld = installed("ld");
    bench.write("ld", format!("#!/bin/sh\ncase \"$*\" in *-T*) exit 1; esac\nexec {} \"$@\"\n", ld.display()));
    outcome(bench.command("/bin/chmod".as_ref(), ["+x", "ld"]).env_remove("CC")).succeeded();
    outcome(&mut bench.tool(["--linker", "./ld", "hello.wat"])).succeeded();
    says_hello(&bench, "hello");
}

#[test]
fn a_linker_that_fails_is_quoted() {
    let bench = Workbench::with_hello();
    bench.write("cc", "#!/bin/sh\necho the disk is on fire >&2\nexit 3\n");
    outcome(bench.command("/bin/chmod".as_ref(), ["+x", "cc"]).env_remove("CC")).succeeded();
    let failed = outcome(&mut bench.tool(["--linker", "./cc", "hello.wat"])).failed(1, "the disk is on fire");
    assert!(failed.stderr.contains("exit status: 3"), "{}", failed.stderr);
    assert_eq!(bench.files(), ["cc", "hello.wat"]);
}

fn says_hello(bench: &Workbench, program: &str) {
    assert_eq!(outcome(&mut bench.command(&bench.path(program), [""; 0])).succeeded().stdout, "hello\n");
    fs::remove_file(bench.path(program)).expect("it can be removed");
}
