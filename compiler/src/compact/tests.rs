use super::*;

mod align;
mod constants;
mod copies;
mod direct;
mod floats;
mod fold;
mod frames;
mod leaf;
mod merge;

fn run(code: &[u8], marks: &Marks) -> Option<Vec<u8>> {
    compact_code(code, marks).map(|compacted| compacted.code)
}

fn marks() -> Marks {
    Marks { alignment: 16, results: !0, ..Marks::default() }
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
    assert_eq!(code[code.len() - 2..], [0xc9, 0xc3]);
    code[11..code.len() - 2].to_vec()
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
        for inside in [[change, &load].concat(), [&load, change].concat()] {
            let code = framed(&inside);
            // leave; ret
            let left = [&code[..code.len() - 5], &[0xc9, 0xc3]].concat();
            assert_eq!(run(&code, &marks()).unwrap(), left, "{change:x?}");
        }
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
    assert_eq!(code, [&[0xc9, 0xc3][..], &[0x48, 0x8b, 0x45, 0x90]].concat());
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
    let Compacted { code: short, map, .. } = compact_code(&code, &marks()).unwrap();
    assert_eq!(short[..11], [0x74, 8, 0xf2, 0x0f, 0x10, 0x05, 22, 0, 0, 0, 0xc3]);
    assert_eq!(short[32..], code[32..]);
    assert_eq!((map.get(0), map.get(6), map.get(14), map.get(32)), (0, 2, 10, 32));
}

#[test]
fn constants_whose_address_is_taken_are_no_code() {
    // lea rax, [rip+CONSTANT]; ret; the constant
    let mut code = vec![0x0f, 0x84, 7, 0, 0, 0, 0x48, 0x8d, 0x05, 3, 0, 0, 0, 0xc3, 0, 0];
    code.extend([0xe9, 0, 0, 0, 0, 0xe9, 0, 0]);
    let short = run(&code, &marks()).unwrap();
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
    let Compacted { code: short, map, .. } = compact_code(&code, &marks).unwrap();
    assert_eq!(short[table..], [8, 0, 0, 0, 11, 0, 0, 0, 0x74, 0, 0xc3, 0xc3]);
    assert_eq!(map.get(31), 27);
    // An entry that leads nowhere.
    code[table] = 9;
    assert!(compact_code(&code, &marks).is_none());
}

#[test]
fn immediates_take_a_byte_where_they_fit() {
    let cases: &[(&[u8], &[u8])] = &[
        // add edx, -1; and [rcx+0x10000], 127; cmp r9, 128
        (&[0x81, 0xc2, 0xff, 0xff, 0xff, 0xff], &[0x83, 0xc2, 0xff]),
        (&[0x81, 0xa1, 0, 0, 1, 0, 127, 0, 0, 0], &[0x83, 0xa1, 0, 0, 1, 0, 127]),
        (&[0x49, 0x81, 0xf9, 128, 0, 0, 0], &[0x49, 0x81, 0xf9, 128, 0, 0, 0]),
        // add dx, 1
        (&[0x66, 0x81, 0xc2, 1, 0], &[0x66, 0x81, 0xc2, 1, 0]),
        // test ecx, 1; test esi, 1; test r9, 1; test eax, 1; test ecx, 128; test ecx, -1; test [rcx], 1
        (&[0xf7, 0xc1, 1, 0, 0, 0], &[0xf6, 0xc1, 1]),
        (&[0xf7, 0xc6, 1, 0, 0, 0], &[0x40, 0xf6, 0xc6, 1]),
        (&[0x49, 0xf7, 0xc1, 1, 0, 0, 0], &[0x41, 0xf6, 0xc1, 1]),
        (&[0x48, 0xf7, 0xc0, 1, 0, 0, 0], &[0xa8, 1]),
        (&[0xa9, 1, 0, 0, 0], &[0xa8, 1]),
        (&[0xf7, 0xc1, 128, 0, 0, 0], &[0xf7, 0xc1, 128, 0, 0, 0]),
        (&[0xf7, 0xc1, 0xff, 0xff, 0xff, 0xff], &[0xf7, 0xc1, 0xff, 0xff, 0xff, 0xff]),
        (&[0xf7, 0x01, 1, 0, 0, 0], &[0xf7, 0x01, 1, 0, 0, 0]),
    ];
    for (before, after) in cases {
        assert_eq!(run(before, &marks()).unwrap(), *after, "{before:x?}");
    }
}

