//! Inputs whose code is right and whose rest is not: custom sections that name things and lead to source files, and components.

/// Custom sections that the compiler reads, or might.
const NAMES: [&str; 12] = [
    "name",
    ".debug_info",
    ".debug_abbrev",
    ".debug_line",
    ".debug_str",
    ".debug_line_str",
    ".debug_ranges",
    ".debug_rnglists",
    ".debug_addr",
    "producers",
    "target_features",
    "linking",
];

/// A module of two functions, one that calls the other and loads.
const MODULE: &[u8] =
    b"\0asm\x01\0\0\0\x01\x06\x01\x60\x01\x7f\x01\x7f\x03\x03\x02\0\0\x05\x03\x01\0\x01\x07\x07\x01\x03run\0\0\
    \x0a\x10\x02\x06\0\x20\0\x10\x01\x0b\x07\0\x20\0\x2d\0\0\x0b";

/// What a component begins with.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The input that bytes stand for: each piece, a byte that chooses and one that is a length, is a custom section of a module; or
/// all of them but the first are a component.
pub fn input(bytes: &[u8]) -> Vec<u8> {
    if let [0xff, component @ ..] = bytes {
        return [COMPONENT, component].concat();
    }
    let mut module = MODULE.to_vec();
    let mut rest = bytes;
    while let [choice, len, behind @ ..] = rest {
        let (contents, behind) = behind.split_at(usize::from(*len).min(behind.len()));
        let name = NAMES[usize::from(*choice) % NAMES.len()];
        let size = 1 + name.len() + contents.len();
        // The length in two bytes.
        module.extend([0, size as u8 | 0x80, (size >> 7) as u8, name.len() as u8]);
        module.extend(name.as_bytes());
        module.extend(contents);
        rest = behind;
    }
    module
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_module_is_right() {
        let sections = input(&[&[9, 3, 1, 2, 3, 10, 200][..], &[0; 150]].concat());
        for module in [input(&[]), sections] {
            wasmparser::validate(&module).expect("a module");
        }
        assert!(wasmparser::Parser::is_component(&input(&[0xff])));
    }
}
