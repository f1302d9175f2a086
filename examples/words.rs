//! Counts words: prints the most frequent ones of all files under a directory, or writes them to a file.
//!
//! Usage: words DIRECTORY [REPORT]

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

fn main() {
    if let Err(error) = run() {
        eprintln!("words: {error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let directory = args.next().ok_or("usage: words DIRECTORY [REPORT]")?;

    let mut counts = HashMap::new();
    count_words(Path::new(&directory), &mut counts).map_err(|error| format!("{directory}: {error}"))?;

    let mut words: Vec<(String, u32)> = counts.into_iter().collect();
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let lines: String = words.iter().take(10).map(|(word, count)| format!("{count:>6} {word}\n")).collect();
    match args.next() {
        Some(report) => fs::write(&report, lines).map_err(|error| format!("{report}: {error}"))?,
        None => print!("{lines}"),
    }
    Ok(())
}

/// Adds the words of every text file under `path`.
fn count_words(path: &Path, counts: &mut HashMap<String, u32>) -> std::io::Result<()> {
    if fs::metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            count_words(&entry?.path(), counts)?;
        }
    } else if let Ok(text) = fs::read_to_string(path) {
        for word in text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    Ok(())
}
