//! Frames that are set up and left in fewer bytes.

use super::*;

const SET_UP: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// `mov rsp, rbp; pop rbp; ret`
const LEAVE: [u8; 5] = [0x48, 0x89, 0xec, 0x5d, 0xc3];
/// `nop`, `leave; ret`
const NOP: &[u8] = &[0x90];
const SHORT: [u8; 2] = [0xc9, 0xc3];

/// `mov [rsp+distance], register` or, with 0x8b, a load.
fn access(opcode: u8, register: u8, distance: u8) -> Vec<u8> {
    let rex = 0x48 | register >> 3 << 2;
    let modrm = (register & 7) << 3 | 4;
    if distance == 0 { vec![rex, opcode, modrm, 0x24] } else { vec![rex, opcode, modrm | 0x40, 0x24, distance] }
}

fn accesses(opcode: u8, registers: &[u8], first: u8) -> Vec<u8> {
    let each = registers.iter().enumerate();
    each.flat_map(|(index, register)| access(opcode, *register, first + 8 * index as u8)).collect()
}

/// A function with a frame that saves registers from a distance on.
fn saving(registers: &[u8], size: u8, first: u8, inside: &[u8]) -> Vec<u8> {
    let (store, load) = (accesses(0x89, registers, first), accesses(0x8b, registers, first));
    let (sub, add) = ([0x48, 0x83, 0xec, size], [0x48, 0x83, 0xc4, size]);
    [&SET_UP[..], &sub, &store, inside, &load, &add, &LEAVE].concat()
}

fn with(code: &[u8]) -> Vec<u8> {
    run(code, &marks()).unwrap()
}

#[test]
fn frames_are_taken_away_by_one_instruction() {
    let code = [&SET_UP[..], NOP, &LEAVE].concat();
    assert_eq!(with(&code), [&SET_UP[..], NOP, &SHORT].concat());
    // Something leads to pop rbp.
    let code = [&SET_UP[..], &[0x74, 4], NOP, &LEAVE].concat();
    assert_eq!(with(&code), code);
    let code = [&SET_UP[..], &[0x74, 1], NOP, &LEAVE].concat();
    assert_eq!(with(&code), [&SET_UP[..], &[0x74, 1], NOP, &SHORT].concat());
    // pop rbp; ret alone; ret at the start
    let code = [&SET_UP[..], NOP, &[0x5d, 0xc3]].concat();
    assert_eq!(with(&code), code);
    assert_eq!(with(&[0xc3]), [0xc3]);
}

#[test]
fn registers_are_saved_where_they_were() {
    // rbx and r12 of a frame of nothing else; then of one with 16 bytes below
    let code = saving(&[3, 12], 16, 0, NOP);
    let push = [0x41, 0x54, 0x53];
    let pop = [0x5b, 0x41, 0x5c];
    assert_eq!(with(&code), [&SET_UP[..], &push, NOP, &pop, &[0x5d, 0xc3]].concat());
    let code = saving(&[3, 12], 32, 16, NOP);
    let (sub, lea) = ([0x48, 0x83, 0xec, 16], [0x48, 0x8d, 0x65, 0xf0]);
    assert_eq!(with(&code), [&SET_UP[..], &push, &sub, NOP, &lea, &pop, &[0x5d, 0xc3]].concat());
    // Another one, so that there is room above: push rax
    let code = saving(&[3, 12, 15], 0x30, 16, NOP);
    let push = [0x50, 0x41, 0x57, 0x41, 0x54, 0x53];
    let pop = [0x5b, 0x41, 0x5c, 0x41, 0x5f];
    let lea = [0x48, 0x8d, 0x65, 0xe0];
    assert_eq!(with(&code), [&SET_UP[..], &push, &sub, NOP, &lea, &pop, &SHORT].concat());
}

