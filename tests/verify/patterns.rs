//! Machine code as compiling makes it, written out: what the verifier follows because it is safe, and, next to it, what differs by an
//! instruction and is not.

use std::fmt::Write;

use compiler::{Input, MemoryStrategy, Options};
use iced_x86::{Decoder, DecoderOptions};
use object::{Object, ObjectSection, ObjectSymbol};
use verify::{Finding, Problem};

/// An object with one memory at the fixed place, and a function with this code: its bytes in hexadecimal, and what they stand for.
fn object_of(code: &[(&str, &str)]) -> Vec<u8> {
    let module = module();
    let input = Input { name: "", file: "patterns.wat", bytes: module.as_bytes() };
    let options = Options { all_exports: true, threads: 1, ..Options::default() };
    let output = compiler::compile(&[input], &options, &|_, _| ()).expect("the module is right");
    let mut object = output.objects.into_iter().next().expect("one object").bytes;
    let (start, size) = function(&object);
    let bytes: Vec<u8> = code.iter().flat_map(|(bytes, text)| assembled(bytes, text)).collect();
    assert!(bytes.len() <= size, "{} bytes of code, there is room for {size}", bytes.len());
    object[start..][..bytes.len()].copy_from_slice(&bytes);
    object
}

/// A function whose code is long and has no relocations.
fn module() -> String {
    let mut text = String::from("(module (memory 1) (func (export \"f\") (param i32 i32) (result i32)\n");
    for at in 0..40 {
        writeln!(text, "(i32.store offset={} (local.get 1) (i32.add (local.get 0) (i32.const {at})))", at * 100)
            .expect("text");
    }
    text + "(local.get 1)))"
}

/// Where the function's code is in the file, and its size: it is the largest.
fn function(object: &[u8]) -> (usize, usize) {
    let file = object::File::parse(object).expect("an object");
    let section = file.section_by_name(".text").expect("code");
    let (start, _) = section.file_range().expect("code in the file");
    let largest = file.symbols().filter(|symbol| symbol.section_index() == Some(section.index()));
    let largest = largest.max_by_key(ObjectSymbol::size).expect("a function");
    ((start + largest.address()) as usize, largest.size() as usize)
}

/// Bytes of an instruction, which must be what is written beside them.
fn assembled(bytes: &str, text: &str) -> Vec<u8> {
    let bytes: Vec<u8> = bytes.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("hexadecimal")).collect();
    let mut decoder = Decoder::new(64, &bytes, DecoderOptions::NONE);
    assert_eq!(decoder.decode().to_string(), text);
    assert_eq!(decoder.position(), bytes.len(), "{text}");
    bytes
}

fn findings(code: &[(&str, &str)]) -> Vec<Finding> {
    verify::verify(&[&object_of(code)]).expect("an object of the compiler").findings
}

#[track_caller]
fn is_safe(code: &[(&str, &str)]) {
    assert_eq!(findings(code), Vec::<Finding>::new());
}

/// An access of it is not shown to be in bounds.
#[track_caller]
fn is_unsafe(code: &[(&str, &str)]) {
    let findings = findings(code);
    assert!(findings.iter().any(|finding| matches!(finding.problem, Problem::Access(_))), "{findings:?}");
}

const RET: (&str, &str) = ("c3", "ret");
/// Reads at an index.
const READ: (&str, &str) = ("8b 80 00 00 01 00", "mov eax,[rax+10000h]");

#[test]
fn a_number_of_64_bits_on_the_stack_is_read_with_32() {
    let push = ("48 83 ec 18", "sub rsp,18h");
    let pop = ("48 83 c4 18", "add rsp,18h");
    let byte = ("40 0f b6 ff", "movzx edi,dil");
    let spill = ("48 89 7c 24 08", "mov [rsp+8],rdi");
    let scaled = ("8b 04 c5 00 00 01 00", "mov eax,[rax*8+10000h]");
    is_safe(&[push, byte, spill, ("8b 44 24 08", "mov eax,[rsp+8]"), scaled, pop, RET]);
    // What is there is not the number.
    is_unsafe(&[push, byte, spill, ("8b 44 24 0c", "mov eax,[rsp+0Ch]"), scaled, pop, RET]);
    is_unsafe(&[push, byte, spill, ("8b 44 24 04", "mov eax,[rsp+4]"), scaled, pop, RET]);
    // It is not small, nor are its low bits.
    is_unsafe(&[push, spill, ("8b 44 24 08", "mov eax,[rsp+8]"), scaled, pop, RET]);
    // The slot has an upper half, which was not written.
    let half = ("89 7c 24 08", "mov [rsp+8],edi");
    is_unsafe(&[push, byte, half, ("48 8b 44 24 08", "mov rax,[rsp+8]"), READ, pop, RET]);
}

