//! Proof that miscompilations are found: a defect is put into the module that this product compiles, one instruction is replaced by
//! a similar one, while the other engines run the module as it is.

use crate::archive;
use crate::case::Case;
use crate::code::Code;
use crate::engines::native::Variant;
use crate::finding::Bench;
use crate::random::Random;
use crate::source::Source;

/// A way to miscompile.
struct Defect {
    /// Its name on the command line.
    name: &'static str,
    /// What instructions it is about begin with.
    from: &'static [u8],
    /// What becomes of one.
    change: Change,
}

enum Change {
    /// The opcode becomes this one.
    Opcode(&'static [u8]),
    /// The opcode of a store becomes that of one that takes any alignment.
    Narrow(u8),
    /// These instructions come before.
    Before(&'static [u8]),
    /// It becomes these instructions.
    Instead(&'static [u8]),
}

/// Defects of every kind of instruction.
const DEFECTS: &[Defect] = &[
    Defect { name: "shr-unsigned", from: &[0x75], change: Change::Opcode(&[0x76]) },
    Defect { name: "load8-unsigned", from: &[0x2c], change: Change::Opcode(&[0x2d]) },
    Defect { name: "load16-unsigned-64", from: &[0x32], change: Change::Opcode(&[0x33]) },
    Defect { name: "rotl-right", from: &[0x77], change: Change::Opcode(&[0x78]) },
    Defect { name: "rotl-64-by-one-more", from: &[0x89], change: Change::Before(&[0x42, 1, 0x7c]) },
    Defect { name: "br-table-off-by-one", from: &[0x0e], change: Change::Before(&[0x41, 1, 0x6a]) },
    Defect { name: "extend-unsigned", from: &[0xac], change: Change::Opcode(&[0xad]) },
    Defect { name: "wrap-forgotten", from: &[0xad], change: Change::Opcode(&[0xac]) },
    Defect { name: "store-narrowed", from: &[0x37], change: Change::Narrow(0x3e) },
    Defect { name: "less-or-equal", from: &[0x4c], change: Change::Opcode(&[0x48]) },
    Defect { name: "less-unsigned", from: &[0x48], change: Change::Opcode(&[0x49]) },
    Defect { name: "select-swapped", from: &[0x1b], change: Change::Before(&[0x45]) },
    Defect { name: "branch-inverted", from: &[0x0d], change: Change::Before(&[0x45]) },
    Defect { name: "divide-unsigned", from: &[0x6d], change: Change::Opcode(&[0x6e]) },
    // Truncation that saturates; truncation of another type, which traps on other numbers.
    Defect { name: "trap-lost", from: &[0xa8], change: Change::Opcode(&[0xfc, 0x00]) },
    Defect { name: "trap-wrong", from: &[0xaa], change: Change::Instead(&[0xb6, 0xa8]) },
    Defect { name: "nearest-up", from: &[0x90], change: Change::Instead(&[0x43, 0, 0, 0, 0x3f, 0x92, 0x8e]) },
    Defect { name: "min-is-max", from: &[0x96], change: Change::Opcode(&[0x97]) },
    Defect { name: "convert-through-f32", from: &[0xb7], change: Change::Instead(&[0xb2, 0xbb]) },
    Defect { name: "convert-unsigned-as-signed", from: &[0xba], change: Change::Opcode(&[0xb9]) },
    Defect { name: "clz-is-ctz", from: &[0x79], change: Change::Opcode(&[0x7a]) },
    Defect { name: "fill-one-less", from: &[0xfc, 0x0b], change: Change::Before(&[0x41, 1, 0x6b]) },
    Defect { name: "vector-extend-unsigned", from: &[0xfd, 0x87, 0x01], change: Change::Opcode(&[0xfd, 0x89, 0x01]) },
    Defect { name: "vector-shift-unsigned", from: &[0xfd, 0xac, 0x01], change: Change::Opcode(&[0xfd, 0xad, 0x01]) },
    Defect { name: "array-get-unsigned", from: &[0xfb, 0x0c], change: Change::Opcode(&[0xfb, 0x0d]) },
    Defect { name: "struct-get-unsigned", from: &[0xfb, 0x03], change: Change::Opcode(&[0xfb, 0x04]) },
    Defect { name: "i31-unsigned", from: &[0xfb, 0x1d], change: Change::Opcode(&[0xfb, 0x1e]) },
    Defect { name: "test-forgets-null", from: &[0xfb, 0x15], change: Change::Opcode(&[0xfb, 0x14]) },
    Defect { name: "throw-is-a-trap", from: &[0x08], change: Change::Instead(&[0x00]) },
    Defect { name: "vector-narrow-unsigned", from: &[0xfd, 0x65], change: Change::Opcode(&[0xfd, 0x66]) },
];

/// Puts each defect, or the one of this name, into the modules of a source until it is found, and prints after how many cases that
/// had it. Whether all were found within `cases` cases.
///
/// # Errors
/// When there is no such defect, or no case can be run.
pub fn inject(name: &str, source: Source, seed: u64, cases: u64) -> Result<bool, String> {
    let defects: Vec<&Defect> = DEFECTS.iter().filter(|defect| name == "all" || defect.name == name).collect();
    if defects.is_empty() {
        let names: Vec<&str> = DEFECTS.iter().map(|defect| defect.name).collect();
        return Err(format!("no defect \"{name}\"; there are all, {}", names.join(", ")));
    }
    let bench = Bench::new(&archive::build()?)?;
    let mut all = true;
    for defect in defects {
        let found = find(&bench, defect, source, seed, cases)?;
        println!("{:28} {found}", defect.name);
        all &= !found.starts_with("not");
    }
    Ok(all)
}

fn find(bench: &Bench, defect: &Defect, source: Source, seed: u64, cases: u64) -> Result<String, String> {
    let mut with = 0;
    for number in 0..cases {
        let case = source.case((seed << 32) + number)?;
        let Some(wasm) = put_in(defect, &case) else { continue };
        with += 1;
        if let Some(finding) = bench.check(&case, &wasm, &[Variant::Default]).findings.first() {
            return Ok(format!("found in case {} of those that have it, {}: {}", with, number + 1, finding.message));
        }
    }
    Ok(format!("not found in {with} cases that have it, of {cases}"))
}

/// The module with the defect in one place; `None` when there is no place for it.
fn put_in(defect: &Defect, case: &Case) -> Option<Vec<u8>> {
    let mut code = Code::read(&case.wasm).ok()?;
    let places: Vec<(usize, usize)> = code
        .bodies
        .iter()
        .enumerate()
        .flat_map(|(body, it)| (0..it.instructions.len()).map(move |at| (body, at)))
        .filter(|(body, at)| code.bodies[*body].instructions[*at].starts_with(defect.from))
        .collect();
    if places.is_empty() {
        return None;
    }
    let (body, at) = Random::new(case.seed).pick(&places);
    let instruction = &mut code.bodies[body].instructions[at];
    let rest = instruction[defect.from.len()..].to_vec();
    *instruction = match defect.change {
        Change::Opcode(opcode) => [opcode, &rest].concat(),
        // The first byte of the rest holds the alignment, and whether a memory is named.
        Change::Narrow(opcode) => [&[opcode, rest[0] & 0x40], &rest[1..]].concat(),
        Change::Before(before) => [before, instruction].concat(),
        Change::Instead(instead) => instead.to_vec(),
    };
    let wasm = code.write();
    wasmparser::Validator::new_with_features(compiler::accepted_features()).validate_all(&wasm).ok()?;
    Some(wasm)
}
