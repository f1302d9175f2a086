//! `wasm2exe inspect`: what a module asks for, or what an executable is made of and may do.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueHint;
use compiler::{Description, Input, Options, Target};
use serde_json::{Value, json};

use crate::record::{self, Executable};
use crate::report::warn;
use crate::sources::show;

/// Arguments of `wasm2exe inspect`.
#[derive(clap::Args)]
pub struct InspectArgs {
    /// A module, binary or text, or an executable that wasm2exe made
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Check instead the machine code that the module becomes by default for x86-64: that it stays in its sandbox
    #[arg(long, conflicts_with = "json")]
    pub verify: bool,
}

/// Prints what there is to know about a file.
pub fn inspect(args: &InspectArgs) -> Result<()> {
    const ELF: &[u8] = b"\x7fELF";
    let bytes = fs::read(&args.file).with_context(|| format!("cannot read {}", show(&args.file)))?;
    if args.verify {
        if bytes.starts_with(ELF) {
            bail!(
                "an executable has lost what its code refers to: inspect --verify its module, which `wasm2exe verify` compares with it"
            );
        }
        return verify_code(&Input { name: "", file: &show(&args.file), bytes: &bytes });
    }
    let (value, text) = if bytes.starts_with(ELF) {
        let executable = Executable::read(&bytes).with_context(|| show(&args.file))?;
        (executable_json(&executable, bytes.len()), executable_text(&executable, &args.file, bytes.len()))
    } else {
        let input = Input { name: "", file: &show(&args.file), bytes: &bytes };
        let description = compiler::inspect(&input)?;
        description.warnings.iter().for_each(warn);
        (module_json(&description, &bytes), module_text(&description, &args.file, &bytes))
    };
    let output = if args.json { format!("{value:#}\n") } else { text };
    std::io::stdout().write_all(output.as_bytes()).context("cannot write standard output")
}

/// Compiles a module and checks the code, see `compiler/verify`.
fn verify_code(input: &Input<'_>) -> Result<()> {
    const SHOWN: usize = 20;
    let options = Options { target: Target::X86_64Linux, all_exports: true, ..Options::default() };
    let output = compiler::compile(&[*input], &options, &|_, _| ())?;
    let objects: Vec<&[u8]> = output.objects.iter().map(|object| &*object.bytes).collect();
    let report = ::verify::verify(&objects).with_context(|| input.file.to_string())?;
    writeln!(std::io::stdout(), "{report}").context("cannot write standard output")?;
    if report.findings.is_empty() {
        return Ok(());
    }
    let findings: Vec<String> = report.findings.iter().take(SHOWN).map(|finding| format!("\n  {finding}")).collect();
    bail!("{}: the code is not shown to be safe:{}", input.file, findings.concat())
}

