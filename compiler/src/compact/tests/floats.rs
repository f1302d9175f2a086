//! Loads of floating-point numbers that become operands.

use super::fold::{assert_stays, folded, folded_by};
use super::*;

/// `movsd xmm9, [rdi+0x10000]`, `movss xmm9, [rdi+0x10000]`
const LOAD: &[u8] = &[0xf2, 0x44, 0x0f, 0x10, 0x8f, 0, 0, 1, 0];
const LOAD_SINGLE: &[u8] = &[0xf3, 0x44, 0x0f, 0x10, 0x8f, 0, 0, 1, 0];
/// `subsd xmm1, xmm9`, and the same of what is loaded
const SUBTRACT: &[u8] = &[0xf2, 0x41, 0x0f, 0x5c, 0xc9];
const SUBTRACT_LOADED: &[u8] = &[0xf2, 0x0f, 0x5c, 0x8f, 0, 0, 1, 0];
/// `movsd xmm10, [rsi+0x10000]`
const ANOTHER: &[u8] = &[0xf2, 0x44, 0x0f, 0x10, 0x96, 0, 0, 1, 0];
/// `movaps xmm2, xmm9`
const USE: &[u8] = &[0x41, 0x0f, 0x28, 0xd1];

#[test]
fn loads_become_operands() {
    // The operand [rdi+0x10000], with ModRM's field reg.
    let with = |start: &[u8], reg: u8| [start, &[0x87 | reg << 3, 0, 0, 1, 0]].concat();
    for opcode in [0x51, 0x58, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f] {
        let double = [0xf2, 0x41, 0x0f, opcode, 0xc9];
        assert_eq!(folded(&[LOAD, &double]), with(&[0xf2, 0x0f, opcode], 1), "{opcode:x}");
        let single = [0xf3, 0x41, 0x0f, opcode, 0xc9];
        assert_eq!(folded(&[LOAD_SINGLE, &single]), with(&[0xf3, 0x0f, opcode], 1), "{opcode:x}");
        // Of the other width, or of vectors.
        assert_stays(&[LOAD, &single]);
        assert_stays(&[LOAD_SINGLE, &double]);
        assert_stays(&[LOAD, &[0x66, 0x41, 0x0f, opcode, 0xc9]]);
        // The number is what it is added to: xmm9, xmm1; both: xmm9, xmm9.
        assert_stays(&[LOAD, &[0xf2, 0x44, 0x0f, opcode, 0xc9]]);
        assert_stays(&[LOAD, &[0xf2, 0x45, 0x0f, opcode, 0xc9]]);
    }
    // ucomisd xmm1, xmm9; ucomiss xmm1, xmm9; cvttsd2si ecx, xmm9; cvttsd2si r9, xmm9
    assert_eq!(folded(&[LOAD, &[0x66, 0x41, 0x0f, 0x2e, 0xc9]]), with(&[0x66, 0x0f, 0x2e], 1));
    assert_eq!(folded(&[LOAD_SINGLE, &[0x41, 0x0f, 0x2e, 0xc9]]), with(&[0x0f, 0x2e], 1));
    assert_eq!(folded(&[LOAD, &[0xf2, 0x41, 0x0f, 0x2c, 0xc9]]), with(&[0xf2, 0x0f, 0x2c], 1));
    assert_eq!(folded(&[LOAD, &[0xf2, 0x4d, 0x0f, 0x2c, 0xc9]]), with(&[0xf2, 0x4c, 0x0f, 0x2c], 1));
    assert_stays(&[LOAD, &[0x41, 0x0f, 0x2e, 0xc9]]);
    assert_stays(&[LOAD_SINGLE, &[0x66, 0x41, 0x0f, 0x2e, 0xc9]]);
}