#[test]
fn results_of_32_bits_have_no_upper_half() {
    let index = ("89 ff", "mov edi,edi");
    is_safe(&[index, ("0f af 87 00 00 01 00", "imul eax,[rdi+10000h]"), READ, RET]);
    is_unsafe(&[index, ("48 0f af 87 00 00 01 00", "imul rax,[rdi+10000h]"), READ, RET]);
    let plain =
        [("0f af c7", "imul eax,edi"), ("f7 d8", "neg eax"), ("0f c8", "bswap eax"), ("f3 0f b8 c7", "popcnt eax,edi")];
    for instruction in plain {
        is_safe(&[instruction, READ, RET]);
    }
    is_unsafe(&[("48 0f af c7", "imul rax,rdi"), READ, RET]);
    is_unsafe(&[("48 f7 d8", "neg rax"), READ, RET]);
    // With nothing to find the register stays as it was, all of it.
    is_unsafe(&[("48 89 f0", "mov rax,rsi"), ("0f bc c7", "bsf eax,edi"), READ, RET]);
}

#[test]
fn quotients_and_products_of_32_bits_have_no_upper_half() {
    let upper = ("8b 82 00 00 01 00", "mov eax,[rdx+10000h]");
    for instruction in [("f7 f7", "div edi"), ("f7 ff", "idiv edi"), ("f7 e7", "mul edi"), ("f7 ef", "imul edi")] {
        is_safe(&[instruction, READ, RET]);
        is_safe(&[instruction, upper, RET]);
    }
    for instruction in
        [("48 f7 f7", "div rdi"), ("48 f7 ff", "idiv rdi"), ("48 f7 e7", "mul rdi"), ("48 f7 ef", "imul rdi")]
    {
        is_unsafe(&[instruction, READ, RET]);
        is_unsafe(&[instruction, upper, RET]);
    }
    is_safe(&[("99", "cdq"), upper, RET]);
    is_unsafe(&[("48 99", "cqo"), upper, RET]);
}

#[test]
fn a_number_with_a_sign_whose_upper_bits_are_compared() {
    let number = [("48 63 cf", "movsxd rcx,edi"), ("48 89 ca", "mov rdx,rcx")];
    let compare = ("48 81 fa fe ff ff 3f", "cmp rdx,3FFFFFFEh");
    let read = [("77 06", "ja short 8"), ("8b 81 00 00 01 00", "mov eax,[rcx+10000h]"), RET];
    let code = |between: &[(&'static str, &'static str)]| [&number, between, &read].concat();
    let shift = ("48 c1 ea 04", "shr rdx,4");
    is_safe(&code(&[shift, ("48 83 c2 fe", "add rdx,0FFFFFFFFFFFFFFFEh"), compare]));
    is_safe(&code(&[shift, compare]));
    // With the sign in the upper bits, and with a bound that says nothing.
    is_unsafe(&code(&[("48 c1 fa 04", "sar rdx,4"), ("48 83 c2 02", "add rdx,2"), compare]));
    is_unsafe(&code(&[shift, ("48 83 fa ff", "cmp rdx,0FFFFFFFFFFFFFFFFh")]));
}

