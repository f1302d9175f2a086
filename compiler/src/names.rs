//! Function names as people and linkers see them.

/// Longest name kept, in bytes; names come from the module and may be anything.
const LIMIT: usize = 512;

/// The name in its source language, control characters replaced, cut to a bounded length.
pub fn demangle(name: &str) -> String {
    let demangled = match rustc_demangle::try_demangle(name) {
        Ok(demangled) => format!("{demangled:#}"),
        Err(_) if name.len() <= LIMIT && name.starts_with("_Z") => {
            let symbol = cpp_demangle::Symbol::new(name).ok();
            symbol.and_then(|symbol| symbol.demangle().ok()).unwrap_or_else(|| name.to_string())
        }
        Err(_) => name.to_string(),
    };
    printable(&demangled)
}

/// The name as a local linker symbol: no NUL, no version separator, bounded.
pub fn symbol(name: &str) -> String {
    printable(name).replace('@', "_")
}

fn printable(name: &str) -> String {
    let mut printable = String::with_capacity(name.len().min(LIMIT));
    for character in name.chars().map(|character| if character.is_control() { '?' } else { character }) {
        if printable.len() + character.len_utf8() > LIMIT {
            break;
        }
        printable.push(character);
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_readable() {
        assert_eq!(demangle("_ZN4core3fmt5write17h0123456789abcdefE"), "core::fmt::write");
        assert_eq!(
            demangle("_ZNSt6vectorIiSaIiEE9push_backEOi"),
            "std::vector<int, std::allocator<int> >::push_back(int&&)"
        );
        assert_eq!(demangle("main"), "main");
    }

    #[test]
    fn hostile_names_are_harmless() {
        assert_eq!(demangle("a\0b\n\u{1b}[31m"), "a?b??[31m");
        assert_eq!(symbol("f@GOT"), "f_GOT");
        assert_eq!(demangle(&"x".repeat(100_000)).len(), LIMIT);
    }
}
