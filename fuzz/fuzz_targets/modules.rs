//! libFuzzer: the compiler takes any valid module, and the code it makes stays in its sandbox. wasm-smith makes modules out of bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasm2exe_fuzz::{damage, smith};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(module) = smith::module_of(bytes) {
        damage::judge(&module);
    }
});
