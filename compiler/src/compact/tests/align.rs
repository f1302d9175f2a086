use super::super::instruction::decode;
use super::*;

fn align(code: &[u8], marks: Marks) -> Compacted {
    compact_code(code, &Marks { align: true, ..marks }).unwrap()
}

/// `xor eax, eax`, then `inc eax`, `cmp eax, 9` and a branch back to the increment, and what follows.
fn counting(behind: &[u8]) -> Vec<u8> {
    [&[0x31, 0xc0, 0xff, 0xc0, 0x83, 0xf8, 9, 0x0f, 0x85, 0xf5, 0xff, 0xff, 0xff][..], behind].concat()
}

#[test]
fn loops_begin_where_lines_do() {
    let Compacted { code, map, alignment } = align(&counting(&[0xc3]), marks());
    assert_eq!((code[..2].to_vec(), alignment), (vec![0x31, 0xc0], 32));
    assert_eq!(code[32..], [0xff, 0xc0, 0x83, 0xf8, 9, 0x75, 0xf9, 0xc3]);
    let lens = [9, 9, 9, 3];
    let mut padding = &code[2..32];
    for len in lens {
        assert_eq!(decode(padding).unwrap().len, len);
        padding = &padding[len..];
    }
    assert_eq!([0, 2, 4, 7, 13].map(|offset| map.get(offset)), [0, 32, 34, 37, 39]);
    let disabled = compact_code(&counting(&[0xc3]), &marks()).unwrap();
    assert_eq!((disabled.code.len(), disabled.alignment), (10, 16));
}

#[test]
fn loops_around_others_stay_where_they_are() {
    // xor ecx, ecx; the loop; inc ecx; jne to `xor eax, eax`.
    let behind = [0xff, 0xc1, 0x0f, 0x85, 0xeb, 0xff, 0xff, 0xff, 0xc3];
    let code = [&[0x31, 0xc9][..], &counting(&behind)].concat();
    let code = align(&code, marks()).code;
    assert_eq!(code[32..], [0xff, 0xc0, 0x83, 0xf8, 9, 0x75, 0xf9, 0xff, 0xc1, 0x75, 0xd7, 0xc3]);
    assert_eq!(code[..4], [0x31, 0xc9, 0x31, 0xc0]);
}

#[test]
fn loops_of_functions_that_call_are_aligned_inside_others() {
    let call = [0xe8, 0, 0, 0, 0];
    let calling = |code: &[u8], returns: Vec<u32>| {
        let code = [&call[..], code].concat();
        let marks = Marks { relocations: vec![1], returns, ..marks() };
        (align(&code, marks).code, code.len())
    };
    let (code, len) = calling(&counting(&[0xc3]), vec![5]);
    assert_eq!(code.len(), len - 4);
    // inc ecx; jne to `xor eax, eax`.
    let (code, _) = calling(&counting(&[0xff, 0xc1, 0x0f, 0x85, 0xeb, 0xff, 0xff, 0xff, 0xc3]), vec![5]);
    assert_eq!(code[32..39], [0xff, 0xc0, 0x83, 0xf8, 9, 0x75, 0xf9]);
}

#[test]
fn branches_back_that_are_in_no_loop_align_nothing() {
    // je over the jump; inc ecx; a jump over all that follows; jne to the increment, which nothing of it leads back to.
    let leads_back = [0x74, 7, 0xff, 0xc1, 0xe9, 8, 0, 0, 0, 0x0f, 0x85, 0xf3, 0xff, 0xff, 0xff, 0x31, 0xc0, 0xc3];
    let leads_back = [&[0x0f, 0x84, 7, 0, 0, 0][..], &leads_back[2..]].concat();
    assert_eq!(align(&leads_back, marks()).code, [0x74, 4, 0xff, 0xc1, 0xeb, 4, 0x75, 0xfa, 0x31, 0xc0, 0xc3]);
    // The same with a branch over the jump, so that there is a loop.
    let goes_round = [
        &[0x31, 0xc0, 0xff, 0xc1, 0x0f, 0x84, 5, 0, 0, 0][..],
        &[0xe9, 6, 0, 0, 0, 0x0f, 0x85, 0xed, 0xff, 0xff, 0xff, 0xc3],
    ];
    let code = align(&goes_round.concat(), marks()).code;
    assert_eq!(code[32..], [0xff, 0xc1, 0x74, 2, 0xeb, 2, 0x75, 0xf8, 0xc3]);
}

#[test]
fn where_a_call_ends_no_padding_begins() {
    // call; inc eax; jne back; inc ecx; jne to the call.
    let code = [
        [0xe8, 0, 0, 0, 0, 0xff, 0xc0, 0x0f, 0x85, 0xf8, 0xff, 0xff, 0xff].as_slice(),
        &[0xff, 0xc1, 0x0f, 0x85, 0xeb, 0xff, 0xff, 0xff, 0xc3],
    ]
    .concat();
    let marks = Marks { relocations: vec![1], returns: vec![5], ..marks() };
    let Compacted { code, map, .. } = align(&code, marks);
    assert_eq!((code.len(), map.get(5)), (14, 5));
}

#[test]
fn branches_reach_over_padding() {
    // je over a loop and 90 bytes: 6 + 2 + 7 + 90 bytes that become short with the loop where it is, at most 31 more with padding.
    let over = |nops: usize| {
        let rest = [&vec![0x90; nops][..], &[0xc3]].concat();
        let body = counting(&rest);
        let distance = (body.len() - 1) as i32;
        [&[0x0f, 0x84][..], &distance.to_le_bytes(), &body].concat()
    };
    for nops in 60..128 {
        let code = align(&over(nops), marks()).code;
        let long = code[0] == 0x0f;
        let distance = if long { i32::from_le_bytes(code[2..6].try_into().unwrap()) } else { i32::from(code[1] as i8) };
        assert_eq!(distance as usize, code.len() - 1 - if long { 6 } else { 2 }, "{nops}");
        assert_eq!(code[32..39], [0xff, 0xc0, 0x83, 0xf8, 9, 0x75, 0xf9]);
    }
}

#[test]
fn constants_stay_aligned_behind_code_that_grows() {
    // movdqu xmm1, the constant; the loop, with an instruction before it or without one; a return; padding; 16 bytes.
    let body = counting(&[0xc3]);
    for body in [&body[..], &body[2..]] {
        let load = [0xf3, 0x0f, 0x6f, 0x0d];
        let before = load.len() + 4;
        let start = (before + body.len()).next_multiple_of(16);
        let distance = (start - before) as i32;
        let mut code = [&load[..], &distance.to_le_bytes(), body].concat();
        code.resize(start, 0);
        code.extend([7; 16]);
        let code = align(&code, marks()).code;
        let constant = before + i32::from_le_bytes(code[4..8].try_into().unwrap()) as usize;
        assert_eq!((constant % 16, &code[constant..]), (0, &[7; 16][..]));
        assert_eq!(code[32..40], [0xff, 0xc0, 0x83, 0xf8, 9, 0x75, 0xf9, 0xc3]);
    }
}
