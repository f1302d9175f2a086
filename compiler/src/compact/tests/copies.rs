//! Copies of registers that are not needed.

use super::*;

fn without_copies_by(inside: &[&[u8]], marks: Marks) -> Vec<u8> {
    let code = [&inside.concat()[..], &[0xc3]].concat();
    let mut code = run(&code, &Marks { copies: true, alignment: 16, ..marks }).unwrap();
    code.pop();
    code
}

fn without_copies(inside: &[&[u8]]) -> Vec<u8> {
    without_copies_by(inside, Marks::default())
}

fn assert_stays(inside: &[&[u8]]) {
    assert_eq!(without_copies(inside), inside.concat(), "{inside:x?}");
}

/// `mov eax, ecx`, `mov rax, rcx`, `mov eax, r12d`, `mov rcx, r9`
const NARROW: &[u8] = &[0x89, 0xc8];
const WIDE: &[u8] = &[0x48, 0x89, 0xc8];
const FROM_R12: &[u8] = &[0x44, 0x89, 0xe0];
const FROM_R9: &[u8] = &[0x4c, 0x89, 0xc9];
/// `mov edx, [rax+8]`, `mov [rdx], eax`
const LOAD: &[u8] = &[0x8b, 0x50, 8];
const STORE: &[u8] = &[0x89, 0x02];

#[test]
fn the_original_is_used() {
    let cases: &[(&[u8], &[u8])] = &[
        // test ecx, eax; test eax, eax; cmp eax, 5; cmp eax, edx; cmp edx, eax
        (&[0x85, 0xc1], &[0x85, 0xc9]),
        (&[0x85, 0xc0], &[0x85, 0xc9]),
        (&[0x83, 0xf8, 5], &[0x83, 0xf9, 5]),
        (&[0x39, 0xd0], &[0x39, 0xd1]),
        (&[0x39, 0xc2], &[0x39, 0xca]),
        // mov [rdx], eax; mov [rdx], ax; mov [rdx], al
        (STORE, &[0x89, 0x0a]),
        (&[0x66, 0x89, 0x02], &[0x66, 0x89, 0x0a]),
        (&[0x88, 0x02], &[0x88, 0x0a]),
        // add edx, eax in both encodings; imul edx, eax; movzx edx, al
        (&[0x01, 0xc2], &[0x01, 0xca]),
        (&[0x03, 0xd0], &[0x03, 0xd1]),
        (&[0x0f, 0xaf, 0xd0], &[0x0f, 0xaf, 0xd1]),
        (&[0x0f, 0xb6, 0xd0], &[0x0f, 0xb6, 0xd1]),
        // cmove edx, eax; movd xmm0, eax; cvtsi2sd xmm0, eax
        (&[0x0f, 0x44, 0xd0], &[0x0f, 0x44, 0xd1]),
        (&[0x66, 0x0f, 0x6e, 0xc0], &[0x66, 0x0f, 0x6e, 0xc1]),
        (&[0xf2, 0x0f, 0x2a, 0xc0], &[0xf2, 0x0f, 0x2a, 0xc1]),
    ];
    for (user, new) in cases {
        // mov [rbx], edx uses what was made.
        for copy in [NARROW, WIDE] {
            assert_eq!(without_copies(&[copy, user, &[0x89, 0x13]]), [new, &[0x89, 0x13][..]].concat(), "{user:x?}");
        }
    }
}

#[test]
fn the_original_is_an_address() {
    // mov edx, [rcx+8]; the upper half of a copy of 32 bits is zero.
    assert_eq!(without_copies(&[WIDE, LOAD, STORE]), [0x8b, 0x51, 8, 0x89, 0x0a]);
    assert_stays(&[NARROW, LOAD]);
    // mov rax, r12; mov edx, [rax]; r12 and r13 as bases have more bytes
    assert_eq!(without_copies(&[&[0x4c, 0x89, 0xe0], &[0x8b, 0x10]]), [0x41, 0x8b, 0x14, 0x24]);
    assert_eq!(without_copies(&[&[0x4c, 0x89, 0xe8], &[0x8b, 0x10]]), [0x41, 0x8b, 0x55, 0]);
    // mov edx, [rbx+rax*4]
    assert_eq!(without_copies(&[WIDE, &[0x8b, 0x14, 0x83]]), [0x8b, 0x14, 0x8b]);
    // add [rax], edx; movsd xmm0, [rax]
    assert_eq!(without_copies(&[WIDE, &[0x01, 0x10]]), [0x01, 0x11]);
    assert_eq!(without_copies(&[WIDE, &[0xf2, 0x0f, 0x10, 0x00]]), [0xf2, 0x0f, 0x10, 0x01]);
}

