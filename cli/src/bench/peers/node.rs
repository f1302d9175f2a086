//! node, with its own WASI.

use std::fs;
use std::path::PathBuf;

use super::{Job, Plan};
use crate::bench::invocation::Invocation;

/// Options for what versions of node do not do by themselves; without them first.
const FEATURES: [&[&str]; 3] = [&[], &["--experimental-wasm-exnref"], &["--experimental-wasm-gc"]];

/// Runs the module; compiling it before just shows whether it can be.
pub fn plans(job: &Job<'_>, programs: &[PathBuf]) -> Result<Vec<Plan>, String> {
    let script = job.file("wasi.mjs");
    fs::write(&script, include_str!("wasi.mjs")).map_err(|error| format!("{}: {error}", script.display()))?;
    let plan = |features: &&[&str]| {
        let node = Invocation::new(&programs[0]).arg("--no-warnings").args(*features).arg(&script);
        Plan {
            build: vec![node.clone().arg("check").arg(job.module)],
            build_on_one_thread: None,
            compiles: false,
            run: job.run(node.arg("run").arg(job.module)),
            artifact: None,
        }
    };
    Ok(FEATURES.iter().map(plan).collect())
}
