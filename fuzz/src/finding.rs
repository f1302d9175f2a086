//! One case through all engines, and what is kept of a case that shows a defect.

use crate::case::Case;
use crate::engines::native::{Native, Variant};
use crate::engines::{self, Engine};
use crate::shrink;
use crate::source;
use crate::trace::{self, Permitted, Trace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What one worker needs to check cases.
pub struct Bench {
    /// This product.
    pub native: Native,
    /// What it is compared with.
    pub engines: Vec<Box<dyn Engine>>,
    /// Everything for `native` is built here; removed with the bench.
    _directory: tempfile::TempDir,
}

/// What came of a case.
#[derive(Default)]
pub struct Verdict {
    /// Defects.
    pub findings: Vec<Finding>,
    /// Deviations that are permitted.
    pub permitted: Vec<Permitted>,
    /// Engines that ran it, as a bit set by position.
    pub engines: u32,
    /// Calls by how they ended.
    pub calls: BTreeMap<&'static str, u64>,
}

/// A defect: of this product, or of an engine.
pub struct Finding {
    /// How it was compiled; `None` when the other engines contradict each other.
    pub variant: Option<Variant>,
    /// What is wrong.
    pub message: String,
    /// What it is about: stays the same while the case shrinks.
    pub class: &'static str,
}

impl Bench {
    /// With the driver's archive.
    ///
    /// # Errors
    /// When there is no temporary directory.
    pub fn new(archive: &Path) -> Result<Bench, String> {
        let directory = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
        let native = Native { archive: archive.to_path_buf(), directory: directory.path().to_path_buf() };
        Ok(Bench { native, engines: engines::all(), _directory: directory })
    }

    /// Runs a case everywhere. `wasm` is the module to compile: the case's own unless a defect is put in.
    pub fn check(&self, case: &Case, wasm: &[u8], variants: &[Variant]) -> Verdict {
        let mut verdict = Verdict::default();
        let mut traces = Vec::new();
        for (at, engine) in self.engines.iter().enumerate() {
            if let Some(trace) = engine.run(case) {
                verdict.engines |= 1 << at;
                traces.push((engine.name(), trace));
            }
        }
        let Some((first, rest)) = traces.split_first() else { return verdict };
        for outcome in &first.1.outcomes[1..] {
            *verdict.calls.entry(outcome.kind()).or_default() += 1;
        }
        for other in rest {
            let names = format!("{} against {}", other.0, first.0);
            verdict.note(None, "engines", compare(case, &other.1, &first.1).map_err(|text| format!("{names}: {text}")));
        }
        let contradiction = !verdict.findings.is_empty();
        for variant in variants {
            match self.native.run(case, wasm, *variant) {
                Ok(trace) => verdict.compare(case, *variant, &trace, &traces, contradiction),
                Err(message) => verdict.note(Some(*variant), failure_class(&message), Err(message)),
            }
        }
        verdict
    }
}

impl Verdict {
    /// Compares with all engines. Where these contradict each other it is enough that one agrees.
    fn compare(&mut self, case: &Case, variant: Variant, ours: &Trace, theirs: &[(&str, Trace)], contradiction: bool) {
        let compared = theirs.iter().map(|(name, theirs)| (name, compare(case, ours, theirs)));
        let compared: Vec<_> = compared.collect();
        let agrees = compared.iter().find(|(_, compared)| compared.is_ok()).filter(|_| contradiction);
        if let (Some((name, _)), Some(finding)) = (agrees, self.findings.first_mut()) {
            finding.message += &format!("; {} agrees with {name}", variant.name());
            return;
        }
        for (name, compared) in compared {
            self.note(Some(variant), "result", compared.map_err(|text| format!("against {name}: {text}")));
        }
    }

    fn note(&mut self, variant: Option<Variant>, class: &'static str, compared: Result<Option<Permitted>, String>) {
        match compared {
            Ok(permitted) => self.permitted.extend(permitted),
            Err(message) => self.findings.push(Finding { variant, message, class }),
        }
    }
}

fn compare(case: &Case, ours: &Trace, theirs: &Trace) -> Result<Option<Permitted>, String> {
    trace::compare(ours, theirs, &case.call_names(), &case.global_names())
}

fn failure_class(message: &str) -> &'static str {
    ["panics", "refuses", "not link", "ended early"]
        .into_iter()
        .find(|class| message.contains(class))
        .unwrap_or("failure")
}

