//! LZ4, in Rust: a text compressed and decompressed many times.

use lz4_flex::block::{compress, decompress};

/// Words in an order that some of them prefer to others, as in a language.
fn text(length: usize) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "the ", "a ", "of ", "and ", "module ", "function ", "memory ", "table ", "is ", "loads ", "stores ", "calls ",
        "compiler ", "\n", "native ", "which ",
    ];
    let (mut text, mut state) = (Vec::with_capacity(length + 16), 1u32);
    while text.len() < length {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        let word = (state >> 28) & (state >> 20);
        text.extend_from_slice(WORDS[word as usize % 16].as_bytes());
        if state >> 8 & 31 == 0 {
            text.extend_from_slice((state >> 13).to_string().as_bytes());
        }
    }
    text.truncate(length);
    text
}

fn main() {
    let text = text(4 << 20);
    let mut sum = 0u32;
    for round in 0..40 {
        // The hash, and so the size, depends on the width of pointers.
        let packed = compress(&text[round * 1000..]);
        assert!(packed.len() < text.len() / 2);
        let unpacked = decompress(&packed, text.len()).expect("decompresses");
        sum = unpacked.iter().step_by(97).fold(sum, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    }
    println!("{sum:08x}");
}
