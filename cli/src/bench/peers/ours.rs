//! wasm2exe itself.

use std::path::Path;

use super::{Job, Plan};
use crate::bench::invocation::Invocation;
use crate::bench::results::Processor;

/// Compiles with this very program, and runs what that makes. `options` are further ones, separated by spaces.
pub fn plan(job: &Job<'_>, program: &Path, options: &str) -> Plan {
    let executable = job.file("program");
    let cpu = match job.processor {
        Processor::Baseline => "baseline",
        Processor::Native => "native",
    };
    let build = Invocation::new(program).args(["-O2", "--target-cpu", cpu]).args(options.split_whitespace());
    let build = build.arg("-o").arg(&executable);
    Plan {
        build: vec![build.clone().arg(job.module)],
        build_on_one_thread: Some(vec![build.args(["-j", "1"]).arg(job.module)]),
        compiles: true,
        run: job.run(Invocation::new(&executable)),
        artifact: Some(executable),
    }
}
