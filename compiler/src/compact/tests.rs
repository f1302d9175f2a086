use super::*;

fn run(code: &[u8], marks: &Marks) -> Option<Vec<u8>> {
    compact_code(code, marks).map(|(code, _)| code)
}

fn marks() -> Marks {
    Marks { alignment: 16, ..Marks::default() }
}

/// `je` over `len` bytes of nop, a return.
fn branch_over(len: u8) -> Vec<u8> {
    let mut code = vec![0x0f, 0x84, len, 0, 0, 0];
    code.extend(vec![0x90; len.into()]);
    code.push(0xc3);
    code
}

#[test]
fn branches_that_reach_become_short() {
    let code = run(&branch_over(127), &marks()).unwrap();
    assert_eq!((code.len(), &code[..3]), (2 + 127 + 1, &[0x74, 127, 0x90][..]));
    assert_eq!(run(&branch_over(128), &marks()).unwrap(), branch_over(128));
}

#[test]
fn a_short_branch_brings_others_in_reach() {
    // jmp over 125 bytes and another branch, which becomes short first.
    let mut code = vec![0xe9, 130, 0, 0, 0, 0x0f, 0x84, 124, 0, 0, 0];
    code.extend([0x90; 124]);
    code.push(0xc3);
    let code = run(&code, &marks()).unwrap();
    assert_eq!(code[..4], [0xeb, 126, 0x74, 124]);
}

#[test]
fn branches_back_count_their_own_length() {
    let back = |len: usize| {
        let mut code = vec![0x90; len];
        code.push(0xe9);
        code.extend((-(len as i32) - 5).to_le_bytes());
        code
    };
    assert_eq!(run(&back(126), &marks()).unwrap()[126..], [0xeb, 0x80]);
    assert_eq!(run(&back(127), &marks()).unwrap(), back(127));
}

#[test]
fn what_the_linker_fills_in_stays() {
    let call = [0xe8, 0, 0, 0, 0, 0xe9, 0, 0, 0, 0, 0xeb, 0, 0xc3];
    let marks = Marks { relocations: vec![1, 6], ..marks() };
    assert_eq!(run(&call, &marks).unwrap(), call);
}

#[test]
fn what_is_not_understood_stays() {
    // syscall; a branch into an instruction; one out of the code; a trap in the middle of an instruction.
    assert!(run(&[0x0f, 0x05, 0xc3], &marks()).is_none());
    assert!(run(&[0xeb, 1, 0xb8, 0, 0, 0, 0, 0xc3], &marks()).is_none());
    assert!(run(&[0xeb, 9, 0xc3], &marks()).is_none());
    let marks = Marks { boundaries: vec![1], ..marks() };
    assert!(run(&[0x0f, 0x0b], &marks).is_none());
}

/// A frame of 0x100 bytes, `inside`, and the epilogue.
fn framed(inside: &[u8]) -> Vec<u8> {
    let mut code = vec![0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, 0, 1, 0, 0];
    code.extend(inside);
    code.extend([0x48, 0x81, 0xc4, 0, 1, 0, 0, 0x48, 0x89, 0xec, 0x5d, 0xc3]);
    code
}

/// What becomes of `inside`.
fn in_frame(inside: &[u8]) -> Vec<u8> {
    let code = run(&framed(inside), &marks()).unwrap();
    assert_eq!(code[code.len() - 5..], [0x48, 0x89, 0xec, 0x5d, 0xc3]);
    code[11..code.len() - 5].to_vec()
}

#[test]
fn stack_slots_are_reached_from_the_nearer_side() {
    // mov rax, [rsp+0x90] from the frame pointer
    assert_eq!(in_frame(&[0x48, 0x8b, 0x84, 0x24, 0x90, 0, 0, 0]), [0x48, 0x8b, 0x45, 0x90]);
    // movss [rsp+0x88], xmm9
    let store = [0xf3, 0x44, 0x0f, 0x11, 0x8c, 0x24, 0x88, 0, 0, 0];
    assert_eq!(in_frame(&store), [0xf3, 0x44, 0x0f, 0x11, 0x4d, 0x88]);
    // mov [rsp+0xf8], imm32 keeps its operand.
    assert_eq!(in_frame(&[0xc7, 0x84, 0x24, 0xf8, 0, 0, 0, 1, 2, 3, 4]), [0xc7, 0x45, 0xf8, 1, 2, 3, 4]);
    // [rsp+8] and [rsp] are far from the frame pointer; [rsp+0x7f0] is far from both.
    assert_eq!(in_frame(&[0x48, 0x8b, 0x44, 0x24, 8]), [0x48, 0x8b, 0x44, 0x24, 8]);
    assert_eq!(in_frame(&[0x48, 0x8b, 4, 0x24]), [0x48, 0x8b, 4, 0x24]);
    let far = in_frame(&[0x48, 0x8b, 0x84, 0x24, 0xf0, 7, 0, 0]);
    assert_eq!(far, [0x48, 0x8b, 0x85, 0xf0, 6, 0, 0]);
}

#[test]
fn other_bases_than_the_stack_pointer_stay() {
    // [r12+0x90], [rsp+rax+0x90], [rsp+r12+0x90]
    for code in [
        [0x49, 0x8b, 0x84, 0x24, 0x90, 0, 0, 0],
        [0x48, 0x8b, 0x84, 0x04, 0x90, 0, 0, 0],
        [0x4a, 0x8b, 0x84, 0x24, 0x90, 0, 0, 0],
    ] {
        assert_eq!(in_frame(&code), code);
    }
}

