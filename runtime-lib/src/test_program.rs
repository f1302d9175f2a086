//! A program without code, for the tests of what is looked up in one.

use core::ptr::null;

use abi::layout::{FUNCTION_HAS_FRAME, FunctionRecord, Memory, Module, NO_FUNCTION, Program};
use abi::trap::{CALL_SITE, Site, TrapKind, encode_end, encode_site};

/// Length of a module's machine code.
const TEXT_LEN: u64 = 0x200;
/// Where the first module's code begins; nothing is there. The second one's lies far behind.
pub const TEXT: [usize; 2] = [0x7100_0000, 0x7200_0000];
/// The memory of the second module.
pub const MEMORY: core::ops::Range<usize> = 0x5000_0000..0x5002_0000;

/// No module, no grant, no limit.
pub const EMPTY: Program = Program {
    abi_version: 0,
    reserved: 0,
    modules: null(),
    module_count: 0,
    run: null(),
    entry: null(),
    initialize: null(),
    stack_size: 0,
    policy: null(),
    policy_len: 0,
    processor: null(),
    wasi_start: null(),
    tags: null(),
    tag_count: 0,
    first_tag: 0,
    heap: core::ptr::null_mut(),
    heap_start: null(),
    hardening: null(),
    limits: null(),
    timeout: null(),
    record: null(),
    threads: null(),
};

fn leak<T>(values: Vec<T>) -> (*const T, u64) {
    let len = values.len() as u64;
    (Vec::leak(values).as_ptr(), len)
}

/// A function's start, index, offset in the .wasm file and flags, its name, and its sites.
type Function = (u32, u32, u32, u32, &'static str, &'static [Site]);

fn module(name: &'static str, text: usize, functions: &[Function], memories: Vec<*mut Memory>) -> &'static Module {
    let (mut records, mut sites, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (start, index, wasm_offset, flags, name, function_sites) in functions {
        let (start, index, wasm_offset, flags) = (*start, *index, *wasm_offset, *flags);
        let (traps, name_start, name_len) = (sites.len() as u32, names.len() as u32, name.len() as u32);
        records.push(FunctionRecord { start, index, traps, name: name_start, name_len, wasm_offset, flags });
        names.extend_from_slice(name.as_bytes());
        let mut last = Site { pc: 0, kind: 0, wasm_offset: 0 };
        for site in *function_sites {
            encode_site(&last, site, |byte| sites.push(byte));
            last = *site;
        }
        encode_end(|byte| sites.push(byte));
    }
    let (functions, function_count) = leak(records);
    let (traps, traps_len) = leak(sites);
    let (names, names_len) = leak(names);
    let (memories, memory_count) = leak(memories);
    Box::leak(Box::new(Module {
        name: name.as_ptr(),
        name_len: name.len() as u64,
        text: core::ptr::without_provenance(text),
        text_len: TEXT_LEN,
        functions,
        function_count,
        traps,
        traps_len,
        call_sites: null(),
        call_site_count: 0,
        handler_lists: null(),
        handler_lists_len: 0,
        names,
        names_len,
        memories,
        memory_count,
        tables: null(),
        table_count: 0,
        init: null(),
        exports: null(),
        export_count: 0,
        instance: null(),
        instance_len: 0,
        instance_offset: 0,
        roots: null(),
        root_count: 0,
        stack_maps: null(),
        stack_map_count: 0,
        stack_map_slots: null(),
        stack_map_slots_len: 0,
    }))
}

const fn site(pc: u32, kind: u8, wasm_offset: u32) -> Site {
    Site { pc, kind, wasm_offset }
}

/// Module `first` has the functions `alpha` and one without a name, with frames, and a trampoline; the main module has
/// `gamma`, without a frame, and a memory.
pub fn test_program() -> &'static Program {
    const ALPHA: &[Site] = &[
        site(0x10, CALL_SITE, 0x11),
        site(0x10, TrapKind::Unreachable as u8, 0x12),
        site(0x20, TrapKind::MemoryOutOfBounds as u8, 0x30),
    ];
    // Its last instruction is a call that does not return.
    const NAMELESS: &[Site] = &[site(0x40, CALL_SITE, 0x21)];
    const TRAMPOLINE: &[Site] = &[site(0x08, CALL_SITE, 0)];
    const GAMMA: &[Site] = &[
        site(0x08, TrapKind::UninitializedElement as u8, 0x05),
        site(0x0c, TrapKind::IntegerDivideByZero as u8, 0x06),
        site(0x14, TrapKind::MemoryOutOfBounds as u8, 0x07),
    ];
    let memory = Memory {
        base: core::ptr::without_provenance_mut(MEMORY.start),
        byte_length: 0x1_0000,
        min_byte_length: 0x1_0000,
        max_byte_length: 0x1_0000,
        page_size_log2: 16,
        flags: 0,
        reservation: MEMORY.len() as u64,
        images: null(),
        image_count: 0,
    };
    let (modules, module_count) = leak(vec![
        &raw const *module(
            "first",
            TEXT[0],
            &[
                (0, 7, 0x1000, FUNCTION_HAS_FRAME, "alpha", ALPHA),
                (0x40, 8, 0x2000, FUNCTION_HAS_FRAME, "", NAMELESS),
                (0x80, NO_FUNCTION, 0, FUNCTION_HAS_FRAME, "", TRAMPOLINE),
            ],
            Vec::new(),
        ),
        module("", TEXT[1], &[(0x100, 9, 0x3000, 0, "gamma", GAMMA)], vec![Box::leak(Box::new(memory))]),
    ]);
    Box::leak(Box::new(Program { modules, module_count, ..EMPTY }))
}