#[test]
fn large_frames_stay_large() {
    // sub rsp, 0x210; mov [rsp+0x200], rbx; mov [rsp+0x208], r12
    let distance = |low: u8| [low, 2, 0, 0];
    let frame = |opcode: u8| {
        [&[0x48, opcode, 0x9c, 0x24][..], &distance(0), &[0x4c, opcode, 0xa4, 0x24], &distance(8)].concat()
    };
    let size = distance(0x10);
    let (sub, add) = ([&[0x48, 0x81, 0xec][..], &size].concat(), [&[0x48, 0x81, 0xc4][..], &size].concat());
    let code = [&SET_UP[..], &sub, &frame(0x89), NOP, &frame(0x8b), &add, &LEAVE].concat();
    let inner = [0x48, 0x81, 0xec, 0, 2, 0, 0];
    let leaving = [0x48, 0x8d, 0x65, 0xf0, 0x5b, 0x41, 0x5c, 0x5d, 0xc3];
    assert_eq!(with(&code), [&SET_UP[..], &[0x41, 0x54, 0x53], &inner, NOP, &leaving].concat());
}

#[test]
fn what_is_no_such_frame_stays() {
    let stays = |code: &[u8]| {
        let new = with(code);
        assert_eq!(new[..8], code[..8], "{code:x?}");
        assert!(!new[8..].iter().any(|byte| matches!(byte, 0x53 | 0x5b)), "{new:x?}");
    };
    // Something between the registers and the top of the frame; rax; one register twice as far
    stays(&saving(&[3, 12], 48, 16, NOP));
    stays(&saving(&[0, 12], 32, 16, NOP));
    let store = [access(0x89, 3, 0), access(0x89, 12, 16)].concat();
    stays(&[&SET_UP[..], &[0x48, 0x83, 0xec, 32], &store, NOP, &[0x48, 0x83, 0xc4, 32], &LEAVE].concat());
}

#[test]
fn who_leaves_the_frame_otherwise_finds_the_same() {
    // rbx and r12 are restored in another order, or something leads between them
    let (store, load) = (accesses(0x89, &[3, 12], 0), [access(0x8b, 12, 8), access(0x8b, 3, 0)].concat());
    let (sub, add) = ([0x48, 0x83, 0xec, 16], [0x48, 0x83, 0xc4, 16]);
    let code = [&SET_UP[..], &sub, &store, NOP, &load, &add, &LEAVE].concat();
    let kept = [0x4c, 0x8b, 0x65, 0xf8, 0x48, 0x8b, 0x1c, 0x24];
    assert_eq!(with(&code)[4..], [&[0x41, 0x54, 0x53][..], NOP, &kept, &SHORT].concat());
    let load = accesses(0x8b, &[3, 12], 0);
    let code = [&SET_UP[..], &sub, &store, &[0x74, 4], &load, &add, &LEAVE].concat();
    let kept = [0x48, 0x8b, 0x1c, 0x24, 0x4c, 0x8b, 0x65, 0xf8];
    assert_eq!(with(&code)[4..], [&[0x41, 0x54, 0x53, 0x74, 4][..], &kept, &SHORT].concat());
    // To the first of them: a loop
    let code = [&SET_UP[..], &sub, &store, &[0x74, 0], &load, &add, &LEAVE].concat();
    let pop = [0x5b, 0x41, 0x5c, 0x5d, 0xc3];
    assert_eq!(with(&code)[4..], [&[0x41, 0x54, 0x53, 0x74, 0][..], &pop].concat());
}

#[test]
fn registers_that_are_not_saved_any_more_are_not_restored() {
    // Nothing changes rbx and r12, so that neither stores nor loads are needed.
    let code = saving(&[3, 12], 16, 0, &[0x99]);
    let marks = Marks { slots: true, ..marks() };
    assert_eq!(run(&code, &marks).unwrap(), [&SET_UP[..], &[0x48, 0x83, 0xec, 16, 0x99], &SHORT].concat());
}
