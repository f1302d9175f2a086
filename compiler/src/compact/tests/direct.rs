//! Addresses of symbols that become a part of their accesses.

use super::*;

/// Bytes before what is inside of a frame.
const START: u32 = 11;
/// `lea rcx, [rip]`, `lea r9, [rip]`
const LEA: &[u8] = &[0x48, 0x8d, 0x0d, 0, 0, 0, 0];
const LEA_R9: &[u8] = &[0x4c, 0x8d, 0x0d, 0, 0, 0, 0];

/// What becomes of `inside`, where the linker fills in the address at its start, and where that is filled in then.
fn direct(inside: &[&[u8]]) -> (Vec<u8>, u32) {
    let marks = Marks { fold: true, relocations: vec![START + 3], results: 1, alignment: 16, ..Marks::default() };
    let Compacted { code, map, .. } = compact_code(&framed(&inside.concat()), &marks).unwrap();
    (code[START as usize..code.len() - 2].to_vec(), map.get(START + 3) - START)
}

fn assert_stays(inside: &[&[u8]]) {
    assert_eq!(direct(inside), (inside.concat(), 3), "{inside:x?}");
}

#[test]
fn addresses_become_a_part_of_accesses() {
    let cases: &[(&[u8], &[u8], &[u8])] = &[
        // mov eax, [rcx]; mov [rcx], eax; mov ecx, [rcx]
        (LEA, &[0x8b, 0x01], &[0x8b, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x89, 0x01], &[0x89, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x8b, 0x09], &[0x8b, 0x0d, 0, 0, 0, 0]),
        // mov rax, [rcx]; mov r8d, [r9]; mov [r9], r8
        (LEA, &[0x48, 0x8b, 0x01], &[0x48, 0x8b, 0x05, 0, 0, 0, 0]),
        (LEA_R9, &[0x45, 0x8b, 0x01], &[0x44, 0x8b, 0x05, 0, 0, 0, 0]),
        (LEA_R9, &[0x4d, 0x89, 0x01], &[0x4c, 0x89, 0x05, 0, 0, 0, 0]),
        // mov eax, [r9]; add eax, [rcx]; sub eax, [rcx]; cmp [rcx], eax; cmp eax, [rcx]
        (LEA_R9, &[0x41, 0x8b, 0x01], &[0x8b, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x03, 0x01], &[0x03, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x2b, 0x01], &[0x2b, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x39, 0x01], &[0x39, 0x05, 0, 0, 0, 0]),
        (LEA, &[0x3b, 0x01], &[0x3b, 0x05, 0, 0, 0, 0]),
    ];
    for (lea, access, after) in cases {
        assert_eq!(direct(&[lea, access]), (after.to_vec(), after.len() as u32 - 4), "{access:x?}");
    }
    // A branch over it still leads behind it.
    let (code, at) = direct(&[LEA, &[0x89, 0x01], &[0x0f, 0x84, 0, 0, 0, 0]]);
    assert_eq!((code, at), (vec![0x89, 0x05, 0, 0, 0, 0, 0x74, 0], 2));
}

#[test]
fn addresses_stay_where_something_else_needs_them() {
    // mov [rcx], eax; mov edx, ecx; mov eax, [rcx]; the same to itself and again
    assert_stays(&[LEA, &[0x89, 0x01], &[0x89, 0xca], &[0x89, 0xd0]]);
    assert_stays(&[LEA, &[0x8b, 0x01], &[0x03, 0x01]]);
    // mov [rcx], ecx; add ecx, [rcx]; mov eax, [rcx+4]; mov eax, [rcx+rdx]; mov eax, [rdx]; mov eax, ecx
    for access in
        [&[0x89, 0x09][..], &[0x03, 0x09], &[0x8b, 0x41, 4], &[0x8b, 0x04, 0x11], &[0x8b, 0x02], &[0x89, 0xc8]]
    {
        assert_stays(&[LEA, access]);
    }
    // movzx eax, byte [rcx]; mov ax, [rcx]; mov dword [rcx], 1; movsd xmm0, [rcx]
    for access in [&[0x0f, 0xb6, 0x01][..], &[0x66, 0x8b, 0x01], &[0xc7, 0x01, 1, 2, 3, 4], &[0xf2, 0x0f, 0x10, 0x01]] {
        assert_stays(&[LEA, access]);
    }
    // mov eax, edx between them
    assert_stays(&[LEA, &[0x89, 0xd0], &[0x03, 0x01]]);
}

#[test]
fn addresses_stay_where_the_access_traps_or_is_led_to() {
    let inside = [LEA, &[0x8b, 0x01]].concat();
    let marks = Marks { fold: true, relocations: vec![START + 3], results: 1, alignment: 16, ..Marks::default() };
    let at = START + LEA.len() as u32;
    let traps = Marks { traps: vec![(at, 1)], boundaries: vec![at], ..marks };
    let Compacted { code, .. } = compact_code(&framed(&inside), &traps).unwrap();
    assert_eq!(code[START as usize..][..inside.len()], inside);
    // jmp to the access
    let jump = [LEA, &[0x8b, 0x01, 0xeb, 0xfc]];
    assert_stays(&jump);
}

#[test]
fn loads_do_not_move_over_accesses_of_symbols() {
    // mov edx, [rdi+0x10000]; lea rcx, [rip]; mov [rcx], eax; cmp edx, 5
    let load = [0x8b, 0x97, 0, 0, 1, 0];
    let inside = [&load[..], LEA, &[0x89, 0x01], &[0x83, 0xfa, 5]].concat();
    let relocations = vec![START + load.len() as u32 + 3];
    let marks = Marks { fold: true, relocations, alignment: 16, ..Marks::default() };
    let Compacted { code, .. } = compact_code(&framed(&inside), &marks).unwrap();
    let after = [&load[..], &[0x89, 0x05, 0, 0, 0, 0], &[0x83, 0xfa, 5]].concat();
    assert_eq!(code[START as usize..code.len() - 2], after);
}

#[test]
fn probes_of_the_stack_are_understood() {
    // mov rax, rsp; movzx eax, byte [rax-0x20000]; then a slot is stored and loaded.
    let probe = [&[0x48, 0x89, 0xe0][..], &[0x0f, 0xb6, 0x80, 0, 0, 0xfe, 0xff]].concat();
    let slot = |opcode: u8| [0x48, opcode, 0x4d, 0xf8];
    let run = |probe: &[u8]| {
        let marks = Marks { slots: true, results: 2, ..marks() };
        let inside = [&slot(0x89)[..], probe, &slot(0x8b)].concat();
        let code = run(&framed(&inside), &marks).unwrap();
        code[START as usize..code.len() - 2].to_vec()
    };
    assert_eq!(run(&probe), probe);
    // Not where the address stays in a register, or another one: movzx edx, byte [rax-0x20000]; [rax-0x20001]; mov eax, [rax-0x20000]
    for load in [
        &[0x0f, 0xb6, 0x90, 0, 0, 0xfe, 0xff][..],
        &[0x0f, 0xb6, 0x80, 0xff, 0xff, 0xfd, 0xff],
        &[0x8b, 0x80, 0, 0, 0xfe, 0xff],
    ] {
        let other = [&[0x48, 0x89, 0xe0][..], load].concat();
        assert_eq!(run(&other), [&slot(0x89)[..], &other, &slot(0x8b)].concat(), "{load:x?}");
    }
}
