//! Blocks that are there once.

use super::*;

fn merged_by(code: &[u8], marks: Marks) -> Vec<u8> {
    run(code, &Marks { merge: true, alignment: 16, ..marks }).unwrap()
}

fn merged(code: &[&[u8]]) -> Vec<u8> {
    merged_by(&code.concat(), Marks::default())
}

/// A branch on a condition, `je` or `jne`, over so many bytes.
fn branch(condition: u8, distance: i32) -> Vec<u8> {
    [&[0x0f, 0x80 | condition][..], &distance.to_le_bytes()].concat()
}

/// A jump over so many bytes.
fn jump(distance: i32) -> Vec<u8> {
    [&[0xe9][..], &distance.to_le_bytes()].concat()
}

const JE: u8 = 4;
const JNE: u8 = 5;
/// `mov eax, ecx`, `mov eax, edx`, `nop`, `ret`
const MOVE: &[u8] = &[0x89, 0xc8];
const OTHER: &[u8] = &[0x89, 0xd0];
const NOP: &[u8] = &[0x90];
const RET: &[u8] = &[0xc3];

#[test]
fn a_branch_over_a_block_that_is_there_becomes_the_opposite_one_to_the_other() {
    // je over the first block; je over the second; both go on at the end.
    let block = |distance| [MOVE, &jump(distance)].concat();
    let code = [&branch(JE, 7)[..], &block(14), &branch(JE, 7), &block(1), NOP, RET].concat();
    // jne back to the first one
    assert_eq!(merged(&[&code]), [0x74, 4, 0x89, 0xc8, 0xeb, 3, 0x75, 0xfa, 0x90, 0xc3]);
    // Another block, or the same that goes on elsewhere.
    let other = [&branch(JE, 7)[..], &block(14), &branch(JE, 7), OTHER, &jump(1), NOP, RET].concat();
    assert_eq!(merged(&[&other])[6..12], [0x74, 4, 0x89, 0xd0, 0xeb, 1]);
    let elsewhere = [&branch(JE, 7)[..], &block(14), &branch(JE, 7), &block(2), NOP, NOP, RET].concat();
    assert_eq!(merged(&[&elsewhere])[6..12], [0x74, 4, 0x89, 0xc8, 0xeb, 2]);
}

#[test]
fn branches_to_a_block_that_is_there_lead_to_the_other_one() {
    // je to the first block, jne to the second, ret; the blocks, which return; both are entered by branches only.
    let code = [&branch(JE, 7)[..], &branch(JNE, 4), RET, MOVE, RET, MOVE, RET].concat();
    assert_eq!(merged(&[&code]), [0x74, 3, 0x75, 1, 0xc3, 0x89, 0xc8, 0xc3]);
    // The second one goes on at the end of the first.
    let code = [&branch(JE, 7)[..], &branch(JNE, 5), RET, MOVE, NOP, RET, MOVE, &jump(-9)].concat();
    assert_eq!(merged(&[&code]), [0x74, 3, 0x75, 1, 0xc3, 0x89, 0xc8, 0x90, 0xc3]);
}

#[test]
fn branches_to_jumps_lead_on() {
    // je to the jump, jne to what is behind, nop, ret; the jump over a nop
    let code = [&branch(JE, 8)[..], &branch(JNE, 7), NOP, RET, &jump(1), NOP, OTHER, RET].concat();
    assert_eq!(merged(&[&code]), [0x74, 5, 0x75, 2, 0x90, 0xc3, 0x90, 0x89, 0xd0, 0xc3]);
    // je over a jump
    let code = [&branch(JE, 5)[..], &jump(1), NOP, RET].concat();
    assert_eq!(merged(&[&code]), [0x75, 1, 0x90, 0xc3]);
    // A jump to itself, and two to each other.
    assert_eq!(merged(&[&jump(-5)]), [0xeb, 0xfe]);
    let code = [&branch(JE, 1)[..], RET, &jump(0), &jump(-10)].concat();
    assert_eq!(merged(&[&code]), [0x74, 1, 0xc3, 0xeb, 0xfe]);
    // A jump to the next instruction.
    assert_eq!(merged(&[&jump(0), RET]), RET);
}

#[test]
fn blocks_far_from_each_other_are_removed() {
    let code = [&branch(JE, 5)[..], &jump(1), NOP, OTHER].concat();
    let short = [&[0x75, 1][..], NOP, OTHER].concat();
    let nops = vec![0x90; 9000];
    assert_eq!(merged(&[&code, &nops, &code, RET]), [&short, &nops[..], &short, RET].concat());
}

#[test]
fn blocks_become_the_same_when_those_they_lead_to_do() {
    // Two blocks go on at two others, which return.
    let block = |distance| [MOVE, &jump(distance)].concat();
    let last = [OTHER, RET].concat();
    let code = [&branch(JE, 7)[..], &branch(JNE, 8), RET, &block(7), &block(3), &last, &last].concat();
    assert_eq!(merged(&[&code]), [0x74, 3, 0x75, 1, 0xc3, 0x89, 0xc8, 0x89, 0xd0, 0xc3]);
}

