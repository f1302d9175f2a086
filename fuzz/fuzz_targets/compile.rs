//! libFuzzer: the compiler takes any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wasm2exe_fuzz::damage;

fuzz_target!(|bytes: &[u8]| {
    damage::judge(bytes);
});