/// Where modules that show a defect are kept.
pub fn artifacts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts")
}

/// Saves the case of a finding, as it is and as small as possible, and says how to see it again.
///
/// # Errors
/// When a file cannot be written.
pub fn save(bench: &Bench, name: &str, case: &Case, finding: &Finding) -> std::io::Result<String> {
    let directory = artifacts();
    std::fs::create_dir_all(&directory)?;
    let write = |extension: &str, wasm: &[u8]| -> std::io::Result<PathBuf> {
        let path = directory.join(format!("{name}{extension}.wasm"));
        std::fs::write(&path, wasm)?;
        if let Ok(text) = wasmprinter::print_bytes(wasm) {
            std::fs::write(path.with_extension("wat"), text)?;
        }
        Ok(path)
    };
    let whole = write("", &case.wasm)?;
    let small =
        shrink::shrink(&case.wasm, compiler::accepted_features(), |wasm| shows(bench, case.seed, wasm, finding));
    let path = if small.len() < case.wasm.len() { write(".min", &small)? } else { whole };
    Ok(format!("cargo run --release --manifest-path fuzz/Cargo.toml -- reproduce {}", path.display()))
}

/// Whether a module shows the same kind of defect, compiled in the same way, and ends everywhere.
fn shows(bench: &Bench, seed: u64, wasm: &[u8], finding: &Finding) -> bool {
    let Ok(case) = Case::new(seed, wasm.to_vec()) else { return false };
    let case = case.for_variant(finding.variant.unwrap_or(Variant::Default));
    let variants: Vec<Variant> = finding.variant.into_iter().collect();
    let verdict = bench.check(&case, wasm, &variants);
    let ends = !verdict.permitted.iter().any(|permitted| matches!(permitted, Permitted::Limit(_)));
    ends && verdict.findings.iter().any(|other| other.class == finding.class && other.variant == finding.variant)
}

/// Checks one case with all variants and tells what is found: a file, with the seed in its name, or `SOURCE:SEED`.
///
/// # Errors
/// When there is no such case.
pub fn reproduce(what: &str) -> Result<bool, String> {
    let case = if Path::new(what).exists() {
        let bytes = std::fs::read(what).map_err(|error| format!("{what}: {error}"))?;
        Case::new(seed_of(what), bytes).map_err(|error| format!("{what}: {error}"))?
    } else {
        source::case(what)?
    };
    let bench = Bench::new(&crate::archive::build()?)?;
    let variants = std::iter::once(Variant::Default).chain(Variant::others());
    let (stress, others): (Vec<Variant>, _) = variants.partition(|it| *it == Variant::HeapStress);
    let mut verdict = bench.check(&case, &case.wasm, &others);
    let case = case.for_variant(Variant::HeapStress);
    verdict.findings.extend(bench.check(&case, &case.wasm, &stress).findings);
    for finding in &verdict.findings {
        println!("{}: {}", finding.variant.map_or_else(|| "engines".to_string(), Variant::name), finding.message);
    }
    if let Some(finding) = verdict.findings.first().filter(|_| !Path::new(what).exists()) {
        let command = save(&bench, &what.replace(':', "-"), &case, finding).map_err(|error| error.to_string())?;
        println!("    {command}");
    }
    let engines = verdict.engines.count_ones();
    println!("{} findings, {} calls, {engines} engines", verdict.findings.len(), case.calls.len());
    Ok(verdict.findings.is_empty())
}

/// The number behind the last `-` of a file's name, which [`save`] puts there; else 0.
fn seed_of(path: &str) -> u64 {
    let digits = path.rsplit('-').next().unwrap_or_default();
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}
