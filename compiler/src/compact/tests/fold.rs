//! Loads that become operands.

use super::*;

/// What becomes of `inside` of a frame that returns nothing.
pub(super) fn folded_by(inside: &[&[u8]], marks: Marks) -> (Vec<u8>, OffsetMap) {
    let marks = Marks { fold: true, results: 0, alignment: 16, ..marks };
    let Compacted { code, map, .. } = compact_code(&framed(&inside.concat()), &marks).unwrap();
    assert_eq!(code[code.len() - 2..], [0xc9, 0xc3]);
    (code[11..code.len() - 2].to_vec(), map)
}

pub(super) fn folded(inside: &[&[u8]]) -> Vec<u8> {
    folded_by(inside, Marks::default()).0
}

pub(super) fn assert_stays(inside: &[&[u8]]) {
    assert_eq!(folded(inside), inside.concat(), "{inside:x?}");
}

/// `mov ecx, [rdi+0x10000]`, `movzx ecx, byte [rdi+0x10000]`, `movsx ecx, byte [rdi+0x10000]`, `movzx ecx, word [rdi+0x10000]`
const LOAD: &[u8] = &[0x8b, 0x8f, 0, 0, 1, 0];
const LOAD_BYTE: &[u8] = &[0x0f, 0xb6, 0x8f, 0, 0, 1, 0];
const LOAD_SIGNED: &[u8] = &[0x0f, 0xbe, 0x8f, 0, 0, 1, 0];
const LOAD_WORD: &[u8] = &[0x0f, 0xb7, 0x8f, 0, 0, 1, 0];
/// `test ecx, ecx`, `cmp eax, ecx`, `cmp ecx, 5`
const TEST: &[u8] = &[0x85, 0xc9];
const COMPARE: &[u8] = &[0x39, 0xc8];
const COMPARE_5: &[u8] = &[0x83, 0xf9, 5];
/// `je` to the next instruction, `jl` to it
const JE: &[u8] = &[0x74, 0];
const JL: &[u8] = &[0x7c, 0];

#[test]
fn loads_become_operands() {
    // The operand [rdi+0x10000], with ModRM's field reg.
    let with = |start: &[u8], reg: u8, end: &[u8]| [start, &[0x87 | reg << 3, 0, 0, 1, 0], end].concat();
    let cases: &[(&[u8], Vec<u8>)] = &[
        (TEST, with(&[0x83], 7, &[0])),
        (COMPARE, with(&[0x3b], 0, &[])),
        // cmp ecx, eax; cmp ecx, eax in the other encoding; cmp r9d, ecx
        (&[0x39, 0xc1], with(&[0x39], 0, &[])),
        (&[0x3b, 0xc8], with(&[0x39], 0, &[])),
        (&[0x44, 0x3b, 0xc9], with(&[0x44, 0x3b], 1, &[])),
        (COMPARE_5, with(&[0x83], 7, &[5])),
        // cmp ecx, imm32; test ecx, imm32; test eax, ecx
        (&[0x81, 0xf9, 1, 2, 3, 4], with(&[0x81], 7, &[1, 2, 3, 4])),
        (&[0xf7, 0xc1, 1, 2, 3, 4], with(&[0xf7], 0, &[1, 2, 3, 4])),
        (&[0x85, 0xc8], with(&[0x85], 0, &[])),
        // add eax, ecx in both encodings; imul eax, ecx; imul eax, ecx, 5; imul ecx, ecx, 5
        (&[0x01, 0xc8], with(&[0x03], 0, &[])),
        (&[0x03, 0xc1], with(&[0x03], 0, &[])),
        (&[0x0f, 0xaf, 0xc1], with(&[0x0f, 0xaf], 0, &[])),
        (&[0x6b, 0xc1, 5], with(&[0x6b], 0, &[5])),
        (&[0x6b, 0xc9, 5], with(&[0x6b], 1, &[5])),
        // movsxd rcx, ecx; cmove eax, ecx; cvtsi2sd xmm9, ecx; movd xmm1, ecx
        (&[0x48, 0x63, 0xc9], with(&[0x48, 0x63], 1, &[])),
        (&[0x0f, 0x44, 0xc1], with(&[0x0f, 0x44], 0, &[])),
        (&[0xf2, 0x44, 0x0f, 0x2a, 0xc9], with(&[0xf2, 0x44, 0x0f, 0x2a], 1, &[])),
        (&[0x66, 0x0f, 0x6e, 0xc9], with(&[0x66, 0x0f, 0x6e], 1, &[])),
        // mov r8, rcx; mov esi, ecx
        (&[0x49, 0x89, 0xc8], with(&[0x44, 0x8b], 0, &[])),
        (&[0x89, 0xce], with(&[0x8b], 6, &[])),
    ];
    for (user, after) in cases {
        assert_eq!(folded(&[LOAD, user]), *after, "{user:x?}");
    }
    // Something between that has nothing to do with it: mov eax, 1; another load; a stack slot.
    let slot = [0x48, 0x89, 0x44, 0x24, 8];
    let between: [&[u8]; 3] = [SET_RAX, &[0x8b, 0x96, 0, 0, 1, 0], &slot];
    for between in between {
        assert_eq!(folded(&[LOAD, between, COMPARE]), [between, &with(&[0x3b], 0, &[])].concat());
    }
}