#[test]
fn entries_of_tables_lead_to_what_is_left() {
    // lea rax, [rip+TABLE]; jmp rcx; the table; two blocks
    let mut code = vec![0x48, 0x8d, 0x05, 2, 0, 0, 0, 0xff, 0xe1];
    let block = [MOVE, RET].concat();
    code.extend([8, 0, 0, 0, 11, 0, 0, 0]);
    code.extend([&block[..], &block].concat());
    let marks = Marks { starts: vec![17, 20], ..Marks::default() };
    let code = merged_by(&code, marks);
    assert_eq!(code[9..], [8, 0, 0, 0, 8, 0, 0, 0, 0x89, 0xc8, 0xc3]);
}

#[test]
fn what_is_entered_from_above_stays() {
    let first = [&branch(JE, 4)[..], NOP, MOVE, RET].concat();
    // nop before the second block, to which a branch leads
    let code = [&first[..], &branch(JE, 1), NOP, MOVE, RET].concat();
    assert_eq!(merged(&[&code]).len(), code.len() - 8);
    // The first instruction of the function, to which a branch leads.
    let code = [MOVE, &jump(8), &branch(JE, -13), MOVE, RET].concat();
    assert_eq!(merged(&[&code])[..4], [0x89, 0xc8, 0xeb, 4]);
}

#[test]
fn a_place_of_which_nothing_is_left_still_leads_to_what_follows() {
    const CDQ: &[u8] = &[0x99];
    // je to what nobody uses, before the second block; je to that block itself; a jump over the first block
    let entry = [&branch(JE, 30)[..], &branch(JE, 27), &jump(7), MOVE, &jump(24)].concat();
    // je to the first block; jne over the second; mov r8, rax for nobody
    let second = [&branch(JE, -13)[..], &branch(JNE, 10), &[0x49, 0x89, 0xc0], MOVE, &jump(2)].concat();
    let code = [&entry[..], &second, CDQ, RET, CDQ, CDQ, RET].concat();
    let branches = [0x74, 6, 0x74, 4, 0x74, 2, 0x75, 4, 0x89, 0xc8, 0xeb, 2];
    let marks = Marks { slots: true, ..Marks::default() };
    assert_eq!(merged_by(&code, marks), [&branches[..], CDQ, RET, CDQ, CDQ, RET].concat());
}

#[test]
fn what_has_its_own_place_in_the_source_stays() {
    let twice = |block: &[u8]| {
        let len = block.len() as i32;
        [&branch(JE, 7)[..], &branch(JNE, len + 1), RET, block, block].concat()
    };
    let len = |block: &[u8], marks: Marks| merged_by(&twice(block), marks).len() - 5;
    // mov eax, [rdi]; ret
    let load = [0x8b, 0x07, 0xc3];
    assert_eq!(len(&load, Marks::default()), 3);
    let traps = |at| Marks { traps: vec![(at, 1)], starts: vec![at], ..Marks::default() };
    assert_eq!(len(&load, traps(13)), 6);
    assert_eq!(len(&load, traps(16)), 6);
    // A call; a jump that the linker fills in; ud2; mov eax, [rip]
    let call = [0xe8, 0, 0, 0, 0, 0xc3];
    assert_eq!(len(&call, Marks { relocations: vec![14, 20], ..Marks::default() }), 12);
    let tail = [0x89, 0xc8, 0xe9, 0, 0, 0, 0];
    assert_eq!(len(&tail, Marks { relocations: vec![16, 23], ..Marks::default() }), 14);
    assert_eq!(len(&[0xff, 0xd0, 0xc3], Marks::default()), 6);
    assert_eq!(len(&[0x0f, 0x0b], Marks::default()), 4);
}

#[test]
fn a_trap_that_moved_stays_where_it_went() {
    // mov ecx, [rdi+0x10000], which traps; cmp eax, ecx; ret
    let block = [0x8b, 0x8f, 0, 0, 1, 0, 0x39, 0xc8, 0xc3];
    let code = [&branch(JE, 7)[..], &branch(JNE, 10), RET, &block, &block].concat();
    let traps = vec![(13, 1), (22, 1)];
    let marks = Marks { traps, starts: vec![13, 22], fold: true, ..Marks::default() };
    // cmp eax, [rdi+0x10000]
    let folded = [0x3b, 0x87, 0, 0, 1, 0, 0xc3];
    assert_eq!(merged_by(&code, marks), [&[0x74, 3, 0x75, 8, 0xc3][..], &folded, &folded].concat());
}

#[test]
fn short_branches_lead_where_they_did() {
    // A short je to the second block.
    let code = [&branch(JE, 3)[..], &[0x74, 4], RET, MOVE, RET, MOVE, RET].concat();
    assert_eq!(merged(&[&code]).len(), code.len() - 4 - 3);
}
