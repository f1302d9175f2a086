//! wasmtime.

use std::path::PathBuf;

use super::{Job, Plan};
use crate::bench::invocation::Invocation;
use crate::bench::results::Processor;

/// Options that modules may need, which wasmtime wants to be asked for: it is tried without them first.
const FEATURES: [&[&str]; 3] = [
    &[],
    &["-W", "exceptions=y,function-references=y,gc=y,tail-call=y"],
    &["-W", "threads=y,shared-memory=y", "-S", "threads=y"],
];

/// Compiles ahead of time and runs that.
pub fn plans(job: &Job<'_>, programs: &[PathBuf]) -> Result<Vec<Plan>, String> {
    let artifact = job.file("module.cwasm");
    let plan = |features: &&[&str]| {
        let build = Invocation::new(&programs[0]).arg("compile").args(*features);
        let target = match job.processor {
            Processor::Baseline => Some(format!("{}-unknown-linux-gnu", std::env::consts::ARCH)),
            Processor::Native => None,
        };
        let build = build.args(target.iter().flat_map(|target| ["--target", target]));
        let build = build.arg(job.module).arg("-o").arg(&artifact);
        let run = Invocation::new(&programs[0]).args(["run", "--allow-precompiled"]).args(*features).arg(&artifact);
        Plan {
            build_on_one_thread: Some(vec![build.clone().args(["-C", "parallel-compilation=n"])]),
            build: vec![build],
            compiles: true,
            run: job.run(run),
            artifact: Some(artifact.clone()),
        }
    };
    Ok(FEATURES.iter().map(plan).collect())
}
