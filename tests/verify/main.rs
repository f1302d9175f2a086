//! Verifies the code of modules: `cargo run --release -p wasm2exe-tests --bin verify -- [OPTIONS] FILE...`, see
//! compiler/verify/README.md. OPTIONS are those of the specification's runner that choose how to compile.

use std::process::ExitCode;
use std::time::Instant;

use compiler::{Cpu, Input, MemoryBase, MemoryStrategy, OptLevel, Options};

fn main() -> ExitCode {
    let mut options = Options { all_exports: true, ..Options::default() };
    let mut failures = 0;
    let mut files = 0;
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "-O0" => options.opt_level = OptLevel::None,
            "-O1" => options.opt_level = OptLevel::Basic,
            "--checked" => options.memory = MemoryStrategy::Checked,
            "--any-base" => options.memory_base = MemoryBase::Any,
            "--native" => options.cpu = Cpu::Native,
            file => {
                files += 1;
                if let Err(message) = verify(file, &options) {
                    eprintln!("{file}: {message}");
                    failures += 1;
                }
            }
        }
    }
    println!("{files} files, {failures} with findings");
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn verify(file: &str, options: &Options) -> Result<(), String> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    let input = Input { name: "", file, bytes: &bytes };
    let start = Instant::now();
    let output = compiler::compile(&[input], options, &|_, _| ()).map_err(|error| error.to_string())?;
    let compiled = start.elapsed();
    if let Some(directory) = std::env::var_os("WASM2EXE_VERIFY_KEEP") {
        for object in &output.objects {
            let path = std::path::Path::new(&directory).join(&object.file_name);
            std::fs::write(path, &object.bytes).map_err(|error| error.to_string())?;
        }
    }
    let objects: Vec<&[u8]> = output.objects.iter().map(|object| &*object.bytes).collect();
    let start = Instant::now();
    let report = verify::verify(&objects).map_err(|error| error.to_string())?;
    println!("{file}: {report}; compiled in {compiled:.1?}, verified in {:.1?}", start.elapsed());
    if report.findings.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = report.findings.iter().take(20).map(ToString::to_string).collect();
    Err(format!("{} findings:\n  {}", report.findings.len(), shown.join("\n  ")))
}
