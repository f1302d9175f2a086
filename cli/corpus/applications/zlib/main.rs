//! zlib, in C: a text deflated at three levels, and inflated.

use flate2::{Compression, read::ZlibDecoder, read::ZlibEncoder};
use std::io::Read;

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
    let text = text(2 << 20);
    for level in [1, 6, 9] {
        let mut packed = Vec::new();
        ZlibEncoder::new(&text[..], Compression::new(level)).read_to_end(&mut packed).expect("deflates");
        for _ in 0..3 {
            let mut unpacked = Vec::new();
            ZlibDecoder::new(&packed[..]).read_to_end(&mut unpacked).expect("inflates");
            assert!(unpacked == text);
        }
        let sum = packed.iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
        println!("level {level}: {} bytes, {sum:08x}", packed.len());
    }
}