#[test]
fn values_that_are_used_again_are_loaded() {
    assert_stays(&[LOAD, TEST, USE_ECX]);
    assert_stays(&[LOAD, USE_ECX, TEST]);
    assert_stays(&[LOAD, TEST, CALL]);
    // je over the use; ecx is the sum: add ecx, eax; cmp ecx, ecx; as an address; sub eax, ecx is no sub ecx, eax.
    assert_stays(&[LOAD, TEST, &[0x74, 6], USE_ECX]);
    assert_stays(&[LOAD, &[0x01, 0xc1], USE_ECX]);
    assert_stays(&[LOAD, &[0x39, 0xc9]]);
    assert_stays(&[LOAD, &[0x8b, 0x01]]);
    assert_eq!(folded(&[LOAD, &[0x29, 0xc8]]), [0x2b, 0x87, 0, 0, 1, 0]);
    // A function that is called with one argument has it in rdi; any other function may have it in rcx.
    let call = [0xe8, 0, 0, 0, 0];
    let at = (11 + LOAD.len() + TEST.len()) as u32;
    let marks = |count| Marks {
        relocations: vec![at + 1],
        calls: vec![(at + 5, Effect::call(registers::arguments(count)))],
        ..Marks::default()
    };
    let shorter = [0x83, 0xbf, 0, 0, 1, 0, 0, 0xe8, 0, 0, 0, 0];
    assert_eq!(folded_by(&[LOAD, TEST, &call], marks(1)).0, shorter);
    assert_eq!(folded_by(&[LOAD, TEST, &call], marks(4)).0, [LOAD, TEST, &call].concat());
}

#[test]
fn loads_do_not_move_over_what_changes_them() {
    // A store; a store of the stack pointer's neighbour; add [rsi], eax; a call; the address; the register; a fence.
    let between: [&[u8]; 7] = [
        &[0x89, 0x86, 0, 0, 1, 0],
        &[0x0f, 0x11, 0x06],
        &[0x01, 0x06],
        CALL,
        &[0xbf, 1, 0, 0, 0],
        &[0xb9, 1, 0, 0, 0],
        &[0x0f, 0xae, 0xf0],
    ];
    for between in between {
        assert_stays(&[LOAD, between, TEST]);
    }
    // What follows a branch is another block.
    assert_stays(&[LOAD, JE, TEST]);
    // A slot is stored to, another one is; only all of it is a slot.
    let load = [0x48, 0x8b, 0x4c, 0x24, 0x10];
    let compare = [0x48, 0x39, 0xc8];
    assert_stays(&[STORE_RAX, CALL, &load, STORE_RAX, &compare, LOAD_RAX]);
    let other = [0x48, 0x89, 0x44, 0x24, 0x20];
    let reload = [0x48, 0x8b, 0x44, 0x24, 0x20];
    assert_eq!(
        folded(&[STORE_RAX, CALL, &load, &other, &compare, &reload]),
        [STORE_RAX, CALL, &other, &[0x48, 0x3b, 0x44, 0x24, 0x10], &reload].concat()
    );
    assert_stays(&[STORE_RAX, CALL, &load, &[0x89, 0x44, 0x24, 0x14], &compare]);
    // Other threads may see the order of two loads.
    let marks = || Marks { shared: true, ..Marks::default() };
    let loads = [LOAD, &[0x8b, 0x96, 0, 0, 1, 0], COMPARE];
    assert_eq!(folded_by(&loads, marks()).0, loads.concat());
    assert_eq!(folded_by(&[LOAD, COMPARE], marks()).0, folded(&[LOAD, COMPARE]));
    // movups [rsp+16], xmm0, the address of which may be in rdi.
    let on_stack: [&[u8]; 3] = [LOAD, &[0x0f, 0x11, 0x44, 0x24, 0x10], COMPARE];
    assert_ne!(folded(&on_stack), on_stack.concat());
    let addressed = Marks { addressed: true, ..Marks::default() };
    assert_eq!(folded_by(&on_stack, addressed).0, on_stack.concat());
}