/// Text that plays no tricks on a terminal.
fn plain(text: &str) -> String {
    let escape = |character: char| match character.is_control() {
        true => character.escape_default().to_string(),
        false => character.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Lines of a report: a title, then what belongs to it.
struct Report(String);

impl Report {
    fn line(&mut self, title: &str, content: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{:<14}{content}", format!("{title}:"));
    }

    fn list(&mut self, title: &str, items: &[String]) {
        for (at, item) in items.iter().enumerate() {
            let title = if at == 0 { format!("{title}:") } else { String::new() };
            let _ = writeln!(self.0, "{title:<14}{item}");
        }
        if items.is_empty() {
            self.line(title, "none");
        }
    }
}

fn executable_text(executable: &Executable, path: &Path, size: usize) -> String {
    let mut report = Report(String::new());
    report.line("executable", format_args!("{}, {size} bytes, {} of code", show(path), executable.code_bytes));
    report.line("target", executable.target);
    report.line("made by", format_args!("wasm2exe {} (build {})", executable.version, executable.build));
    let module = |(name, hash): &(String, String)| {
        format!("{hash} (BLAKE3){}", if name.is_empty() { String::new() } else { format!(" as {}", plain(name)) })
    };
    report.list("modules", &executable.modules.iter().map(module).collect::<Vec<_>>());
    report.list("options", &executable.flags.iter().map(|flag| plain(flag)).collect::<Vec<_>>());
    let grant = |(key, value): &(String, Vec<u8>)| plain(&format!("{key}={}", String::from_utf8_lossy(value)));
    report.list("grants", &executable.grants.iter().map(grant).collect::<Vec<_>>());
    match &executable.system_calls {
        Some(calls) => report.list("system calls", calls),
        None => report.line("system calls", "all (--harden off)"),
    }
    report.0
}

fn executable_json(executable: &Executable, size: usize) -> Value {
    let module = |(name, hash): &(String, String)| json!({ "name": name, "blake3": hash });
    let grant = |(key, value): &(String, Vec<u8>)| json!({ "kind": key, "value": String::from_utf8_lossy(value) });
    json!({
        "kind": "executable",
        "size": size,
        "code_bytes": executable.code_bytes,
        "target": executable.target.triple(),
        "version": executable.version,
        "build": executable.build,
        "modules": executable.modules.iter().map(module).collect::<Vec<_>>(),
        "options": executable.flags,
        "grants": executable.grants.iter().map(grant).collect::<Vec<_>>(),
        "system_calls": executable.system_calls,
    })
}

fn module_text(description: &Description, path: &Path, bytes: &[u8]) -> String {
    let mut report = Report(String::new());
    report.line("module", format_args!("{}, {} bytes", show(path), bytes.len()));
    report.line("BLAKE3", record::hash(bytes));
    let (functions, code) = (description.functions, description.code_bytes);
    report.line("code", format_args!("{code} bytes"));
    report.line("functions", functions);
    report.line("data", format_args!("{} bytes", description.data_bytes));
    report.line(
        "features",
        if description.features.is_empty() { "none".into() } else { description.features.join(", ") },
    );
    let mut by_capability: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for import in &description.imports {
        let (key, name) = match import.capability {
            Some(capability) => (capability.to_string(), import.name.clone()),
            None => (format!("from {}", plain(&import.module)), format!("{} ({})", plain(&import.name), import.kind)),
        };
        by_capability.entry(key).or_default().push(name);
    }
    let imports: Vec<String> = by_capability.iter().map(|(key, names)| format!("{key}: {}", names.join(" "))).collect();
    report.list("imports", &imports);
    let exports = description.exports.iter().map(|(name, kind)| format!("{} ({kind})", plain(name)));
    report.list("exports", &exports.collect::<Vec<_>>());
    let most = |most: Option<u64>| most.map_or("no maximum".to_string(), |most| format!("at most {most}"));
    let memories = description.memories.iter().map(|memory| {
        let shared = if memory.shared { ", shared" } else { "" };
        let index64 = if memory.index64 { ", 64-bit" } else { "" };
        format!("{} bytes, {}{shared}{index64}", memory.initial, most(memory.maximum))
    });
    report.list("memories", &memories.collect::<Vec<_>>());
    let tables = description.tables.iter().map(|(initial, maximum)| format!("{initial} elements, {}", most(*maximum)));
    report.list("tables", &tables.collect::<Vec<_>>());
    report.list("wants", &description.wants.iter().map(|option| option.to_string()).collect::<Vec<_>>());
    report.0
}

fn module_json(description: &Description, bytes: &[u8]) -> Value {
    let imports = description.imports.iter().map(|import| {
        json!({ "module": import.module, "name": import.name, "kind": import.kind, "capability": import.capability })
    });
    let memories = description.memories.iter().map(|memory| {
        let (initial, maximum) = (memory.initial, memory.maximum);
        json!({ "initial": initial, "maximum": maximum, "shared": memory.shared, "index64": memory.index64 })
    });
    let tables = description.tables.iter().map(|(initial, maximum)| json!({ "initial": initial, "maximum": maximum }));
    json!({
        "kind": "module",
        "size": bytes.len(),
        "blake3": record::hash(bytes),
        "functions": description.functions,
        "code_bytes": description.code_bytes,
        "data_bytes": description.data_bytes,
        "features": description.features,
        "imports": imports.collect::<Vec<_>>(),
        "exports": description.exports.iter().map(|(name, kind)| json!({ "name": name, "kind": kind })).collect::<Vec<_>>(),
        "memories": memories.collect::<Vec<_>>(),
        "tables": tables.collect::<Vec<_>>(),
        "wants": description.wants,
    })
}
