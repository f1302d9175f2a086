//! wasmer.

use std::path::PathBuf;

use super::{Job, Plan};
use crate::bench::invocation::Invocation;
use crate::bench::results::Processor;

/// Compiles ahead of time with its default compiler and runs that.
pub fn plans(job: &Job<'_>, programs: &[PathBuf]) -> Result<Vec<Plan>, String> {
    let artifact = job.file("module.wasmu");
    let target = match job.processor {
        Processor::Baseline => Some(format!("{}-linux-gnu", std::env::consts::ARCH)),
        Processor::Native => None,
    };
    let build =
        Invocation::new(&programs[0]).arg("compile").args(target.iter().flat_map(|target| ["--target", target]));
    let build = build.arg(job.module).arg("-o").arg(&artifact);
    let separator = (!job.args.is_empty()).then_some("--");
    let run = Invocation::new(&programs[0]).arg("run").arg(&artifact).args(separator);
    Ok(vec![Plan {
        build_on_one_thread: Some(vec![build.clone().env("RAYON_NUM_THREADS", "1")]),
        build: vec![build],
        compiles: true,
        run: job.run(run),
        artifact: Some(artifact),
    }])
}