#[test]
fn slots_are_operands_of_their_width() {
    let load = [0x48, 0x8b, 0x4c, 0x24, 0x10];
    // The lower half is enough: cmp eax, ecx. The whole: test rcx, rcx
    let start = [STORE_RAX, CALL].concat();
    assert_eq!(folded(&[&start, &load, COMPARE]), [&start[..], &[0x3b, 0x44, 0x24, 0x10]].concat());
    let test = [0x48, 0x85, 0xc9];
    assert_eq!(folded(&[&start, &load, &test]), [&start[..], &[0x48, 0x83, 0x7c, 0x24, 0x10, 0]].concat());
    // Elsewhere, that would be another access: mov rcx, [rdi+0x10000]
    assert_stays(&[&[0x48, 0x8b, 0x8f, 0, 0, 1, 0], COMPARE]);
    // The relation of the upper half to what is read of the slot is known to what comes later.
    let marks = Marks { slots: true, ..Marks::default() };
    let narrow = folded_by(&[SET_RAX, STORE_RAX, CALL, &load, &[0x48, 0x39, 0xc8]], marks).0;
    assert_eq!(narrow, [SET_RAX, STORE_RAX, CALL, &[0x48, 0x3b, 0x44, 0x24, 0x10]].concat());
    let marks = Marks { slots: true, ..Marks::default() };
    let narrow = folded_by(&[STORE_RAX, CALL, &load, COMPARE], marks).0;
    assert_eq!(narrow, [STORE_EAX, CALL, &[0x3b, 0x44, 0x24, 0x10]].concat());
}

#[test]
fn narrow_values_are_compared_as_such() {
    let byte = |start: &[u8], reg: u8, end: &[u8]| [start, &[0x87 | reg << 3, 0, 0, 1, 0], end].concat();
    let compare = |number: i32| [&[0x81, 0xf9][..], &number.to_le_bytes()].concat();
    let test = |number: i32| [&[0xf7, 0xc1][..], &number.to_le_bytes()].concat();
    let jump = |condition: u8| vec![0x70 | condition, 0];
    // Equality, and without a sign.
    for condition in [2, 3, 4, 5, 6, 7] {
        let jump = jump(condition);
        let folds = |load: &[u8], user: &[u8], after: Vec<u8>| {
            assert_eq!(folded(&[load, user, &jump]), [after, jump.clone()].concat(), "{load:x?} {user:x?}");
        };
        folds(LOAD_BYTE, COMPARE_5, byte(&[0x80], 7, &[5]));
        folds(LOAD_BYTE, &compare(255), byte(&[0x80], 7, &[255]));
        folds(LOAD_BYTE, TEST, byte(&[0x80], 7, &[0]));
        folds(LOAD_BYTE, &test(0x7f), byte(&[0xf6], 0, &[0x7f]));
        folds(LOAD_BYTE, &test(0x80), byte(&[0xf6], 0, &[0x80]));
        folds(LOAD_BYTE, &[0xf6, 0xc1, 0x81], byte(&[0xf6], 0, &[0x81]));
        folds(LOAD_SIGNED, COMPARE_5, byte(&[0x80], 7, &[5]));
        folds(LOAD_SIGNED, &compare(-1), byte(&[0x80], 7, &[0xff]));
        folds(LOAD_WORD, COMPARE_5, byte(&[0x66, 0x83], 7, &[5]));
        folds(LOAD_WORD, TEST, byte(&[0x66, 0x83], 7, &[0]));
    }
    // With a sign, where the value has one.
    for condition in [12, 13, 14, 15] {
        let jump = jump(condition);
        assert_stays(&[LOAD_BYTE, COMPARE_5, &jump]);
        assert_stays(&[LOAD_BYTE, TEST, &jump]);
        assert_stays(&[LOAD_BYTE, &test(0x12345680), &jump]);
        assert_stays(&[LOAD_WORD, COMPARE_5, &jump]);
        let after = [byte(&[0x80], 7, &[5]), jump.clone()].concat();
        assert_eq!(folded(&[LOAD_SIGNED, COMPARE_5, &jump]), after);
    }
    // The sign of the difference is another.
    assert_stays(&[LOAD_SIGNED, COMPARE_5, &jump(8)]);
    // Numbers that do not fit.
    for number in [-1, 256, 0x100_0005] {
        let long = [LOAD_BYTE, &compare(number), JE];
        assert_eq!(folded(&long)[..7], *LOAD_BYTE, "{number}");
    }
    assert_eq!(folded(&[LOAD_SIGNED, &compare(128), JE])[..7], *LOAD_SIGNED);
    assert_eq!(folded(&[LOAD_WORD, &compare(128), JE])[..7], *LOAD_WORD);
}

