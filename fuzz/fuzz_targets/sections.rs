//! libFuzzer: names, debug information and components of any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasm2exe_fuzz::{damage, sections};

fuzz_target!(|bytes: &[u8]| {
    damage::judge(&sections::input(bytes));
});
