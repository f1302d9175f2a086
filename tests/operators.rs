//! Every numeric, vector and atomic operator compiles for every kind of processor, to code that calls nothing: a call that
//! Cranelift puts in an operator's place would not probe the stack, and clobber every vector register.

use std::collections::BTreeSet;
use std::path::Path;

use compiler::{Cpu, Input, OptLevel, Options, Target};
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionKind};

const X86_PROCESSORS: [&str; 7] = ["sse3", "ssse3", "sse41", "sse42", "x86-64-v2", "x86-64-v3", "x86-64-v4"];

const FILES: [&str; 3] = ["numeric.wat", "simd.wat", "atomic.wat"];

#[test]
fn operators_compile_to_code_without_calls() {
    for file in FILES {
        check(file, Target::X86_64Linux, Cpu::Baseline);
        for cpu in X86_PROCESSORS {
            check(file, Target::X86_64Linux, Cpu::Named(cpu.to_string()));
        }
        check(file, Target::Aarch64Linux, Cpu::Baseline);
    }
}

fn check(file: &str, target: Target, cpu: Cpu) {
    let bytes = read(file);
    for opt_level in [OptLevel::None, OptLevel::Speed] {
        let options = Options { target, cpu: cpu.clone(), opt_level, all_exports: true, ..Options::default() };
        let input = Input { name: "", file, bytes: &bytes };
        let output = compiler::compile(&[input], &options, &|_, _| {});
        let output = output.unwrap_or_else(|error| panic!("{target}, {cpu:?}, {opt_level:?}: {error}"));
        let object = object::File::parse(&*output.objects[0].bytes).expect("an object");
        let code = object.sections().filter(|section| section.kind() == SectionKind::Text);
        let symbols = code.flat_map(|section| section.relocations()).filter_map(|(_, at)| match at.target() {
            RelocationTarget::Symbol(index) => object.symbol_by_index(index).ok(),
            _ => None,
        });
        let wanted: BTreeSet<_> =
            symbols.filter(|symbol| symbol.is_undefined()).filter_map(|symbol| symbol.name().ok()).collect();
        assert_eq!(wanted, BTreeSet::new(), "{file} for {target}, {cpu:?}, {opt_level:?} calls");
    }
}

#[test]
fn the_files_have_every_operator() {
    let mut have = BTreeSet::new();
    for file in FILES {
        let module = wat::parse_bytes(&read(file)).expect("text format").into_owned();
        for payload in wasmparser::Parser::new(0).parse_all(&module) {
            let wasmparser::Payload::CodeSectionEntry(body) = payload.expect("a module") else { continue };
            for operator in body.get_operators_reader().expect("a body") {
                let name = format!("{:?}", operator.expect("an operator"));
                have.extend(name.split(' ').next().map(str::to_string));
            }
        }
    }
    let missing: Vec<_> = operators_on_numbers().into_iter().filter(|name| !have.contains(*name)).collect();
    assert_eq!(missing, [""; 0]);
}

/// Names in wasmparser of the operators with the types of numbers and vectors in their names.
fn operators_on_numbers() -> Vec<&'static str> {
    let mut names = Vec::new();
    macro_rules! collect {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($annotation:tt)*))*) => {
            $(
                let proposals =
                    ["mvp", "sign_extension", "saturating_float_to_int", "simd", "relaxed_simd", "wide_arithmetic", "threads"];
                let accepted = proposals.contains(&stringify!($proposal));
                let of_types = ["I8", "I16", "I32", "I64", "F32", "F64", "V128"];
                if accepted && of_types.iter().any(|ty| stringify!($op).starts_with(ty)) {
                    names.push(stringify!($op));
                }
            )*
        };
    }
    wasmparser::for_each_operator!(collect);
    names
}

fn read(file: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("operators").join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