/// What becomes of `inside` of a frame if nobody else uses its slots.
fn with_slots(inside: &[&[u8]]) -> Vec<u8> {
    let marks = Marks { slots: true, ..marks() };
    let code = run(&framed(&inside.concat()), &marks).unwrap();
    assert_eq!(code[code.len() - 2..], [0xc9, 0xc3]);
    code[11..code.len() - 2].to_vec()
}

/// `mov [rsp+0x10], rax` and the like.
const STORE_RAX: &[u8] = &[0x48, 0x89, 0x44, 0x24, 0x10];
const STORE_RCX: &[u8] = &[0x48, 0x89, 0x4c, 0x24, 0x10];
const LOAD_RAX: &[u8] = &[0x48, 0x8b, 0x44, 0x24, 0x10];
const LOAD_RCX: &[u8] = &[0x48, 0x8b, 0x4c, 0x24, 0x10];
/// `call rdx`, `mov eax, 1`, `mov rcx, rax`
const CALL: &[u8] = &[0xff, 0xd2];
const SET_RAX: &[u8] = &[0xb8, 1, 0, 0, 0];
const MOVE: &[u8] = &[0x48, 0x89, 0xc1];
/// `mov ecx, 1`
const SET_RCX: &[u8] = &[0xb9, 1, 0, 0, 0];

#[test]
fn loads_of_what_a_register_has_go() {
    // The slot is read after the call; rax has its value until then.
    let rest = [CALL, LOAD_RCX].concat();
    assert_eq!(with_slots(&[STORE_RAX, LOAD_RAX, &rest]), [STORE_RAX, &rest].concat());
    assert_eq!(with_slots(&[STORE_RAX, LOAD_RCX, &rest]), [STORE_RAX, MOVE, &rest].concat());
    assert_eq!(with_slots(&[STORE_RAX, MOVE, LOAD_RCX, &rest]), [STORE_RAX, MOVE, &rest].concat());
    assert_eq!(with_slots(&[STORE_RAX, STORE_RAX, &rest]), [STORE_RAX, &rest].concat());
    // What a call or an instruction changed is loaded again.
    for change in [CALL, SET_RAX, &[0x0f, 0x44, 0xc1], &[0xb0, 1], &[0x48, 0x87, 0xc1]] {
        let code = [STORE_RAX, change, LOAD_RAX, &rest];
        assert_eq!(with_slots(&code), code.concat(), "{change:x?}");
    }
    // Another value is in the slot.
    let code = [STORE_RAX, STORE_RCX, LOAD_RAX, &rest];
    assert_eq!(with_slots(&code), [STORE_RCX, &[0x48, 0x89, 0xc8], &rest].concat());
}

#[test]
fn stores_that_nobody_reads_go() {
    assert_eq!(with_slots(&[STORE_RAX, LOAD_RCX]), MOVE);
    assert_eq!(with_slots(&[STORE_RAX, STORE_RCX, CALL, LOAD_RCX]), [STORE_RCX, CALL, LOAD_RCX].concat());
    // Nothing uses ecx; then nothing uses the slot.
    assert_eq!(with_slots(&[STORE_RAX, CALL, LOAD_RCX, &[0x31, 0xc9]]), [CALL, &[0x31, 0xc9]].concat());
    // Arguments of a call on the stack are not loaded here.
    assert_eq!(with_slots(&[STORE_RAX, CALL]), [STORE_RAX, CALL].concat());
}

