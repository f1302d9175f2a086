//! A directory of a hundred thousand files, read in small pieces.
//!
//! flags: --dir tmp::/
//! setup: mkdir tmp && cd tmp && seq 100000 | xargs touch
//! peer: it reads the whole directory for each piece

#[path = "support/preview1.rs"]
mod preview1;

use preview1::*;

fn main() {
    const COUNT: usize = 100_000;
    let mut seen = vec![false; COUNT + 1];
    for entry in list(ROOT, 128) {
        if !entry.name.starts_with(b".") {
            let number: usize = std::str::from_utf8(&entry.name).unwrap().parse().unwrap();
            assert!(!std::mem::replace(&mut seen[number], true), "{number} twice");
        }
    }
    assert_eq!(seen.iter().filter(|seen| **seen).count(), COUNT);
    assert_eq!(std::fs::read_dir("/").unwrap().count(), COUNT);
}
