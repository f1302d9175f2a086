//! The WebAssembly micro runtime: wamrc compiles, iwasm runs.

use std::path::PathBuf;

use super::{Job, Plan};
use crate::bench::invocation::Invocation;
use crate::bench::results::Processor;

/// What iwasm is to give a program, in bytes: as much as other contenders do by themselves.
const STACK: &str = "--stack-size=8388608";

/// Compiles ahead of time and runs that. It makes vector instructions only for processors with SSE 4.1.
pub fn plans(job: &Job<'_>, programs: &[PathBuf]) -> Result<Vec<Plan>, String> {
    let artifact = job.file("module.aot");
    let processors: &[&[&str]] = match (job.processor, std::env::consts::ARCH) {
        (Processor::Baseline, "x86_64") => {
            &[&["--target=x86_64", "--cpu=x86-64", "--disable-simd"], &["--target=x86_64", "--cpu=x86-64-v2"]]
        }
        _ => &[&[]],
    };
    let plan = |processor: &&[&str]| {
        let threads = job.is_threaded.then_some("--enable-multi-thread");
        let build = Invocation::new(&programs[0]).args(*processor).args(threads);
        let build = build.arg("-o").arg(&artifact).arg(job.module);
        let threads = job.is_threaded.then_some("--max-threads=64");
        let run = Invocation::new(&programs[1]).arg(STACK).args(threads).arg(&artifact);
        Plan {
            build: vec![build],
            build_on_one_thread: None,
            compiles: true,
            run: job.run(run),
            artifact: Some(artifact.clone()),
        }
    };
    Ok(processors.iter().map(plan).collect())
}
