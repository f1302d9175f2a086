//! Modules of wasm-smith: any instruction in any combination, most of whose results go nowhere.

use crate::case::FUEL;
use crate::random::Random;
use crate::{rewrite, source};
use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmparser::WasmFeatures;

/// Most bytes of a memory: hashing them takes time.
const MEMORY_LIMIT: u64 = 4 << 16;

/// The module of a seed, with the proposals that the compiler accepts.
///
/// # Errors
/// When there is none, in words.
pub fn module(seed: u64) -> Result<Vec<u8>, String> {
    let mut random = Random::new(seed);
    let features = source::features(&mut random);
    let config = config(&mut random, features);
    let len = 1024 << random.below(4);
    let bytes: Vec<u8> = std::iter::repeat_with(|| random.next().to_le_bytes()).take(len / 8).flatten().collect();
    generate(config, &bytes)
}

/// The module that bytes stand for: the first eight choose proposals and sizes, the others instructions.
///
/// # Errors
/// When there are too few, in words.
pub fn module_of(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let (choice, rest) = bytes.split_first_chunk::<8>().ok_or("too few bytes")?;
    let mut random = Random::new(u64::from_le_bytes(*choice));
    let features = source::features(&mut random);
    generate(config(&mut random, features), rest)
}

fn generate(config: Config, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let module = Module::new(config, &mut Unstructured::new(bytes));
    let mut module = module.map_err(|error| format!("wasm-smith: {error}"))?;
    module.ensure_termination(0).map_err(|error| format!("wasm-smith: {error}"))?;
    rewrite::export_all(&module.to_bytes(), FUEL).map_err(|error| format!("wasm-smith: {error}"))
}

/// Each of the features is on in most modules.
fn config(random: &mut Random, features: WasmFeatures) -> Config {
    let mut on = |feature: WasmFeatures| features.contains(feature) && random.chance(85);
    let mut config = Config {
        bulk_memory_enabled: on(WasmFeatures::BULK_MEMORY),
        reference_types_enabled: on(WasmFeatures::REFERENCE_TYPES),
        simd_enabled: on(WasmFeatures::SIMD),
        multi_value_enabled: on(WasmFeatures::MULTI_VALUE),
        saturating_float_to_int_enabled: on(WasmFeatures::SATURATING_FLOAT_TO_INT),
        sign_extension_ops_enabled: on(WasmFeatures::SIGN_EXTENSION),
        tail_call_enabled: on(WasmFeatures::TAIL_CALL),
        extended_const_enabled: on(WasmFeatures::EXTENDED_CONST),
        memory64_enabled: on(WasmFeatures::MEMORY64),
        relaxed_simd_enabled: on(WasmFeatures::RELAXED_SIMD),
        exceptions_enabled: on(WasmFeatures::EXCEPTIONS),
        gc_enabled: on(WasmFeatures::GC) && features.contains(WasmFeatures::FUNCTION_REFERENCES),
        threads_enabled: on(WasmFeatures::THREADS),
        wide_arithmetic_enabled: on(WasmFeatures::WIDE_ARITHMETIC),
        custom_page_sizes_enabled: on(WasmFeatures::CUSTOM_PAGE_SIZES),
        compact_imports_enabled: false,
        max_memories: if on(WasmFeatures::MULTI_MEMORY) { 3 } else { 1 },
        ..Config::default()
    };
    config.relaxed_simd_enabled &= config.simd_enabled;
    config.gc_enabled &= config.reference_types_enabled;
    config.max_tables = if config.reference_types_enabled { 3 } else { 1 };
    config.canonicalize_nans = true;
    config.disallow_traps = random.chance(60);
    config.max_imports = 0;
    config.max_exports = 0;
    config.min_types = 4;
    config.min_funcs = 2;
    config.max_funcs = 2 + random.below(8);
    config.max_instructions = 50 << random.below(5);
    config.max_globals = 8;
    config.max_data_segments = 4;
    config.max_element_segments = 6;
    config.max_elements = 12;
    config.max_types = 12;
    config.max_tags = 4;
    config.min_memories = u32::from(random.chance(80));
    config.max_memory32_bytes = MEMORY_LIMIT;
    config.max_memory64_bytes = MEMORY_LIMIT.into();
    config.memory_max_size_required = true;
    config.max_table_elements = 100;
    config.table_max_size_required = true;
    config.allow_start_export = random.chance(20);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_stand_for_modules() {
        let mut random = Random::new(1);
        let mut instructions = 0;
        for _ in 0..50 {
            let bytes: Vec<u8> = (0..4000).map(|_| random.below(256) as u8).collect();
            let module = module_of(&bytes).expect("a module");
            wasmparser::Validator::new_with_features(compiler::accepted_features())
                .validate_all(&module)
                .expect("a valid one");
            instructions += module.len();
        }
        assert!(instructions > 50 * 500, "{instructions} bytes");
    }
}
