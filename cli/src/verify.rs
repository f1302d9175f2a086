//! `wasm2exe verify`: makes an executable again out of its module and what it says about itself, and compares.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueHint};

use crate::args::{Args, EmitKind, LinkedModule, module};
use crate::driver;
use crate::record::{self, Executable};
use crate::report::{Timings, say};
use crate::sources::{Sources, show};

/// Arguments of `wasm2exe verify`.
#[derive(clap::Args)]
pub struct VerifyArgs {
    /// The executable
    #[arg(value_name = "EXE", value_hint = ValueHint::FilePath)]
    pub executable: PathBuf,
    /// The module that it is said to come from
    #[arg(value_name = "IN", value_hint = ValueHint::FilePath)]
    pub input: PathBuf,
    /// A module that was linked in; repeatable, in the same order
    #[arg(long = "module", value_name = "NAME=FILE", value_parser = module())]
    pub modules: Vec<LinkedModule>,
    /// The linker that it was linked with [default: as when compiling]
    #[arg(long, value_name = "PATH", value_hint = ValueHint::CommandName, allow_hyphen_values = true)]
    pub linker: Option<OsString>,
}

/// Says so when the executable is what comes out.
///
/// # Errors
/// When it is not, or when that cannot be found out.
pub fn verify(args: &VerifyArgs) -> Result<()> {
    let shown = show(&args.executable);
    let bytes = fs::read(&args.executable).with_context(|| format!("cannot read {shown}"))?;
    let recorded = Executable::read(&bytes).with_context(|| shown.clone())?;
    let sources = Sources::read(&args.input, &args.modules)?;
    compare_origin(&recorded, &sources)?;
    let mut words = vec![OsString::from("wasm2exe")];
    words.extend(recorded.arguments());
    words.push("-".into());
    let parsed = Args::try_parse_from(words).context("the recorded options are not understood")?;
    let mut compile = parsed.build.compile;
    compile.linker = args.linker.clone();
    let options = driver::options(&compile, &sources, EmitKind::Exe)?;
    let again = driver::executable(sources, &options, &compile, &mut Timings::default())?.into_bytes()?;
    if again != bytes {
        bail!("{shown} is not what comes out: {}", difference(&bytes, &again));
    }
    say(format_args!("{shown}: identical to what wasm2exe {} makes of {}", recorded.version, show(&args.input)));
    Ok(())
}

/// Refuses what cannot be the same.
fn compare_origin(recorded: &Executable, sources: &Sources) -> Result<()> {
    if (recorded.version.as_str(), recorded.build.as_str()) != record::THIS {
        let (version, build) = record::THIS;
        bail!(
            "it was made by wasm2exe {} (build {}); this is {version} (build {build}), which makes other executables",
            recorded.version,
            recorded.build
        );
    }
    let modules: Vec<(String, String)> =
        sources.inputs().iter().map(|input| (input.name.to_string(), record::hash(input.bytes))).collect();
    let names = |modules: &[(String, String)]| modules.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    if names(&modules) != names(&recorded.modules) {
        let linked = recorded.modules.iter().filter(|(name, _)| !name.is_empty());
        let options: Vec<String> = linked.map(|(name, _)| format!("--module {}=FILE", name.escape_default())).collect();
        bail!(
            "it was linked with other modules: {}",
            if options.is_empty() { "none".into() } else { options.join(" ") }
        );
    }
    for ((name, actual), (_, expected)) in modules.iter().zip(&recorded.modules) {
        if actual != expected {
            let which = if name.is_empty() { "another module".into() } else { format!("another module {name:?}") };
            bail!("it was made of {which}, with the BLAKE3 hash {expected}; this one has {actual}");
        }
    }
    Ok(())
}

fn difference(bytes: &[u8], again: &[u8]) -> String {
    let first = bytes.iter().zip(again).position(|(one, other)| one != other).unwrap_or(bytes.len().min(again.len()));
    let count = bytes.iter().zip(again).filter(|(one, other)| one != other).count();
    format!(
        "{} bytes rather than {}, {count} differ in place, the first at {first:#x}; another linker makes another file (--linker)",
        bytes.len(),
        again.len()
    )
}
