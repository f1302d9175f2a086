//! Constants that registers have.

use super::*;

fn from_registers_by(inside: &[&[u8]], marks: Marks) -> Vec<u8> {
    let code = [&inside.concat()[..], &[0xc3]].concat();
    let mut code = run(&code, &Marks { constants: true, alignment: 16, ..marks }).unwrap();
    code.pop();
    code
}

fn from_registers(inside: &[&[u8]]) -> Vec<u8> {
    from_registers_by(inside, Marks::default())
}

/// What becomes of an instruction behind others, which stay.
fn after(before: &[&[u8]], instruction: &[u8]) -> Vec<u8> {
    let code = from_registers(&[before, &[instruction]].concat());
    code.strip_prefix(&before.concat()[..]).unwrap().to_vec()
}

/// `mov edx, 700`, `xor edx, edx`, `mov rdx, -700`, `mov r9, imm64`
const SET: &[u8] = &[0xba, 0xbc, 2, 0, 0];
const ZERO: &[u8] = &[0x31, 0xd2];
const NEGATIVE: &[u8] = &[0x48, 0xc7, 0xc2, 0x44, 0xfd, 0xff, 0xff];
const LARGE: &[u8] = &[0x49, 0xb9, 1, 2, 3, 4, 5, 6, 7, 8];
/// `cmp rcx, 700`, `mov dword [rcx], 0`, `mov eax, 700`
const COMPARE: &[u8] = &[0x48, 0x81, 0xf9, 0xbc, 2, 0, 0];
const STORE_ZERO: &[u8] = &[0xc7, 0x01, 0, 0, 0, 0];
const SET_EAX: &[u8] = &[0xb8, 0xbc, 2, 0, 0];

#[test]
fn constants_come_from_registers() {
    let cases: &[(&[u8], &[u8], &[u8])] = &[
        (SET, COMPARE, &[0x48, 0x39, 0xd1]),
        // cmp ecx, 700; add ecx, 700; and [rcx+8], 700; mov dword [rcx], 700; mov qword [r9], 700
        (SET, &[0x81, 0xf9, 0xbc, 2, 0, 0], &[0x39, 0xd1]),
        (SET, &[0x81, 0xc1, 0xbc, 2, 0, 0], &[0x01, 0xd1]),
        (SET, &[0x81, 0x61, 8, 0xbc, 2, 0, 0], &[0x21, 0x51, 8]),
        (SET, &[0xc7, 0x01, 0xbc, 2, 0, 0], &[0x89, 0x11]),
        (SET, &[0x49, 0xc7, 0x01, 0xbc, 2, 0, 0], &[0x49, 0x89, 0x11]),
        (ZERO, STORE_ZERO, &[0x89, 0x11]),
        // cmp rcx, -700; cmp ecx, -700; mov qword [rcx], -700
        (NEGATIVE, &[0x48, 0x81, 0xf9, 0x44, 0xfd, 0xff, 0xff], &[0x48, 0x39, 0xd1]),
        (NEGATIVE, &[0x81, 0xf9, 0x44, 0xfd, 0xff, 0xff], &[0x39, 0xd1]),
        (NEGATIVE, &[0x48, 0xc7, 0x01, 0x44, 0xfd, 0xff, 0xff], &[0x48, 0x89, 0x11]),
        // mov eax, 700; mov edx, 700 again; mov rax, imm64
        (SET, SET_EAX, &[0x48, 0x89, 0xd0]),
        (SET, SET, &[]),
        (LARGE, &[0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], &[0x4c, 0x89, 0xc8]),
    ];
    for (before, instruction, new) in cases {
        assert_eq!(after(&[before], instruction), *new, "{instruction:x?}");
    }
    // By way of another register: mov r8, rdx
    assert_eq!(after(&[SET, &[0x49, 0x89, 0xd0], &[0xba, 1, 0, 0, 0]], COMPARE), [0x4c, 0x39, 0xc1]);
}

#[test]
fn other_constants_stay() {
    let cases: &[(&[u8], &[u8])] = &[
        // cmp rcx, 701; cmp ecx, -700 after mov edx, 700
        (SET, &[0x48, 0x81, 0xf9, 0xbd, 2, 0, 0]),
        (SET, &[0x81, 0xf9, 0x44, 0xfd, 0xff, 0xff]),
        // mov edx, -700 is not -700 in 64 bits.
        (&[0xba, 0x44, 0xfd, 0xff, 0xff], &[0x48, 0x81, 0xf9, 0x44, 0xfd, 0xff, 0xff]),
        (NEGATIVE, &[0xb8, 0x44, 0xfd, 0xff, 0xff]),
        // A number of 16 bits; xor eax, eax; cmp ecx, 0
        (SET, &[0x66, 0x81, 0xf9, 0xbc, 2]),
        (ZERO, &[0x31, 0xc0]),
        (ZERO, &[0x83, 0xf9, 0]),
        (ZERO, &[0xb8, 0, 0, 0, 0]),
    ];
    for (before, instruction) in cases {
        assert_eq!(after(&[before], instruction), *instruction, "{instruction:x?}");
    }
}

#[test]
fn what_changes_is_not_known() {
    // add edx, 1; mov dl, 1; mov edx, [rcx]; call rax; cpuid of no kind that is known: xchg
    let changes: [&[u8]; 5] = [&[0x83, 0xc2, 1], &[0xb2, 1], &[0x8b, 0x11], &[0xff, 0xd0], &[0x87, 0xca]];
    for change in changes {
        assert_eq!(after(&[SET, change], COMPARE), COMPARE, "{change:x?}");
    }
    // add edx, 700, which takes its operand from there, changes it.
    let add = [0x81, 0xc2, 0xbc, 2, 0, 0];
    assert_eq!(from_registers(&[SET, &add, COMPARE]), [SET, &[0x01, 0xd2], COMPARE].concat());
    // Another block; what the linker fills in
    assert_eq!(after(&[SET, &[0x74, 0]], COMPARE), COMPARE);
    let linked = Marks { relocations: vec![1], ..Marks::default() };
    assert_eq!(from_registers_by(&[SET, COMPARE], linked), [SET, COMPARE].concat());
    let linked = Marks { relocations: vec![8], ..Marks::default() };
    assert_eq!(from_registers_by(&[SET, COMPARE], linked), [SET, COMPARE].concat());
}