#[test]
fn what_registers_have_is_known_along_all_ways() {
    // test edx, edx; je over mov eax, 1
    let way = [&[0x85, 0xd2, 0x74, 5], SET_RAX].concat();
    let rest = [LOAD_RAX, CALL, LOAD_RCX].concat();
    assert_eq!(with_slots(&[STORE_RAX, &way, &rest]), [STORE_RAX, &way, &rest].concat());
    // On both ways it is stored or loaded: je over the load.
    let way = |len: u8| [0x85, 0xd2, 0x74, len];
    let both = [STORE_RAX, &way(10), SET_RAX, LOAD_RAX, &rest];
    assert_eq!(with_slots(&both), [STORE_RAX, &way(10), SET_RAX, LOAD_RAX, &rest[LOAD_RAX.len()..]].concat());
    // Around a loop: test edx, edx; jne to the load.
    let again = [0x85, 0xd2, 0x75, 0xf7];
    let around = [STORE_RAX, LOAD_RAX, &again, CALL, LOAD_RCX];
    assert_eq!(with_slots(&around), [STORE_RAX, &[0x85, 0xd2, 0x75, 0xfc], CALL, LOAD_RCX].concat());
}

#[test]
fn slots_that_are_used_otherwise_stay() {
    let rest = [CALL, LOAD_RCX].concat();
    let code = |other: &'static [u8]| [STORE_RAX, other, LOAD_RAX, &rest].concat();
    // movups [rsp+8], xmm0 changes a part; add dword [rsp+0x10], 1; lea rdi, [rsp+0x20]; mov rdi, rsp; [rsp+rdi]; a slot across.
    let others: [&'static [u8]; 6] = [
        &[0x0f, 0x11, 0x44, 0x24, 8],
        &[0x83, 0x44, 0x24, 0x10, 1],
        &[0x48, 0x8d, 0x7c, 0x24, 0x20],
        &[0x48, 0x89, 0xe7],
        &[0x48, 0x8b, 0x14, 0x3c],
        &[0x48, 0x89, 0x54, 0x24, 0x14],
    ];
    for other in others {
        assert_eq!(with_slots(&[&code(other)]), code(other), "{other:x?}");
    }
    // movups [rsp+0x18], xmm0 is beside it.
    let beside = &[0x0f, 0x11, 0x44, 0x24, 0x18];
    assert_eq!(with_slots(&[&code(beside)]), [STORE_RAX, beside, &rest].concat());
    // Somebody else uses slots.
    let framed = framed(&code(&[]));
    assert_eq!(run(&framed, &marks()).unwrap().len(), framed.len() - 10);
}

#[test]
fn copies_of_the_stack_pointer_touch_the_stack() {
    let rest = [CALL, LOAD_RCX].concat();
    let code = |between: &[&[u8]]| [STORE_RAX, &between.concat(), LOAD_RAX, &rest].concat();
    // mov rdi, rsp; movzx edi, byte [rdi-0x20000], of which another register and another address are variants.
    let copy = &[0x48, 0x89, 0xe7][..];
    let touch = &[0x0f, 0xb6, 0xbf, 0, 0, 0xfe, 0xff][..];
    let elsewhere = &[0x0f, 0xb6, 0xb7, 0, 0, 0xfe, 0xff][..];
    let above = &[0x0f, 0xb6, 0xbf, 0, 0, 2, 0][..];
    let [changed, stored, used] = [&[0xbf, 0, 0, 0, 0][..], &[0x48, 0x89, 0x3e], &[0x48, 0x8b, 0x17]];
    for understood in [&[copy, touch][..], &[copy, SET_RCX, touch], &[copy, elsewhere, changed], &[copy, changed]] {
        let shorter = [STORE_RAX, &understood.concat(), &rest].concat();
        assert_eq!(with_slots(&[&code(understood)]), shorter, "{understood:x?}");
    }
    // At the end of a block it must be gone: jmp to the next instruction.
    let [jump, again] = [&[0xeb, 0][..], &[0x49, 0x89, 0xe0]];
    for other in [
        &[copy, above][..],
        &[copy, stored, touch],
        &[copy, used, touch],
        &[copy, elsewhere],
        &[copy, jump, touch],
        &[copy, again, touch],
        &[copy, CALL],
    ] {
        assert_eq!(with_slots(&[&code(other)]), code(other), "{other:x?}");
    }
}