/// What reads memory besides moving it is an access too.
#[test]
fn operands_in_memory_are_accesses() {
    let index = ("89 c0", "mov eax,eax");
    let instructions = [
        ("3b b8 00 00 01 00", "cmp edi,[rax+10000h]"),
        ("39 b8 00 00 01 00", "cmp [rax+10000h],edi"),
        ("83 b8 00 00 01 00 05", "cmp dword ptr [rax+10000h],5"),
        ("85 b8 00 00 01 00", "test [rax+10000h],edi"),
        ("f6 80 00 00 01 00 01", "test byte ptr [rax+10000h],1"),
        ("03 b8 00 00 01 00", "add edi,[rax+10000h]"),
        ("01 b8 00 00 01 00", "add [rax+10000h],edi"),
        ("83 80 00 00 01 00 01", "add dword ptr [rax+10000h],1"),
        ("0f af b8 00 00 01 00", "imul edi,[rax+10000h]"),
        ("69 b8 00 00 01 00 e8 03 00 00", "imul edi,[rax+10000h],3E8h"),
        ("0f 44 b8 00 00 01 00", "cmove edi,[rax+10000h]"),
        ("f2 0f 58 80 00 00 01 00", "addsd xmm0,[rax+10000h]"),
        ("f3 0f 2a 80 00 00 01 00", "cvtsi2ss xmm0,dword ptr [rax+10000h]"),
        ("0f b6 b8 00 00 01 00", "movzx edi,byte ptr [rax+10000h]"),
        ("0f 94 80 00 00 01 00", "sete [rax+10000h]"),
        ("f7 a0 00 00 01 00", "mul dword ptr [rax+10000h]"),
    ];
    for instruction in instructions {
        is_safe(&[index, instruction, RET]);
        is_unsafe(&[instruction, RET]);
    }
    // The bit that a register names may be anywhere.
    let bit = findings(&[index, ("0f a3 b8 00 00 01 00", "bt [rax+10000h],edi"), RET]);
    assert!(matches!(bit[..], [Finding { problem: Problem::Forbidden(_), .. }]), "{bit:?}");
    is_safe(&[index, ("0f ba a0 00 00 01 00 05", "bt dword ptr [rax+10000h],5"), RET]);
}

/// Two counters begin at 0, and one is compared. The way out of the loop is not seen at first.
#[test]
fn a_counter_that_another_one_bounds() {
    let start = [("89 ff", "mov edi,edi"), ("31 c9", "xor ecx,ecx"), ("89 ca", "mov edx,ecx")];
    let read = ("8b 84 17 00 00 01 00", "mov eax,[rdi+rdx+10000h]");
    let count = ("48 83 c1 10", "add rcx,10h");
    let limit = ("48 81 f9 00 10 00 00", "cmp rcx,1000h");
    let code = |step: (&'static str, &'static str), limit: (&'static str, &'static str)| {
        let length = 7 + 4 + step.0.split(' ').count() + limit.0.split(' ').count() + 4;
        let back = format!("eb {:02x}", 256 - length);
        let target = format!("jmp short 0{:016X}h", 2u64.wrapping_sub(length as u64));
        let [back, target] = [back, target].map(|text| &*text.leak());
        [&start[..], &[read, count, step, limit, ("73 02", "jae short 4"), (back, target), RET]].concat()
    };
    is_safe(&code(("48 83 c2 20", "add rdx,20h"), limit));
    is_safe(&code(("48 83 c2 28", "add rdx,28h"), limit));
    is_unsafe(&code(("48 01 f2", "add rdx,rsi"), limit));
    is_unsafe(&code(("48 01 ca", "add rdx,rcx"), ("48 39 f1", "cmp rcx,rsi")));
    is_unsafe(&code(("48 83 c2 28", "add rdx,28h"), ("48 39 f1", "cmp rcx,rsi")));
}

/// What is compared and what is the index are both made of the same number.
#[test]
fn numbers_made_of_one_that_is_compared() {
    let numbers = [("89 ff", "mov edi,edi"), ("89 f6", "mov esi,esi"), ("48 89 f2", "mov rdx,rsi")];
    let sixteenth = [("48 c1 ea 04", "shr rdx,4"), ("48 c1 e2 06", "shl rdx,6")];
    let compare = [("48 81 fa 00 00 01 00", "cmp rdx,10000h"), ("76 01", "jbe short 3"), RET];
    let index = ("48 89 f1", "mov rcx,rsi");
    let scaled = ("8b 04 cd 00 00 01 00", "mov eax,[rcx*8+10000h]");
    let code = |compared: &[(&'static str, &'static str)], made: &[(&'static str, &'static str)]| {
        [&numbers[..], compared, &compare, &[index], made, &[scaled, RET]].concat()
    };
    let made =
        [("48 83 e1 f8", "and rcx,0FFFFFFFFFFFFFFF8h"), ("48 d1 e9", "shr rcx,1"), ("48 6b c9 28", "imul rcx,28h")];
    is_safe(&code(&sixteenth, &[]));
    is_safe(&code(&sixteenth, &made));
    // The product with what is at least nothing, less a constant.
    let product = [("4c 6b c6 28", "imul r8,rsi,28h"), ("4a 8d 54 07 e8", "lea rdx,[rdi+r8-18h]")];
    is_safe(&code(&product, &made));
    // Another number is compared; the number's lower bits; the number is not what is scaled.
    is_unsafe(&code(&[("48 89 fa", "mov rdx,rdi")], &made));
    is_unsafe(&code(&[("83 e2 0f", "and edx,0Fh")], &made));
    is_unsafe(&code(&[("48 c1 e2 20", "shl rdx,20h"), ("48 c1 ea 20", "shr rdx,20h"), ("0f ca", "bswap edx")], &made));
    // The sum wraps where the first of its parts is large.
    is_unsafe(&code(&[("48 6b d6 28", "imul rdx,rsi,28h"), ("48 01 ca", "add rdx,rcx")], &made));
    // What is read lies behind what was compared.
    is_unsafe(&code(&[("48 c1 ea 1c", "shr rdx,1Ch")], &made));
}

