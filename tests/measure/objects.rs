//! Run time of programs that do little but allocate, in the corpus and in `tests/bench`, against wasmtime with each of its collectors.

use crate::contest::{compare, print, race};
use crate::report::{Report, Unit};
use crate::tools::{Tools, build, corpus, source};
use anyhow::Result;
use std::process::Command;
use timing::statistics::geometric_mean;

/// Interleaved runs of each program.
const ROUNDS: usize = 3;

/// The programs, and what they do.
const PROGRAMS: [(&str, &str); 6] = [
    ("trees", "binary trees"),
    ("lists", "mapping lists"),
    ("sort", "sorting lists"),
    ("table", "a hash table"),
    ("strings", "byte arrays"),
    ("recursion", "objects in many frames"),
];

/// Those that the corpus has.
const CORPUS: [&str; 4] = ["trees", "sort", "table", "strings"];

/// wasmtime's collectors: its default one, reference counts, copying, and none at all.
const COLLECTORS: [(&str, &[&str]); 4] = [
    ("wasmtime", &[]),
    ("wasmtime, drc", &["-C", "collector=drc"]),
    ("wasmtime, copying", &["-C", "collector=copying"]),
    ("wasmtime, null", &["-C", "collector=null"]),
];

/// What the programs use that wasmtime does not allow by itself.
const FEATURES: [&str; 2] = ["-W", "function-references=y,gc=y"];

/// Measures and prints.
///
/// # Errors
/// Something does not build or run.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    let Some(wasmtime) = &tools.wasmtime else { return Ok(()) };
    report.section("objects, processor time");
    let mut all = vec![Vec::new(); COLLECTORS.len()];
    for (name, what) in PROGRAMS {
        let module = if CORPUS.contains(&name) { corpus } else { source }(&format!("objects/{name}.wat"));
        let mut contenders = vec![Command::new(tools.executable(&module, &["--target-cpu", "native"], name)?)];
        for (collector, options) in COLLECTORS {
            let artifact = tools.path(&format!("{name} {collector}.cwasm"));
            build(
                Command::new(wasmtime)
                    .arg("compile")
                    .args(FEATURES)
                    .args(options)
                    .arg(&module)
                    .arg("-o")
                    .arg(&artifact),
            )?;
            let mut theirs = Command::new(wasmtime);
            theirs.args(["run", "--allow-precompiled"]).args(FEATURES).args(options).arg(&artifact);
            contenders.push(theirs);
        }
        let rounds = race(&mut contenders, ROUNDS)?;
        for ((theirs, (collector, _)), all) in rounds[1..].iter().zip(COLLECTORS).zip(&mut all) {
            let ratio = compare(&rounds[0], theirs, |usage| usage.cpu);
            // Whoever collects nothing is no goal.
            let goal = if collector == "wasmtime" { Some(1.0) } else { None };
            print(&ratio, report, &format!("{what}, to {collector}"), goal);
            all.push(ratio.value);
        }
    }
    for (all, (collector, _)) in all.iter().zip(COLLECTORS) {
        let count = format!("geometric mean of {}", all.len());
        report.figure(&format!("objects, to {collector}"), geometric_mean(all), Unit::Times, None, &count);
    }
    Ok(())
}