#[test]
fn copies_of_copies_go() {
    // mov rdi, r12; mov eax, edi; mov edx, [rax+8]
    let code: [&[u8]; 3] = [&[0x4c, 0x89, 0xe7], &[0x89, 0xf8], LOAD];
    assert_eq!(without_copies(&code), [FROM_R12, LOAD].concat());
    // mov rdi, rcx; mov rax, rdi; mov edx, [rax+8]
    let code: [&[u8]; 3] = [&[0x48, 0x89, 0xcf], &[0x48, 0x89, 0xf8], LOAD];
    assert_eq!(without_copies(&code), [0x8b, 0x51, 8]);
    // The second is used behind the last use of the first.
    let code: [&[u8]; 4] = [&[0x48, 0x89, 0xcf], &[0x48, 0x89, 0xf8], STORE, LOAD];
    assert_eq!(without_copies(&code), [0x89, 0x0a, 0x8b, 0x51, 8]);
}

#[test]
fn what_changes_stays() {
    // add ecx, 1; mov ecx, 1 before a use, and behind it
    for change in [&[0x83, 0xc1, 1][..], &[0xb9, 1, 0, 0, 0]] {
        assert_stays(&[NARROW, change, STORE]);
        assert_eq!(without_copies(&[NARROW, STORE, change]), [&[0x89, 0x0a][..], change].concat());
    }
    // add eax, 1; shl eax, cl; neg eax; add al, 1; sete al; bts eax, 1
    let changes: [&[u8]; 6] =
        [&[0x83, 0xc0, 1], &[0xd3, 0xe0], &[0xf7, 0xd8], &[0x80, 0xc0, 1], &[0x0f, 0x94, 0xc0], &[0x0f, 0xba, 0xe8, 1]];
    for change in changes {
        assert_stays(&[NARROW, change, STORE]);
    }
    // mov eax, [rax+8] reads the original, and is another value then.
    assert_eq!(without_copies(&[WIDE, &[0x8b, 0x40, 8], STORE]), [0x8b, 0x41, 8, 0x89, 0x02]);
}

#[test]
fn what_is_wanted_there_stays() {
    // A call of a function with an argument, through a register, of what is at an address; eax as a result; idiv ecx
    let call = Marks { relocations: vec![4], calls: vec![(8, Effect::call(1 << 7))], ..Marks::default() };
    let argument: [&[u8]; 2] = [&[0x48, 0x89, 0xcf], &[0xe8, 0, 0, 0, 0]];
    assert_eq!(without_copies_by(&argument, call), argument.concat());
    assert_stays(&[WIDE, &[0xff, 0xd0]]);
    assert_stays(&[WIDE, &[0xff, 0x10]]);
    let result = Marks { results: 1, ..Marks::default() };
    assert_eq!(without_copies_by(&[NARROW], result), NARROW);
    assert_stays(&[NARROW, &[0x99], &[0xf7, 0xf9], STORE]);
    // What the linker fills in: mov edx, [rax+ADDRESS]
    let relocated = Marks { relocations: vec![5], ..Marks::default() };
    let load: [&[u8]; 2] = [WIDE, &[0x8b, 0x90, 0, 0, 0, 0]];
    assert_eq!(without_copies_by(&load, relocated), load.concat());
    // Another block uses it, or may use it.
    assert_stays(&[NARROW, &[0x74, 2], STORE, LOAD]);
    assert_stays(&[NARROW, STORE, &[0x74, 0], STORE]);
}

#[test]
fn copies_that_save_bytes_stay() {
    // Each use of r12d takes one byte more, the copy three.
    let new: &[u8] = &[0x44, 0x89, 0x22];
    assert_eq!(without_copies(&[FROM_R12, STORE, STORE]), [new, new].concat());
    assert_stays(&[FROM_R12, STORE, STORE, STORE]);
}

#[test]
fn registers_of_eight_bits_are_the_same() {
    // mov rax, rsi; mov [rdx], al becomes a store of sil
    assert_eq!(without_copies(&[&[0x48, 0x89, 0xf0], &[0x88, 0x02]]), [0x40, 0x88, 0x32]);
    // mov rax, rsi; movzx edx, al; test al, 1
    assert_eq!(without_copies(&[&[0x48, 0x89, 0xf0], &[0x0f, 0xb6, 0xd0]]), [0x40, 0x0f, 0xb6, 0xd6]);
    assert_eq!(without_copies(&[&[0x48, 0x89, 0xf0], &[0xf6, 0xc0, 1]]), [0x40, 0xf6, 0xc6, 1]);
    // mov rcx, r9; mov [rcx], ah has no prefix, as [r9] would have.
    assert_stays(&[FROM_R9, &[0x88, 0x21]]);
    assert_stays(&[FROM_R9, &[0x80, 0xfc, 5], &[0x88, 0x21]]);
    // mov rsi, rcx; mov [rdx], dh is none of rsi.
    assert_stays(&[&[0x48, 0x89, 0xce], &[0x88, 0x32], STORE, &[0x89, 0x32]]);
    // cmp byte [rax], 5
    assert_eq!(without_copies(&[WIDE, &[0x80, 0x38, 5]]), [0x80, 0x39, 5]);
}
