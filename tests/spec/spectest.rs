//! The module `spectest` that the runner provides.

use crate::script::Module;

/// The name that scripts import it by.
pub const NAME: &str = "spectest";

/// What every script may import.
const TEXT: &str = include_str!("spectest.wat");

/// The memory that the threads proposal adds to it.
const SHARED_MEMORY: &str = "shared_memory";

/// How much of it is imported, in increasing order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spectest {
    /// Nothing.
    Unused,
    /// What has been there from the first.
    Basic,
    /// The shared memory, too. Not part of the basic form: that would be a second memory in every program.
    Shared,
}

impl Spectest {
    /// What of it is imported by a module with these imports as (module, name).
    pub fn imported(imports: &[(String, String)]) -> Spectest {
        let part = |name: &str| if name == SHARED_MEMORY { Spectest::Shared } else { Spectest::Basic };
        let parts = imports.iter().filter(|(module, _)| module == NAME).map(|(_, name)| part(name));
        parts.max().unwrap_or(Spectest::Unused)
    }

    /// The module, unless unused.
    pub fn module(self) -> Option<Module> {
        let text = match self {
            Spectest::Unused => return None,
            Spectest::Basic => TEXT.to_string(),
            Spectest::Shared => {
                let fields = TEXT.trim_end().strip_suffix(')').expect("spectest.wat is one module");
                format!("{fields}(memory (export \"{SHARED_MEMORY}\") 1 2 shared))")
            }
        };
        Some(Module { name: NAME.into(), line: 0, bytes: text.into_bytes().into() })
    }
}
