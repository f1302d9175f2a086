//! Run time of the programs in the corpus, against wasmtime and against clang's native code.

use crate::contest::{Ratio, geometric_mean, race};
use crate::report::{Report, Unit};
use crate::tools::{Tools, corpus};
use anyhow::Result;
use std::fs;
use std::process::Command;

/// Interleaved runs of each program.
const ROUNDS: usize = 7;

/// The groups of programs: folders of `cli/corpus`.
const GROUPS: [&str; 2] = ["calls", "arrays"];

/// Measures and prints. Each comparison is between equals: with clang, both for the first processor of the architecture; with
/// wasmtime, both for this machine's, which wasmtime compiles for when it is not told otherwise.
///
/// # Errors
/// Something does not build, run or agree.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    for group in GROUPS {
        report.section(&format!("run time of {group}, processor time"));
        let mut to_native = Vec::new();
        let mut to_wasmtime = Vec::new();
        for name in programs(group)? {
            let rounds = race(&mut contenders(tools, group, &name)?, ROUNDS)?;
            let ratio = Ratio::of(&rounds[0], &rounds[1], |usage| usage.cpu);
            ratio.print(report, &format!("{name}, to clang -O3"), None);
            to_native.push(ratio.value);
            if let [_, _, ours, theirs] = &rounds[..] {
                let ratio = Ratio::of(ours, theirs, |usage| usage.cpu);
                ratio.print(report, &format!("{name}, to wasmtime"), None);
                to_wasmtime.push(ratio.value);
            }
        }
        let count = format!("geometric mean of {}", to_native.len());
        report.figure(&format!("{group}, to clang -O3"), geometric_mean(&to_native), Unit::Times, None, &count);
        if !to_wasmtime.is_empty() {
            report.figure(
                &format!("{group}, to wasmtime"),
                geometric_mean(&to_wasmtime),
                Unit::Times,
                Some(1.0),
                &count,
            );
        }
    }
    Ok(())
}

/// Ours and clang's for any processor, then ours and wasmtime's for this one, if there is wasmtime.
fn contenders(tools: &Tools, group: &str, name: &str) -> Result<Vec<Command>> {
    let file = corpus(&format!("{group}/{name}.c"));
    let module = tools.wasm(&file, &format!("{name}.wasm"))?;
    let ours = tools.executable(&module, &[], name)?;
    let native = tools.native(&file, &[], &format!("{name}-native"))?;
    let mut contenders = vec![Command::new(ours), Command::new(native)];
    let artifact = tools.artifact(&module, &format!("{name}.cwasm"))?;
    if let Some(theirs) = artifact.and_then(|artifact| tools.wasmtime_run(&artifact)) {
        let ours = tools.executable(&module, &["--target-cpu", "native"], &format!("{name}-here"))?;
        contenders.extend([Command::new(ours), theirs]);
    }
    Ok(contenders)
}

/// Names of a group's programs, sorted.
fn programs(group: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(corpus(group))? {
        if let Some(name) = entry?.file_name().to_str().and_then(|name| name.strip_suffix(".c")) {
            names.push(name.to_string());
        }
    }
    names.sort();
    Ok(names)
}
