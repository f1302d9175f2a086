//! Which proposal it would take to accept a module that is refused.

use wasmparser::{FuncValidatorAllocations, Parser, ValidPayload, Validator, WasmFeatures};

/// Proposals beyond WebAssembly 2.0, by the names under which they are known.
const PROPOSALS: &[(WasmFeatures, &str)] = &[
    (WasmFeatures::EXTENDED_CONST, "extended constant expressions"),
    (WasmFeatures::TAIL_CALL, "tail call"),
    (WasmFeatures::FUNCTION_REFERENCES, "typed function references"),
    (WasmFeatures::GC, "garbage collection"),
    (WasmFeatures::EXCEPTIONS, "exception handling"),
    (WasmFeatures::LEGACY_EXCEPTIONS, "legacy exception handling"),
    (WasmFeatures::MULTI_MEMORY, "multiple memories"),
    (WasmFeatures::MEMORY64, "memory64"),
    (WasmFeatures::RELAXED_SIMD, "relaxed SIMD"),
    (WasmFeatures::THREADS, "threads"),
    (WasmFeatures::CUSTOM_PAGE_SIZES, "custom page sizes"),
    (WasmFeatures::WIDE_ARITHMETIC, "wide arithmetic"),
    (WasmFeatures::COMPACT_IMPORTS, "compact import section"),
    (WasmFeatures::STACK_SWITCHING, "stack switching"),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors"),
    (WasmFeatures::MULTIBYTE_ARRAY_ACCESS, "multibyte array access"),
    (WasmFeatures::ACQUIRE_RELEASE_ATOMICS, "acquire-release atomics"),
    (WasmFeatures::MEMORY_CONTROL, "memory control"),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared-everything threads"),
];

/// The proposals that are not `accepted` and without which a module is refused at `offset`. Empty when it is with all of them.
pub fn missing(bytes: &[u8], accepted: WasmFeatures, offset: u64) -> Vec<&'static str> {
    if !is_valid_up_to(bytes, WasmFeatures::all(), offset) {
        return Vec::new();
    }
    let candidates = || PROPOSALS.iter().filter(|(feature, _)| !accepted.contains(*feature));
    let names = |proposals: Vec<&(WasmFeatures, &'static str)>| proposals.iter().map(|(_, name)| *name).collect();
    let necessary: Vec<_> =
        candidates().filter(|(feature, _)| !is_valid_up_to(bytes, WasmFeatures::all() & !*feature, offset)).collect();
    if !necessary.is_empty() {
        return names(necessary);
    }
    // None is necessary: there are several, and each of them is enough.
    let sufficient = candidates().find(|(feature, _)| is_valid_up_to(bytes, accepted | *feature, offset));
    names(sufficient.into_iter().collect())
}

/// Whether a module is valid up to and including `offset`. Of function bodies the one there is looked at alone.
fn is_valid_up_to(bytes: &[u8], features: WasmFeatures, offset: u64) -> bool {
    let mut validator = Validator::new_with_features(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        let judged = payload.and_then(|payload| match validator.payload(&payload)? {
            ValidPayload::Func(to_validate, body) if body.range().start <= offset && offset <= body.range().end => {
                to_validate.into_validator(FuncValidatorAllocations::default()).validate(&body)
            }
            _ => Ok(()),
        });
        if let Err(error) = judged {
            return error.offset() > offset;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a module needs beyond WebAssembly 2.0.
    fn needs(text: &str) -> Vec<&'static str> {
        let bytes = wat::parse_str(text).unwrap();
        let accepted = WasmFeatures::WASM2;
        let error = Validator::new_with_features(accepted).validate_all(&bytes).err().unwrap();
        missing(&bytes, accepted, error.offset())
    }

    #[test]
    fn the_proposal_behind_a_construct() {
        for (text, expected) in [
            ("(global i32 (i32.add (i32.const 1) (i32.const 2)))", "extended constant expressions"),
            ("(func return_call 0)", "tail call"),
            ("(type (func)) (func (param (ref 0)))", "typed function references"),
            ("(type (struct))", "garbage collection"),
            ("(func (param anyref))", "garbage collection"),
            ("(tag)", "exception handling"),
            ("(func try catch_all end)", "legacy exception handling"),
            ("(memory 1) (memory 1)", "multiple memories"),
            ("(memory i64 1)", "memory64"),
            ("(table i64 1 funcref)", "memory64"),
            ("(func (drop (f32x4.relaxed_min (v128.const i64x2 0 0) (v128.const i64x2 0 0))))", "relaxed SIMD"),
            ("(memory 1 1 shared)", "threads"),
            ("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", "threads"),
            ("(memory 1 (pagesize 1))", "custom page sizes"),
            ("(func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u)", "wide arithmetic"),
            ("(type (func)) (type (cont 0))", "stack switching"),
            ("(global (shared i32) (i32.const 0))", "shared-everything threads"),
        ] {
            assert_eq!(needs(text), [expected], "{text}");
        }
    }

    #[test]
    fn one_place_can_need_several() {
        assert_eq!(needs("(memory i64 1 1 shared)"), ["memory64", "threads"]);
    }

    #[test]
    fn the_first_place_counts() {
        assert_eq!(needs("(memory 1) (memory 1) (func return_call 0)"), ["multiple memories"]);
        assert_eq!(needs("(func return_call 0) (func try catch_all end)"), ["tail call"]);
    }

    #[test]
    fn every_proposal_has_a_name() {
        let named = PROPOSALS.iter().fold(WasmFeatures::WASM2, |all, (feature, _)| all | *feature);
        let others: Vec<_> = (WasmFeatures::all() & !named).iter_names().map(|(name, _)| name).collect();
        let is_component = |name: &&str| name.starts_with("CM") || *name == "COMPONENT_MODEL";
        assert_eq!(others.into_iter().filter(|name| !is_component(name)).collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn no_proposal_helps_what_is_wrong() {
        assert!(needs("(func (result i32))").is_empty());
    }
}
