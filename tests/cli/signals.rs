//! A compilation that is interrupted leaves nothing behind.

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use wasm2exe_tests::heed_signals;

use crate::workbench::{Workbench, names, outcome};

/// A compilation that waits in its linker.
fn start(bench: &Workbench, prefix: &[&str]) -> Child {
    bench.write("slow-ld", "#!/bin/sh\n: >linked\nwhile test -e linked; do sleep 0.1; done\n");
    outcome(&mut bench.command("/bin/chmod".as_ref(), ["+x", "slow-ld"])).succeeded();
    let tool = wasm2exe_tests::wasm2exe().to_str().expect("a path in UTF-8");
    let words = [prefix, &[tool, "--linker", "./slow-ld", "hello.wat"]].concat();
    let mut command = bench.command(words[0].as_ref(), &words[1..]);
    let child = heed_signals(&mut command).spawn().expect("it starts");
    let start = Instant::now();
    while !linking(bench) {
        assert!(start.elapsed() < Duration::from_secs(60), "the linker does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    child
}

fn linking(bench: &Workbench) -> bool {
    names(&bench.temp()).iter().any(|name| bench.temp().join(name).join("linked").exists())
}

fn signal(child: &Child, name: &str) {
    let killed = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
}

#[test]
fn signals_end_it_and_leave_nothing() {
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let bench = Workbench::with_hello();
        let mut child = start(&bench, &[]);
        signal(&child, name);
        assert_eq!(child.wait().expect("it ends").signal(), Some(number), "{name}");
        assert_eq!(bench.files(), ["hello.wat", "slow-ld"], "{name}");
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    let bench = Workbench::with_hello();
    let mut child = start(&bench, &["/bin/sh", "-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    signal(&child, "HUP");
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().expect("it can be waited for").is_none(), "the signal ended it");
    signal(&child, "TERM");
    assert_eq!(child.wait().expect("it ends").signal(), Some(15));
    assert_eq!(bench.files(), ["hello.wat", "slow-ld"]);
}

#[test]
fn killed_it_leaves_no_output() {
    let bench = Workbench::with_hello();
    bench.write("hello", "old");
    let mut child = start(&bench, &[]);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    assert_eq!(names(&bench.path("")), ["hello", "hello.wat", "slow-ld"]);
    assert_eq!(std::fs::read_to_string(bench.path("hello")).expect("the old file"), "old");
    // The linker that waits for its directory to go.
    std::fs::remove_dir_all(bench.temp()).expect("it can be removed");
}
