//! Takes guards out of compiled code, one at a time, and expects the verifier to notice each; and verifies what compiling makes of the
//! modules of other tests, in every mode.

use std::path::Path;

use compiler::{Input, MemoryBase, MemoryStrategy, OptLevel, Options};
use iced_x86::{Code, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use object::{Object, ObjectSection};
use verify::{Finding, Problem, Report};

/// Compiles a module for the default of memories or another one.
fn compile(text: &str, options: &Options) -> Vec<u8> {
    let input = Input { name: "", file: "injection.wat", bytes: text.as_bytes() };
    let output = compiler::compile(&[input], options, &|_, _| ()).expect("the module is right");
    output.objects.into_iter().next().expect("one object").bytes
}

fn options() -> Options {
    Options { all_exports: true, threads: 1, ..Options::default() }
}

/// The code of an object: where it is in the file, and its instructions one after the other.
fn code(object: &[u8]) -> (usize, Vec<Instruction>) {
    let file = object::File::parse(object).expect("an object");
    let section = file.section_by_name(".text").expect("code");
    let (start, size) = section.file_range().expect("code in the file");
    let bytes = &object[start as usize..][..size as usize];
    (start as usize, Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE).iter().collect())
}

/// Writes over every instruction that is `wanted` with bytes of the same length.
fn replace(object: &mut [u8], wanted: impl Fn(&Instruction) -> bool, with: impl Fn(&Instruction) -> Vec<u8>) {
    let (start, instructions) = code(object);
    let mut count = 0;
    for instruction in instructions.iter().filter(|instruction| wanted(instruction)) {
        let bytes = with(instruction);
        assert_eq!(bytes.len(), instruction.len(), "{instruction}");
        object[start + instruction.ip() as usize..][..bytes.len()].copy_from_slice(&bytes);
        count += 1;
    }
    assert!(count > 0, "no such instruction in\n{}", listing(object));
}

fn listing(object: &[u8]) -> String {
    let (_, instructions) = code(object);
    instructions.iter().map(|instruction| format!("{:x} {instruction}\n", instruction.ip())).collect()
}

fn nops(instruction: &Instruction) -> Vec<u8> {
    vec![0x90; instruction.len()]
}

fn verified(object: &[u8]) -> Report {
    verify::verify(&[object]).expect("an object of the compiler")
}

/// Verifies as it is, then with a guard taken out.
fn check(text: &str, options: &Options, inject: impl Fn(&mut Vec<u8>), expected: impl Fn(&Problem) -> bool) {
    let mut object = compile(text, options);
    let report = verified(&object);
    assert_eq!(report.findings, Vec::<Finding>::new(), "{}", listing(&object));
    inject(&mut object);
    let findings = verified(&object).findings;
    assert!(findings.iter().any(|finding| expected(&finding.problem)), "{findings:?} in\n{}", listing(&object));
}

fn is_access(problem: &Problem) -> bool {
    matches!(problem, Problem::Access(_))
}

fn is_indirect(problem: &Problem) -> bool {
    matches!(problem, Problem::IndirectBranch(_))
}

const LOAD: &str =
    r#"(module (memory 1) (func (export "load") (param i32) (result i32) (i32.load offset=16 (local.get 0))))"#;
const TABLE: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (table 4 4 funcref) (elem (i32.const 0) $f $f $g)
    (func $f (type $t) (local.get 0)) (func $g (result i32) (i32.const 1))
    (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 0))))"#;
const SWITCH: &str = r#"(module (func (export "switch") (param i32) (result i32)
    (block (block (block (block (br_table 0 1 2 0 1 3 (local.get 0))) (return (i32.const 10)))
    (return (i32.const 20))) (return (i32.const 30))) (i32.const 40)))"#;