/// `mov [rsp+0x10], eax`, `mov ecx, [rsp+0x10]`, `mov [rdi+0x10000], ecx`
const STORE_EAX: &[u8] = &[0x89, 0x44, 0x24, 0x10];
const LOAD_ECX: &[u8] = &[0x8b, 0x4c, 0x24, 0x10];
const USE_ECX: &[u8] = &[0x89, 0x8f, 0, 0, 1, 0];

#[test]
fn upper_halves_of_zero_are_not_loaded() {
    // mov eax, 1 clears it; the call takes any argument.
    assert_eq!(
        with_slots(&[SET_RAX, STORE_RAX, CALL, LOAD_RCX, CALL]),
        [SET_RAX, STORE_EAX, CALL, LOAD_ECX, CALL].concat()
    );
    assert_eq!(with_slots(&[SET_RAX, MOVE, CALL]), [SET_RAX, &MOVE[1..], CALL].concat());
    // What comes from elsewhere may be anything: an argument, and mov rax, -1; sete al; movsxd rax, ecx; add rax, rcx.
    for set in
        [&[0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff][..], &[0x0f, 0x94, 0xc0], &[0x48, 0x63, 0xc1], &[0x48, 0x01, 0xc8]]
    {
        let code = [set, STORE_RAX, CALL, LOAD_RCX, CALL];
        assert_eq!(with_slots(&code), code.concat(), "{set:x?}");
    }
    // One of two ways: je over mov eax, 1.
    let code = [&[0x85, 0xd2, 0x74, 5][..], SET_RAX, STORE_RAX, CALL, LOAD_RCX, CALL];
    assert_eq!(with_slots(&code), code.concat());
}

#[test]
fn upper_halves_that_nobody_uses_are_not_stored() {
    // mov edi, 0; then ecx is stored to memory.
    let rest = [&[0xbf, 0, 0, 0, 0], USE_ECX, SET_RAX, &[0x31, 0xc9]].concat();
    assert_eq!(with_slots(&[STORE_RAX, CALL, LOAD_RCX, &rest]), [STORE_EAX, CALL, LOAD_ECX, &rest].concat());
    // Another load uses all of it; so does an address, and what has a prefix.
    let address = [0x8b, 0x81, 0, 0, 1, 0, 0x31, 0xc9];
    for other in [CALL, &address, &[0x48, 0x01, 0xc8]] {
        let code = [STORE_RAX, CALL, LOAD_RCX, other, LOAD_RCX, &rest];
        assert_ne!(with_slots(&code)[..STORE_EAX.len()], *STORE_EAX, "{other:x?}");
    }
    // A register beyond the first eight keeps a prefix: mov [rsp+0x10], r9; mov r9, [rsp+0x10]; mov [rdi+0x10000], r9d
    let code =
        [&[0x4c, 0x89, 0x4c, 0x24, 0x10], CALL, &[0x4c, 0x8b, 0x4c, 0x24, 0x10], &[0x44, 0x89, 0x8f, 0, 0, 1, 0]];
    let end = [0x45, 0x31, 0xc9];
    let narrow = [&[0x44, 0x89, 0x4c, 0x24, 0x10], CALL, &[0x44, 0x8b, 0x4c, 0x24, 0x10], code[3], &end].concat();
    assert_eq!(with_slots(&[&code.concat(), &end]), narrow);
}
