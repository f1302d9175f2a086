//! The same source, built for this machine.

use super::{Job, Plan};
use crate::bench::invocation::Invocation;
use crate::bench::toolchain::Native;

/// Runs the executable; it is built already, and not from a module.
pub fn plan(job: &Job<'_>, native: &Native) -> Plan {
    Plan {
        build: Vec::new(),
        build_on_one_thread: None,
        compiles: false,
        run: job.run(Invocation::new(&native.executable)),
        artifact: native.one_file.clone(),
    }
}