const SUM: &str = r#"(module (memory 1) (func (export "add") (param $a i32) (param $b i32) (param $n i32)
    (loop $l
      (i32.store (local.get $b) (i32.add (i32.load (local.get $a)) (i32.const 5)))
      (local.set $a (i32.add (local.get $a) (i32.const 4)))
      (local.set $b (i32.add (local.get $b) (i32.const 4)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"#;

#[test]
fn a_missing_zero_extension() {
    let extension = |it: &Instruction| it.code() == Code::Mov_r32_rm32 || it.code() == Code::Mov_rm32_r32;
    let register =
        |it: &Instruction| extension(it) && it.op1_kind() == OpKind::Register && it.op1_register() == Register::EDI;
    check(LOAD, &options(), |object| replace(object, register, nops), is_access);
}

#[test]
fn a_wider_move_in_place_of_a_zero_extension() {
    // `mov esi, edi` in a loop of its own is two bytes, `mov rsi, rdi` three: the access that follows is three bytes shorter then.
    let text = LOAD.replace("i32.load offset=16", "i32.load8_u offset=16");
    let extension = |it: &Instruction| {
        it.mnemonic() == Mnemonic::Mov && it.op1_kind() == OpKind::Register && it.op1_register() == Register::EDI
    };
    // `movsxd` of the index, in place of `mov` and a prefix that does nothing.
    check(&text, &options(), |object| replace(object, extension, |_| vec![0xff, 0xc7]), is_access);
}

#[test]
fn a_displacement_beyond_the_guard() {
    let access = |it: &Instruction| it.mnemonic() == Mnemonic::Mov && it.memory_displacement64() == 0x10010;
    let far = |it: &Instruction| {
        let mut bytes = vec![0x8b, 0x80 | (it.op0_register().number() as u8) << 3 | it.memory_base().number() as u8];
        bytes.extend((-0x7fff_0000_i32).to_le_bytes());
        bytes
    };
    check(LOAD, &options(), |object| replace(object, access, far), is_access);
}

#[test]
fn a_reservation_that_is_too_small() {
    let shrink = |object: &mut Vec<u8>| {
        let wide = abi::layout::GUARDED_RESERVATION.to_le_bytes();
        let at = object.windows(8).position(|bytes| bytes == wide).expect("a memory's structure");
        object[at..at + 8].copy_from_slice(&(1u64 << 32).to_le_bytes());
    };
    check(LOAD, &options(), shrink, is_access);
}

#[test]
fn a_comparison_left_out() {
    let checked = Options { memory: MemoryStrategy::Checked, ..options() };
    let clamp = |it: &Instruction| it.mnemonic() == Mnemonic::Cmova;
    check(LOAD, &checked, |object| replace(object, clamp, nops), is_access);
}

#[test]
fn a_comparison_with_too_large_an_extent() {
    let checked = Options { memory: MemoryStrategy::Checked, ..options() };
    let end = |it: &Instruction| it.mnemonic() == Mnemonic::Lea && it.memory_displacement64() == 0x14;
    let shorter = |it: &Instruction| {
        let mut bytes =
            vec![0x48, 0x8d, 0x40 | (it.op0_register().number() as u8 & 7) << 3 | it.memory_base().number() as u8 & 7];
        bytes[0] |= u8::from(it.op0_register().number() > 7) << 2 | u8::from(it.memory_base().number() > 7);
        bytes.push(0x13);
        bytes
    };
    check(LOAD, &checked, |object| replace(object, end, shorter), is_access);
}

/// An index is small because it is a remainder, of a division by a constant that is a multiplication.
#[test]
fn a_remainder_of_another_divisor() {
    let text = r#"(module (memory 1) (func (export "load") (param i64) (result i32)
      (i32.load8_u offset=16 (i32.wrap_i64 (i64.rem_u (local.get 0) (i64.const 2310))))))"#;
    let product = |it: &Instruction| it.mnemonic() == Mnemonic::Imul && it.immediate(2) == 2310;
    let other = |object: &mut Vec<u8>| {
        let (start, instructions) = code(object);
        let product = instructions.iter().find(|it| product(it)).expect("the quotient times the divisor");
        object[start + product.next_ip() as usize - 4..][..4].copy_from_slice(&2309_u32.to_le_bytes());
    };
    check(text, &options(), other, is_access);
}

#[test]
fn an_unchecked_call_indirect() {
    // The bound of both comparisons, of the check and of the clamp under speculation.
    let bound = |it: &Instruction| it.mnemonic() == Mnemonic::Cmp && it.op1_kind() == OpKind::Immediate8to64;
    let object = |object: &mut Vec<u8>| {
        let (start, instructions) = code(object);
        for it in instructions.iter().filter(|it| bound(it)) {
            object[start + it.next_ip() as usize - 1] = 0x40;
        }
    };
    check(TABLE, &options(), object, is_access);
}

#[test]
fn a_call_indirect_without_its_bound() {
    let guards = |it: &Instruction| it.mnemonic() == Mnemonic::Cmovae;
    check(TABLE, &options(), |object| replace(object, guards, nops), is_access);
}

#[test]
fn a_call_indirect_without_its_type() {
    let (guards, options) = (|it: &Instruction| matches!(it.mnemonic(), Mnemonic::Jne | Mnemonic::Je), options());
    check(TABLE, &options, |object| replace(object, guards, nops), is_indirect);
}

#[test]
fn a_jump_table_without_its_clamp() {
    let clamp = |it: &Instruction| it.mnemonic() == Mnemonic::Cmovb;
    let clamped = |it: &Instruction| {
        let mut bytes = nops(it);
        // `mov` in place of `cmov`.
        bytes[..3].copy_from_slice(&[
            0x44 | 1,
            0x89,
            0xc0 | (it.op1_register().number() as u8 & 7) << 3 | it.op0_register().number() as u8 & 7,
        ]);
        bytes
    };
    check(SWITCH, &options(), |object| replace(object, clamp, clamped), is_indirect);
}

#[test]
fn a_system_call() {
    let first = |it: &Instruction| it.mnemonic() == Mnemonic::Mov && it.len() == 2;
    let is_syscall = |problem: &Problem| *problem == Problem::Forbidden(Mnemonic::Syscall);
    check(LOAD, &options(), |object| replace(object, first, |_| vec![0x0f, 0x05]), is_syscall);
}

#[test]
fn other_instructions_that_have_no_business_there() {
    let first = |it: &Instruction| it.mnemonic() == Mnemonic::Mov && it.len() == 2;
    for bytes in [[0xcd, 0x80], [0x0f, 0x30], [0x0f, 0x34], [0xf3, 0xa4], [0xfd, 0x90], [0xfa, 0x90], [0x66, 0x9d]] {
        let is_forbidden = |problem: &Problem| matches!(problem, Problem::Forbidden(_));
        check(LOAD, &options(), |object| replace(object, first, |_| bytes.to_vec()), is_forbidden);
    }
}

#[test]
fn a_branch_into_an_instruction() {
    // The head of a loop is reached by itself too.
    let branch = |it: &Instruction| it.mnemonic() == Mnemonic::Jb && it.near_branch_target() < it.ip();
    let moved = |it: &Instruction| {
        let distance = it.near_branch_target() as i32 - it.next_ip() as i32 + 1;
        match it.len() {
            2 => vec![0x72, distance as u8],
            _ => [&[0x0f, 0x82][..], &distance.to_le_bytes()].concat(),
        }
    };
    let is_overlap = |problem: &Problem| matches!(problem, Problem::Overlap | Problem::Branch);
    check(SUM, &options(), |object| replace(object, branch, moved), is_overlap);
}

#[test]
fn a_loop_with_vectors_whose_bounds_are_not_checked() {
    let guard = |it: &Instruction| it.mnemonic() == Mnemonic::Ja;
    check(SUM, &options(), |object| replace(object, guard, nops), is_access);
}

#[test]
fn a_loop_with_vectors_that_does_not_end() {
    let back = |it: &Instruction| it.mnemonic() == Mnemonic::Jb && it.near_branch_target() < it.ip();
    let endless = |it: &Instruction| {
        let mut bytes = nops(it);
        // `jmp` in place of `jb`.
        match it.len() {
            2 => bytes.copy_from_slice(&[0xeb, (it.near_branch_target() as i32 - it.next_ip() as i32) as u8]),
            _ => {
                bytes[1] = 0xe9;
                bytes[2..6].copy_from_slice(&(it.near_branch_target() as i32 - it.next_ip() as i32).to_le_bytes());
            }
        }
        bytes
    };
    check(SUM, &options(), |object| replace(object, back, endless), is_access);
}

#[test]
fn a_register_that_is_not_restored() {
    let text = r#"(module (func $f (param i32) (result i32) (local.get 0) (call $f (i32.add (local.get 0) (i32.const 1))) (i32.add))
        (export "f" (func $f)))"#;
    let plain = Options { opt_level: OptLevel::Basic, ..options() };
    let restore = |it: &Instruction| {
        it.mnemonic() == Mnemonic::Mov && it.memory_base() == Register::RSP && it.op0_kind() == OpKind::Register
    };
    let is_frame = |problem: &Problem| matches!(problem, Problem::Frame(_));
    check(text, &plain, |object| replace(object, restore, nops), is_frame);
}

/// What the other tests compile, in every mode.
#[test]
fn modules_of_the_tests_have_no_findings() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modes = [
        options(),
        Options { memory: MemoryStrategy::Checked, ..options() },
        Options { memory_base: MemoryBase::Any, ..options() },
        Options { opt_level: OptLevel::None, ..options() },
    ];
    let mut total = Report::default();
    for directory in ["disas", "runtime", "operators", "bench/exceptions", "bench/objects"] {
        for entry in std::fs::read_dir(tests.join(directory)).expect("a directory of tests") {
            let path = entry.expect("an entry").path();
            let Ok(bytes) = std::fs::read(&path) else { continue };
            for options in modes.iter().filter(|_| path.extension().is_some_and(|extension| extension == "wat")) {
                let input = Input { name: "", file: &path.to_string_lossy(), bytes: &bytes };
                let Ok(output) = compiler::compile(&[input], options, &|_, _| ()) else { continue };
                let report = verified(&output.objects[0].bytes);
                assert_eq!(report.findings, Vec::<Finding>::new(), "{} with {options:?}", path.display());
                total.add(&report);
            }
        }
    }
    println!("{total}");
    assert!(total.functions > 1000, "{total}");
}
