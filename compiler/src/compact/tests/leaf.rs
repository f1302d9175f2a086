//! Frames that are of no use.

use super::*;

const BEGIN: &[u8] = &[0x55, 0x48, 0x89, 0xe5];
const END: &[u8] = &[0x48, 0x89, 0xec, 0x5d, 0xc3];

/// What becomes of a function, and where its places are then.
fn without_frame(code: &[u8], marks: Marks) -> (Vec<u8>, OffsetMap) {
    let Compacted { code, map, .. } = compact_code(code, &Marks { leaf: true, ..marks }).unwrap();
    (code, map)
}

fn function(inside: &[&[u8]]) -> Vec<u8> {
    [BEGIN, &inside.concat(), END].concat()
}

/// All that is changed is how the frame is left.
fn assert_stays(code: &[u8], marks: Marks) {
    let rest = Marks { leaf: false, relocations: marks.relocations.clone(), ..super::marks() };
    assert_eq!(without_frame(code, marks).0, run(code, &rest).unwrap(), "{code:x?}");
    assert!(without_frame(code, rest).0.starts_with(&BEGIN[..1]));
}

#[test]
fn frames_of_no_use_go() {
    // mov eax, [rdi+0x10000]; subsd xmm4, xmm5, which is no use of rsp and rbp; a trap
    let load = [0x8b, 0x87, 0, 0, 1, 0];
    let subtract = [0xf2, 0x0f, 0x5c, 0xe5];
    assert_eq!(without_frame(&function(&[&load, &subtract]), marks()).0, [&load[..], &subtract, &[0xc3]].concat());
    assert_eq!(without_frame(&[BEGIN, &[0x0f, 0x0b]].concat(), marks()).0, [0x0f, 0x0b]);
    // je over a return, another return.
    let code = [BEGIN, &[0x74, 5], END, &load, END].concat();
    assert_eq!(without_frame(&code, marks()).0, [&[0x74, 1, 0xc3][..], &load, &[0xc3]].concat());
    // A loop: je back to the first instruction behind the frame.
    let code = function(&[&load, &[0x74, 0xf8]]);
    assert_eq!(without_frame(&code, marks()).0, [&load[..], &[0x74, 0xf8, 0xc3]].concat());
    // Not asked for.
    let left = [&code[..code.len() - END.len()], &[0xc9, 0xc3]].concat();
    assert_eq!(run(&code, &marks()).unwrap(), left);
}

#[test]
fn frames_of_use_stay() {
    let inside: &[&[u8]] = &[
        &[0xff, 0xd0],                                                    // call rax
        &[0x8b, 0x45, 0x10],                                              // mov eax, [rbp+16]
        &[0x8b, 0x44, 0x24, 0x10],                                        // mov eax, [rsp+16]
        &[0x42, 0x8b, 0x44, 0x2d, 0],                                     // mov eax, [rbp+r13]
        &[0x43, 0x8b, 0x44, 0x25, 0, 0x41, 0x8b, 0x04, 0x24, 0x89, 0xe0], // mov eax, esp behind others
        &[0xf2, 0x0f, 0x10, 0x44, 0x24, 8],                               // movsd xmm0, [rsp+8]
        &[0x48, 0x8d, 0x45, 0xf8],                                        // lea rax, [rbp-8]
        &[0x48, 0x89, 0xe8],                                              // mov rax, rbp
        &[0x53, 0x5b],                                                    // push rbx; pop rbx
        &[0x48, 0x89, 0xc5],                                              // mov rbp, rax
        &[0x48, 0x83, 0xec, 8],                                           // sub rsp, 8
        &[0x48, 0x89, 0xec],                                              // mov rsp, rbp
        &[0x5d],                                                          // pop rbp
        &[0xc5, 0xf8, 0x10, 0x45, 0xf0],                                  // vmovups xmm0, [rbp-16]
    ];
    for inside in inside {
        // mov eax, 1 is before, so that it is not the prologue that goes on.
        assert_stays(&function(&[SET_RAX, inside]), marks());
    }
    // sub rsp, 16 in the prologue; a return with the frame still there; one that drops arguments.
    assert_stays(&[BEGIN, &[0x48, 0x83, 0xec, 16], SET_RAX, &[0x48, 0x83, 0xc4, 16], SET_RAX, END].concat(), marks());
    assert_stays(&[BEGIN, SET_RAX, &[0xc3]].concat(), marks());
    assert_stays(&[BEGIN, SET_RAX, &END[..4], &[0xc2, 8, 0]].concat(), marks());
    // No frame was set up.
    assert_stays(&[&[0x55], SET_RAX, &[0x5d, 0xc3]].concat(), marks());
    // A jump to another function.
    let jump = [BEGIN, SET_RAX, &[0x48, 0x89, 0xec, 0x5d, 0xe9, 0, 0, 0, 0]].concat();
    assert_stays(&jump, Marks { relocations: vec![14], ..marks() });
}

#[test]
fn places_move_with_the_code() {
    let load = [0x8b, 0x87, 0, 0, 1, 0];
    let marks = Marks { boundaries: vec![4], starts: vec![4], traps: vec![(4, 1)], ..marks() };
    let (_, map) = without_frame(&function(&[&load]), marks);
    assert_eq!((map.get(0), map.trap(4), map.get(10), map.get(15)), (0, 0, 6, 7));
}