#[test]
fn what_is_between_has_nothing_to_do_with_it() {
    // Another load; a load of an integer that becomes an operand itself; a stack slot.
    assert_eq!(folded(&[LOAD, ANOTHER, SUBTRACT]), [ANOTHER, SUBTRACT_LOADED].concat());
    let compare = [&[0x8b, 0x8e, 0, 0, 1, 0][..], &[0x39, 0xc8]].concat();
    let compared = [0x3b, 0x86, 0, 0, 1, 0];
    assert_eq!(folded(&[LOAD, &compare, SUBTRACT]), [&compared, SUBTRACT_LOADED].concat());
    let slot = [0x48, 0x89, 0x44, 0x24, 8];
    assert_eq!(folded(&[LOAD, &slot, SUBTRACT]), [&slot, SUBTRACT_LOADED].concat());
    // A store; a call; the address; the register; a fence; what is not known.
    let between: [&[u8]; 7] = [
        &[0x89, 0x86, 0, 0, 1, 0],
        &[0x0f, 0x11, 0x06],
        CALL,
        &[0xbf, 1, 0, 0, 0],
        &[0x44, 0x0f, 0x28, 0xca],
        &[0x0f, 0xae, 0xf0],
        &[0xc5, 0xf3, 0x58, 0xca],
    ];
    for between in between {
        assert_stays(&[LOAD, between, SUBTRACT]);
    }
    // Other threads may see the order of two loads.
    let marks = Marks { shared: true, ..Marks::default() };
    assert_eq!(folded_by(&[LOAD, ANOTHER, SUBTRACT], marks).0, [LOAD, ANOTHER, SUBTRACT].concat());
    // A store to a stack slot, the address of which may be in rdi.
    let store = [0x0f, 0x11, 0x44, 0x24, 0x10];
    assert_eq!(folded(&[LOAD, &store, SUBTRACT]), [&store, SUBTRACT_LOADED].concat());
    let marks = Marks { addressed: true, ..Marks::default() };
    assert_eq!(folded_by(&[LOAD, &store, SUBTRACT], marks).0, [LOAD, &store, SUBTRACT].concat());
    // What is on the stack stays: movsd xmm9, [rbp-16]
    assert_stays(&[&[0xf2, 0x44, 0x0f, 0x10, 0x4d, 0xf0], SUBTRACT]);
    // What follows a branch is another block: je to the next instruction
    assert_stays(&[LOAD, &[0x74, 0], SUBTRACT]);
}

#[test]
fn numbers_that_are_used_again_are_loaded() {
    assert_stays(&[LOAD, SUBTRACT, USE]);
    assert_stays(&[LOAD, USE, SUBTRACT]);
    // je over the use; a loop: jne to the subtraction
    assert_stays(&[LOAD, SUBTRACT, &[0x74, 4], USE]);
    assert_stays(&[LOAD, SUBTRACT, &[0x75, 0xf9]]);
    assert_eq!(folded(&[LOAD, SUBTRACT, &[0x75, 0xf0]]), [SUBTRACT_LOADED, &[0x75, 0xf6]].concat());
    // Another number is there then: movsd xmm9, [rsi+0x10000]; part of it: movsd xmm9, xmm2
    let another = [0xf2, 0x44, 0x0f, 0x10, 0x8e, 0, 0, 1, 0];
    assert_eq!(folded(&[LOAD, SUBTRACT, &another, USE]), [SUBTRACT_LOADED, &another, USE].concat());
    assert_stays(&[LOAD, SUBTRACT, &[0xf2, 0x44, 0x0f, 0x10, 0xca], USE]);
    // A function that is called, or the caller, may get it: movsd xmm7, [rdi+0x10000]; subsd xmm1, xmm7
    let passed = [0xf2, 0x0f, 0x10, 0xbf, 0, 0, 1, 0];
    let subtract = [0xf2, 0x0f, 0x5c, 0xcf];
    assert_stays(&[&passed, &subtract]);
    assert_stays(&[&passed, &subtract, CALL]);
    let moved = [0x0f, 0x28, 0xfa];
    assert_eq!(folded(&[&passed, &subtract, &moved]), [SUBTRACT_LOADED, &moved].concat());
}

#[test]
fn traps_go_along_with_their_loads() {
    let at = |inside: usize| 11 + inside as u32;
    let marks = |traps: &[(usize, u8)]| {
        let traps: Vec<(u32, u8)> = traps.iter().map(|(offset, code)| (at(*offset), *code)).collect();
        let starts: Vec<u32> = traps.iter().map(|(offset, _)| *offset).collect();
        Marks { boundaries: starts.clone(), starts, traps, ..Marks::default() }
    };
    let (code, map) = folded_by(&[LOAD, ANOTHER, SUBTRACT], marks(&[(0, 1), (9, 1)]));
    assert_eq!(code, [ANOTHER, SUBTRACT_LOADED].concat());
    assert_eq!((map.trap(at(0)), map.trap(at(9)), map.get(at(18))), (at(9), at(0), at(9)));
    // Not over what traps in another way, which may be a load that became an operand: cmp eax, [rsi+0x10000]
    let loads = [LOAD, ANOTHER, SUBTRACT];
    assert_eq!(folded_by(&loads, marks(&[(0, 1), (9, 2)])).0, loads.concat());
    let compare = [&[0x8b, 0x8e, 0, 0, 1, 0][..], &[0x39, 0xc8]].concat();
    let compared = [0x3b, 0x86, 0, 0, 1, 0];
    let (code, map) = folded_by(&[LOAD, &compare, SUBTRACT], marks(&[(0, 1), (9, 2)]));
    assert_eq!(code, [LOAD, &compared, SUBTRACT].concat());
    assert_eq!((map.trap(at(0)), map.trap(at(9))), (at(0), at(9)));
    let (code, map) = folded_by(&[LOAD, &compare, SUBTRACT], marks(&[(0, 1), (9, 1)]));
    assert_eq!(code, [&compared, SUBTRACT_LOADED].concat());
    assert_eq!((map.trap(at(0)), map.trap(at(9))), (at(6), at(0)));
}