#[test]
fn frames_that_change_stay() {
    let load = [0x48, 0x8b, 0x84, 0x24, 0x90, 0, 0, 0];
    // push rax; sub rsp, 16; mov rbp, rax; lea rsp, [rax]; mov rsp, [rax]
    for change in [&[0x50][..], &[0x48, 0x83, 0xec, 16], &[0x48, 0x89, 0xc5], &[0x48, 0x8d, 0x20], &[0x48, 0x8b, 0x20]]
    {
        let code = framed(&[change, &load].concat());
        assert_eq!(run(&code, &marks()).unwrap(), code, "{change:x?}");
        let code = framed(&[&load, change].concat());
        assert_eq!(run(&code, &marks()).unwrap(), code, "{change:x?}");
    }
    // What a callee popped is allocated again.
    let call = [0xff, 0xd0, 0x48, 0x83, 0xec, 16];
    assert_eq!(in_frame(&[&call[..], &load].concat()), [&call[..], &[0x48, 0x8b, 0x45, 0x90]].concat());
    // Reading the stack pointer: mov rax, rsp; cmp rsp, 16 is not made by anyone.
    assert_eq!(in_frame(&[&[0x48, 0x89, 0xe0][..], &load].concat())[3..], [0x48, 0x8b, 0x45, 0x90]);
    // No frame.
    let leaf = [&load[..], &[0xc3]].concat();
    assert_eq!(run(&leaf, &marks()).unwrap(), leaf);
}

#[test]
fn code_after_a_return_is_in_the_frame_again() {
    let load = [0x48, 0x8b, 0x84, 0x24, 0x90, 0, 0, 0];
    let epilogue = [0x48, 0x81, 0xc4, 0, 1, 0, 0, 0x48, 0x89, 0xec, 0x5d, 0xc3];
    let code = in_frame(&[&epilogue[..], &load].concat());
    assert_eq!(code, [&epilogue[7..], &[0x48, 0x8b, 0x45, 0x90]].concat());
}

#[test]
fn prefixes_that_do_nothing_go() {
    let cases: &[(&[u8], &[u8])] = &[
        (&[0x48, 0x31, 0xd2], &[0x31, 0xd2]),
        (&[0x48, 0x31, 0xc2], &[0x48, 0x31, 0xc2]),
        (&[0x48, 0x0f, 0xb6, 0x81, 1, 0, 1, 0], &[0x0f, 0xb6, 0x81, 1, 0, 1, 0]),
        (&[0x48, 0x0f, 0xb6, 0xc3], &[0x0f, 0xb6, 0xc3]),
        // sil is not dh.
        (&[0x48, 0x0f, 0xb6, 0xc6], &[0x48, 0x0f, 0xb6, 0xc6]),
        (&[0x4c, 0x0f, 0xb6, 0xc3], &[0x4c, 0x0f, 0xb6, 0xc3]),
        // Sign extension to 64 bits.
        (&[0x48, 0x0f, 0xbe, 0xc3], &[0x48, 0x0f, 0xbe, 0xc3]),
    ];
    for (before, after) in cases {
        assert_eq!(run(before, &marks()).unwrap(), *after, "{before:x?}");
    }
}

#[test]
fn constants_keep_their_alignment() {
    // je to the return; movsd xmm0, [rip+CONSTANT]; ret; padding; the constant.
    let mut code = vec![0x0f, 0x84, 8, 0, 0, 0, 0xf2, 0x0f, 0x10, 0x05, 18, 0, 0, 0, 0xc3];
    code.resize(32, 0);
    code.extend([0x0f, 0x84, 0, 0, 0, 0, 0, 0]);
    let (short, map) = compact_code(&code, &marks()).unwrap();
    assert_eq!(short[..11], [0x74, 8, 0xf2, 0x0f, 0x10, 0x05, 22, 0, 0, 0, 0xc3]);
    assert_eq!(short[32..], code[32..]);
    assert_eq!((map.get(0), map.get(6), map.get(14), map.get(32)), (0, 2, 10, 32));
}

#[test]
fn constants_whose_address_is_taken_are_no_code() {
    // lea rax, [rip+CONSTANT]; ret; the constant
    let mut code = vec![0x0f, 0x84, 7, 0, 0, 0, 0x48, 0x8d, 0x05, 3, 0, 0, 0, 0xc3, 0, 0];
    code.extend([0xe9, 0, 0, 0, 0, 0xe9, 0, 0]);
    let (short, _) = compact_code(&code, &marks()).unwrap();
    assert_eq!(short[..10], [0x74, 7, 0x48, 0x8d, 5, 7, 0, 0, 0, 0xc3]);
    assert_eq!(short[16..], code[16..]);
}

#[test]
fn jump_tables_follow_their_targets() {
    // lea rcx, [rip+TABLE]; movslq rdx, [rcx+rax*4]; add rcx, rdx; jmp rcx; the table; je +0; ret; ret
    let mut code = vec![0x48, 0x8d, 0x0d, 9, 0, 0, 0, 0x48, 0x63, 0x14, 0x81, 0x48, 0x01, 0xd1, 0xff, 0xe1];
    let table = code.len();
    code.extend([8, 0, 0, 0, 15, 0, 0, 0, 0x0f, 0x84, 0, 0, 0, 0, 0xc3, 0xc3]);
    let marks = Marks { starts: vec![24, 30, 31], boundaries: vec![24, 30, 31], ..marks() };
    let (short, map) = compact_code(&code, &marks).unwrap();
    assert_eq!(short[table..], [8, 0, 0, 0, 11, 0, 0, 0, 0x74, 0, 0xc3, 0xc3]);
    assert_eq!(map.get(31), 27);
    // An entry that leads nowhere.
    code[table] = 9;
    assert!(compact_code(&code, &marks).is_none());
}