#[test]
fn conditions_are_found_where_they_are_asked_for() {
    // A move between, then setl al; two branches in a row; the second after a jump.
    assert_stays(&[LOAD_BYTE, COMPARE_5, &[0x89, 0xd6], &[0x0f, 0x9c, 0xc0]]);
    assert_stays(&[LOAD_BYTE, COMPARE_5, JE, JL]);
    assert_stays(&[LOAD_BYTE, COMPARE_5, &[0xeb, 0], JL]);
    // What is asked for there is of another comparison.
    let again = [&[0x83, 0xfe, 1], JL].concat();
    let after = [&[0x80, 0xbf, 0, 0, 1, 0, 5], JE, &again].concat();
    assert_eq!(folded(&[LOAD_BYTE, COMPARE_5, JE, &again]), after);
}

#[test]
fn traps_go_along_with_their_loads() {
    let at = |inside: usize| 11 + inside as u32;
    let marks = |traps: &[(usize, u8)]| {
        let traps: Vec<(u32, u8)> = traps.iter().map(|(offset, code)| (at(*offset), *code)).collect();
        let starts: Vec<u32> = traps.iter().map(|(offset, _)| *offset).collect();
        Marks { boundaries: starts.clone(), starts, traps, ..Marks::default() }
    };
    // The trap of the load is now at the comparison, behind mov eax, 1; a return address is where it was.
    let (code, map) = folded_by(&[LOAD, SET_RAX, TEST, JE], marks(&[(0, 1)]));
    assert_eq!(code, [SET_RAX, &[0x83, 0xbf, 0, 0, 1, 0, 0], JE].concat());
    assert_eq!((map.trap(at(0)), map.get(at(0)), map.get(at(13))), (at(5), at(0), at(12)));
    // Twice: the load becomes one of rsi, then an operand.
    let (code, map) = folded_by(&[LOAD, &[0x89, 0xce], SET_RAX, &[0x39, 0xf0]], marks(&[(0, 1)]));
    assert_eq!(code, [SET_RAX, &[0x3b, 0x87, 0, 0, 1, 0]].concat());
    assert_eq!(map.trap(at(0)), at(5));
    // Another load that traps may be between, if it does so in the same way.
    let loads = [LOAD, &[0x8b, 0x96, 0, 0, 1, 0], COMPARE];
    assert_eq!(folded_by(&loads, marks(&[(0, 1), (6, 1)])).0.len(), 12);
    assert_eq!(folded_by(&loads, marks(&[(0, 1), (6, 2)])).0, loads.concat());
    // So does a division: idiv esi
    let division = [LOAD, &[0xf7, 0xfe], TEST];
    assert_eq!(folded_by(&division, marks(&[(0, 1), (6, 2)])).0, division.concat());
}

#[test]
fn functions_without_a_frame_fold_what_is_not_on_the_stack() {
    let run = |inside: &[u8]| {
        let code = [&[0x55, 0x48, 0x89, 0xe5][..], inside, &[0x48, 0x89, 0xec, 0x5d, 0xc3]].concat();
        let marks = Marks { fold: true, alignment: 16, ..Marks::default() };
        run(&code, &marks).unwrap()[4..].to_vec()
    };
    let rest = [0xc9, 0xc3];
    assert_eq!(run(&[LOAD, TEST].concat()), [&[0x83, 0xbf, 0, 0, 1, 0, 0][..], &rest].concat());
    // mov ecx, [rbp+16]
    let argument = [&[0x8b, 0x4d, 16], TEST].concat();
    assert_eq!(run(&argument), [&argument[..], &rest].concat());
    // What the linker fills in stays: mov ecx, [ADDRESS]
    let code = [LOAD, TEST, &[0xc3]].concat();
    let marks = Marks { fold: true, alignment: 16, relocations: vec![2], ..Marks::default() };
    assert_eq!(super::run(&code, &marks).unwrap(), code);
}
