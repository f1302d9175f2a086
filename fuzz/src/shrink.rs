//! Makes a module smaller while something about it stays true: removes sections, empties functions, removes or replaces runs of
//! instructions, as long as the module stays valid.

use crate::code::Code;
use std::time::{Duration, Instant};
use wasm_encoder::SectionId;
use wasmparser::{Validator, WasmFeatures};

/// What a run of instructions is replaced by: nothing, a value of each type, or the end of all.
const REPLACEMENTS: [&[u8]; 8] = [
    &[],
    &[0x00],
    &[0x41, 0x00],
    &[0x42, 0x00],
    &[0x43, 0, 0, 0, 0],
    &[0x44, 0, 0, 0, 0, 0, 0, 0, 0],
    &[0x1a],
    &[0x1a, 0x1a, 0x41, 0x00],
];

/// Runs longer than this are not tried at every place.
const LONG: usize = 12;

/// How long it may take.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Returns the smallest module found for which `is_interesting` is true, as it is for `wasm`.
pub fn shrink(wasm: &[u8], features: WasmFeatures, mut is_interesting: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let Ok(code) = Code::read(wasm) else { return wasm.to_vec() };
    let start = Instant::now();
    let mut keeps = |code: &Code| {
        if start.elapsed() > TIME_LIMIT {
            return false;
        }
        let wasm = code.write();
        Validator::new_with_features(features).validate_all(&wasm).is_ok() && is_interesting(&wasm)
    };
    let mut best = code;
    loop {
        let before = best.write().len();
        remove_sections(&mut best, &mut keeps);
        empty_bodies(&mut best, &mut keeps);
        shorten_bodies(&mut best, &mut keeps);
        let after = best.write().len();
        if after >= before {
            return best.write();
        }
    }
}

fn remove_sections(best: &mut Code, keeps: &mut impl FnMut(&Code) -> bool) {
    let mut at = 0;
    while at < best.sections.len() {
        let mut candidate = best.clone();
        let (id, _) = candidate.sections.remove(at);
        if id != SectionId::Code as u8 && keeps(&candidate) {
            *best = candidate;
        } else {
            at += 1;
        }
    }
}

fn empty_bodies(best: &mut Code, keeps: &mut impl FnMut(&Code) -> bool) {
    for at in 0..best.bodies.len() {
        if best.bodies[at].instructions.len() > 2 {
            let mut candidate = best.clone();
            candidate.bodies[at].instructions = vec![vec![0x00], vec![0x0b]];
            if keeps(&candidate) {
                *best = candidate;
            }
        }
    }
}

/// Runs of many lengths, long ones first.
fn shorten_bodies(best: &mut Code, keeps: &mut impl FnMut(&Code) -> bool) {
    for body in 0..best.bodies.len() {
        let mut len = best.bodies[body].instructions.len();
        while len > 0 {
            let mut at = 0;
            while at + len < best.bodies[body].instructions.len() {
                if !replace(best, body, at, len, keeps) {
                    at += if len > LONG { len / 4 } else { 1 };
                }
            }
            len = if len > LONG { len / 2 } else { len - 1 };
        }
    }
}

/// Replaces a run by nothing or something shorter, if that keeps what is wanted.
fn replace(best: &mut Code, body: usize, at: usize, len: usize, keeps: &mut impl FnMut(&Code) -> bool) -> bool {
    let old = best.bodies[body].instructions[at..at + len].to_vec();
    let bytes: usize = old.iter().map(Vec::len).sum();
    for replacement in REPLACEMENTS.iter().filter(|replacement| replacement.len() < bytes) {
        let new: Vec<Vec<u8>> = (!replacement.is_empty()).then(|| replacement.to_vec()).into_iter().collect();
        let count = new.len();
        best.bodies[body].instructions.splice(at..at + len, new);
        if keeps(best) {
            return true;
        }
        best.bodies[body].instructions.splice(at..at + count, old.clone());
    }
    false
}
