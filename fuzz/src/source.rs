//! Where modules come from.

use crate::case::Case;
use crate::random::Random;
use crate::{own, smith};
use std::str::FromStr;
use wasmparser::WasmFeatures;

/// A generator of modules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// wasm-smith.
    Smith,
    /// The generator here.
    Own,
}

impl Source {
    /// All of them.
    pub const ALL: [Source; 2] = [Source::Smith, Source::Own];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Source::Smith => "smith",
            Source::Own => "own",
        }
    }

    /// The case of a seed.
    ///
    /// # Errors
    /// When the generator has none, in words.
    pub fn case(self, seed: u64) -> Result<Case, String> {
        let wasm = match self {
            Source::Smith => smith::module(seed)?,
            Source::Own => own::module(seed),
        };
        Case::new(seed, wasm)
            .map_err(|error| format!("{}:{seed}: the generator makes an invalid module: {error}", self.name()))
    }
}

/// The proposals for a module: half of the modules do without those that only one engine knows.
pub fn features(random: &mut Random) -> WasmFeatures {
    let rare = WasmFeatures::GC
        | WasmFeatures::FUNCTION_REFERENCES
        | WasmFeatures::EXCEPTIONS
        | WasmFeatures::LEGACY_EXCEPTIONS
        | WasmFeatures::THREADS;
    let accepted = compiler::accepted_features();
    match random.below(100) {
        0..50 => accepted - rare,
        50..58 => accepted,
        _ => accepted - WasmFeatures::THREADS,
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(name: &str) -> Result<Source, String> {
        Source::ALL.into_iter().find(|source| source.name() == name).ok_or_else(|| format!("no source \"{name}\""))
    }
}

/// The case of `SOURCE:SEED`.
///
/// # Errors
/// When there is none, in words.
pub fn case(what: &str) -> Result<Case, String> {
    let (source, seed) = what.split_once(':').ok_or_else(|| format!("{what}: no such file, and not SOURCE:SEED"))?;
    let seed = seed.parse().map_err(|error| format!("{seed}: {error}"))?;
    source.parse::<Source>()?.case(seed)
}