/// A counter is compared with a number that is no power of two, and another one is sixteen times as large.
#[test]
fn bounds_are_not_wider_than_they_have_to_be() {
    let start = [("89 ff", "mov edi,edi"), ("31 c9", "xor ecx,ecx"), ("89 ca", "mov edx,ecx")];
    let body = [
        ("8b 84 17 00 00 01 00", "mov eax,[rdi+rdx+10000h]"),
        ("48 83 c1 10", "add rcx,10h"),
        ("48 81 c2 00 01 00 00", "add rdx,100h"),
    ];
    let back = ("72 e5", "jb short 0FFFFFFFFFFFFFFE7h");
    let code = |limit: (&'static str, &'static str)| [&start[..], &body, &[limit, back, RET]].concat();
    is_safe(&code(("48 81 f9 00 00 00 08", "cmp rcx,8000000h")));
    is_unsafe(&code(("48 81 f9 00 00 00 70", "cmp rcx,70000000h")));
}

/// Loops in loops, with an index that does not change in them and was compared before.
#[test]
fn what_stays_the_same_in_loops_is_known_in_them() {
    let text = r#"(module (memory 1)
      (func $grow (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "f") (param $p i32) (param $q i32) (result i32) (local $n i32)
        (loop $outer
          (drop (call $grow (i32.load offset=12 (local.get $p))))
          (loop $inner
            (local.set $n (i32.add (local.get $n) (i32.load offset=12 (local.get $p))))
            (br_if $inner (i32.load8_u (local.get $n)))
            (br_if $inner (call $grow (i32.load offset=16 (local.get $p)))))
          (local.set $p (i32.load (local.get $q)))
          (br_if $outer (local.get $p)))
        (local.get $n)))"#;
    let options = Options { all_exports: true, threads: 1, memory: MemoryStrategy::Checked, ..Options::default() };
    let input = Input { name: "", file: "loops.wat", bytes: text.as_bytes() };
    let output = compiler::compile(&[input], &options, &|_, _| ()).expect("the module is right");
    let report = verify::verify(&[&output.objects[0].bytes]).expect("an object of the compiler");
    assert_eq!(report.findings, Vec::<Finding>::new());
}

/// Two registers hold the same on each of the ways to where they meet; one is compared, and the other is the index.
#[test]
fn registers_that_are_the_same_on_all_ways() {
    let code = |second: (&'static str, &'static str)| {
        [
            ("89 f8", "mov eax,edi"),
            ("89 f9", "mov ecx,edi"),
            ("85 f6", "test esi,esi"),
            ("74 04", "je short 6"),
            ("89 f0", "mov eax,esi"),
            second,
            ("3d 00 10 00 00", "cmp eax,1000h"),
            ("77 07", "ja short 9"),
            ("8b 04 cd 00 00 01 00", "mov eax,[rcx*8+10000h]"),
            RET,
        ]
    };
    is_safe(&code(("89 f1", "mov ecx,esi")));
    is_unsafe(&code(("89 d1", "mov ecx,edx")));
    is_unsafe(&code(("89 f9", "mov ecx,edi")));
}

#[test]
fn a_function_without_a_frame_begins_with_a_loop() {
    let count = ("ff cf", "dec edi");
    let again = ("75 fc", "jne short 0FFFFFFFFFFFFFFFEh");
    is_safe(&[count, again, RET]);
    // What is read in each round, and what the stack pointer is, holds for all of them.
    let load = ("8b bf 00 00 01 00", "mov edi,[rdi+10000h]");
    is_unsafe(&[load, count, ("75 f6", "jne short 0FFFFFFFFFFFFFFF8h"), RET]);
    is_safe(&[("89 ff", "mov edi,edi"), load, count, ("75 f4", "jne short 0FFFFFFFFFFFFFFF6h"), RET]);
    let grows = findings(&[("50", "push rax"), count, ("75 fb", "jne short 0FFFFFFFFFFFFFFFDh"), RET]);
    assert!(!grows.is_empty());
}
