//! wasm2c and a C compiler.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Job, Plan};
use crate::bench::invocation::{Invocation, find};
use crate::bench::results::Processor;

/// A module of this size becomes a gigabyte of C, for which compilers take hours.
const LARGEST_MODULE: usize = 8 << 20;

/// Parts of wasm2c's runtime: the first one is in every version.
const RUNTIME: [&str; 3] = ["wasm-rt-impl.c", "wasm-rt-mem-impl.c", "wasm-rt-exceptions-impl.c"];

/// Options for what wasm2c does not do by itself; without them first.
const FEATURES: [&[&str]; 2] = [&[], &["--enable-exceptions", "--enable-tail-call"]];

/// Turns the module into C and compiles it. What wasm2c calls things depends on its version: both ways are tried.
pub fn plans(job: &Job<'_>, programs: &[PathBuf]) -> Result<Vec<Plan>, String> {
    let module = fs::read(job.module).map_err(|error| format!("{}: {error}", job.module.display()))?;
    if module.len() > LARGEST_MODULE {
        return Err(format!("not tried with modules of more than {} MiB", LARGEST_MODULE >> 20));
    }
    let compiler = find("clang").or_else(|| find("cc")).ok_or("no C compiler is in the search path")?;
    let prefix = programs[0].parent().and_then(Path::parent).unwrap_or(Path::new("/usr"));
    let runtime = prefix.join("share/wabt/wasm2c");
    let parts: Vec<PathBuf> = RUNTIME.iter().map(|part| runtime.join(part)).filter(|part| part.exists()).collect();
    if parts.is_empty() {
        return Err(format!("its runtime is not in {}", runtime.display()));
    }
    let wasi = job.file("wasi.c");
    fs::write(&wasi, include_str!("wasi_for_wasm2c.c")).map_err(|error| format!("{}: {error}", wasi.display()))?;
    let imports_wasi = module.windows(22).any(|bytes| bytes == b"wasi_snapshot_preview1").then_some("-DIMPORTS_WASI");
    let cpu = (job.processor == Processor::Native).then_some("-march=native");
    let cc = Invocation::new(compiler).args(["-O3", "-w", "-I"]).arg(&job.directory);
    let cc = cc.arg("-I").arg(&runtime).arg("-I").arg(prefix.join("include")).args(cpu);
    let (c, object, executable) = (job.file("guest.c"), job.file("wasi.o"), job.file("program"));
    let ways = FEATURES.iter().flat_map(|features| [Some("-DOLD_NAMES"), None].map(|names| (features, names)));
    let plan = |(features, names): (&&[&str], Option<&str>)| {
        let translate = Invocation::new(&programs[0]).args(*features).args(["-n", "guest", "-o"]).arg(&c);
        let host = cc.clone().args(names).args(imports_wasi).arg("-c").arg(&wasi).arg("-o").arg(&object);
        let guest = cc.clone().arg(&c).arg(&object).args(&parts).arg("-o").arg(&executable).arg("-lm");
        Plan {
            build: vec![translate.arg(job.module), host, guest],
            build_on_one_thread: None,
            compiles: true,
            run: job.run(Invocation::new(&executable)),
            artifact: Some(executable.clone()),
        }
    };
    Ok(ways.map(plan).collect())
}
