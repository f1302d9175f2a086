//! Compile speed, memory and output size on large real modules, against `wasmtime compile`.

use crate::contest::{compare, print, time};
use crate::report::{Report, Unit};
use crate::tools::{Tools, compile_command, size};
use anyhow::Result;
use timing::process::Usage;
use wasm2exe_tests::programs::Program;

/// Programs of `tests/real`, and how often each is compiled.
const MODULES: [(&str, usize); 3] = [("php", 5), ("esbuild", 3), ("llvm", 1)];

/// The one whose memory and size have goals, and the most memory to compile it with.
const LARGEST: (&str, f64) = ("llvm", 2.0 * 1024.0 * 1024.0 * 1024.0);

/// Measures and prints.
///
/// # Errors
/// A module cannot be fetched or compiled.
pub fn measure(tools: &Tools, report: &mut Report) -> Result<()> {
    for (name, rounds) in MODULES {
        let module = Program::load(name)?.module()?;
        report.section(&format!("compiling {name}, {} of wasm, at -O2", Unit::Bytes.text(size(&module)?)));
        for (threads, label) in [(Some(1), "one thread"), (None, "all threads")] {
            let (ours, theirs) = (tools.path(name), tools.path(&format!("{name}.cwasm")));
            let mut contenders = vec![compile_command(&module, &ours, threads)];
            contenders.extend(tools.wasmtime_command(&module, &theirs, threads));
            let results = time(&mut contenders, rounds)?;
            let memory = peak(&results[0]);
            let goal = (name == LARGEST.0).then_some(LARGEST.1);
            report.figure(&format!("{name}, {label}, peak memory"), memory, Unit::Bytes, goal, "");
            let Some(wasmtime) = results.get(1) else { continue };
            let compare = |measure| compare(&results[0], wasmtime, measure);
            print(&compare(|usage| usage.wall), report, &format!("{name}, {label}, wall"), Some(1.0));
            print(&compare(|usage| usage.cpu), report, &format!("{name}, {label}, processor time"), None);
            let detail = format!("{} / {}", Unit::Bytes.text(memory), Unit::Bytes.text(peak(wasmtime)));
            report.figure(&format!("{name}, {label}, memory"), memory / peak(wasmtime), Unit::Times, None, &detail);
            if threads.is_none() {
                let detail = format!("{} / {}", Unit::Bytes.text(size(&ours)?), Unit::Bytes.text(size(&theirs)?));
                let goal = (name == LARGEST.0).then_some(1.0);
                report.figure(&format!("{name}, size"), size(&ours)? / size(&theirs)?, Unit::Times, goal, &detail);
            }
        }
    }
    Ok(())
}

/// Largest peak memory of all rounds.
fn peak(rounds: &[Usage]) -> f64 {
    rounds.iter().map(|usage| usage.peak_memory).max().unwrap_or_default() as f64
}
