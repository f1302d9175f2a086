//! What an executable is made of: one static file, nothing of it writable and executable.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, Object, ObjectSection};

use wasm2exe_tests::workspace;

use crate::transcripts::c_compiler;
use crate::workbench::{Workbench, outcome};

/// LLVM's linker, which comes with rustup's toolchains.
fn rust_lld() -> String {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().expect("rustc runs");
    let lib = PathBuf::from(String::from_utf8(output.stdout).expect("a path in UTF-8").trim_end());
    lib.with_file_name("bin/gcc-ld/ld.lld").into_os_string().into_string().expect("a path in UTF-8")
}

/// The program headers as (type, flags).
fn headers(bytes: &[u8]) -> Vec<(elf::ProgramType, elf::ProgramFlags)> {
    let header = FileHeader64::<Endianness>::parse(bytes).expect("an ELF file");
    let endian = header.endian().expect("an ELF file");
    let segments = header.program_headers(endian, bytes).expect("program headers");
    segments.iter().map(|segment| (segment.p_type(endian), segment.p_flags(endian))).collect()
}

fn elf_type(bytes: &[u8]) -> elf::FileType {
    let header = FileHeader64::<Endianness>::parse(bytes).expect("an ELF file");
    header.e_type(header.endian().expect("an ELF file"))
}

#[test]
fn it_is_static_position_independent_and_hardened() {
    let bench = Workbench::with_hello();
    let rust_lld = rust_lld();
    let linkers: [&[&str]; 4] = [&[], &["--linker", "cc"], &["--linker", "ld"], &["--linker", &rust_lld]];
    for linker in linkers {
        for options in [&["-O2"][..], &["-g"], &["--memory", "checked"], &["--memory-base", "any"]] {
            let program = bench.build("program", &[options, linker, &["--dir", ".", "hello.wat"]].concat());
            let bytes = fs::read(program).expect("an executable");
            let headers = headers(&bytes);
            let of_type = |wanted| headers.iter().filter(move |(p_type, ..)| *p_type == wanted);
            assert_eq!(elf_type(&bytes), elf::ET_DYN, "{linker:?} {options:?}: not position-independent");
            assert_eq!(of_type(elf::PT_INTERP).count(), 0, "{linker:?} {options:?}: has an interpreter");
            assert_eq!(of_type(elf::PT_GNU_RELRO).count(), 1, "{linker:?} {options:?}: no RELRO");
            let stack: Vec<_> = of_type(elf::PT_GNU_STACK).collect();
            assert!(stack.len() == 1 && !stack[0].1.contains(elf::PF_X), "{linker:?} {options:?}: executable stack");
            for (_, flags) in of_type(elf::PT_LOAD) {
                assert!(!flags.contains(elf::PF_W | elf::PF_X), "{linker:?} {options:?}: W and X");
            }
            assert_eq!(needed_libraries(&bytes), 0, "{linker:?} {options:?}: needs libraries");
        }
    }
}

fn needed_libraries(bytes: &[u8]) -> usize {
    let file = object::File::parse(bytes).expect("an ELF file");
    let dynamic = file.section_by_name(".dynamic").expect("a position-independent file has one");
    let entries = dynamic.data().expect("its bytes").chunks_exact(16);
    entries.filter(|entry| entry[..8] == (elf::DT_NEEDED.0 as u64).to_le_bytes()).count()
}

#[test]
fn symbols_and_debug_information_come_with_g_alone() {
    let bench = Workbench::with_hello();
    let sections = |options: &[&str]| {
        let program = bench.build("program", &[options, &["hello.wat"]].concat());
        let bytes = fs::read(program).expect("an executable");
        let file = object::File::parse(&*bytes).expect("an ELF file");
        (file.section_by_name(".symtab").is_some(), bytes.len())
    };
    let ((symbols, stripped), (kept, _)) = (sections(&[]), sections(&["-g"]));
    assert!(!symbols && kept);
    assert!(stripped <= 32 << 10, "hello world has {stripped} bytes");
}

/// As README.md's figures count it. What only some programs need of the runtime is behind pointers of `abi::layout::Program`, so that
/// no other executable holds it.
#[test]
fn hello_world_in_c_takes_32_kib() {
    let bench = Workbench::new();
    let path = format!("{}:{}", c_compiler().display(), std::env::var("PATH").expect("there is a PATH"));
    let source = workspace().join("cli/corpus/start-up/hello.c");
    let compile =
        ["--target=wasm32-wasi".as_ref(), "-O3".as_ref(), source.as_os_str(), "-o".as_ref(), "hello.wasm".as_ref()];
    outcome(bench.command("clang".as_ref(), compile).env("PATH", path)).succeeded();
    let program = bench.build("hello", &["hello.wasm"]);
    let bytes = fs::metadata(&program).expect("an executable").len();
    assert!(bytes <= 32 << 10, "hello world in C has {bytes} bytes");
    assert_eq!(outcome(&mut bench.command(&program, [""; 0])).succeeded().stdout, "hello, world\n");
}

/// What GNU ld does by default has constants on pages of their own, four segments in all and up to two pages more.
#[test]
fn constants_lie_behind_the_headers() {
    let bench = Workbench::with_hello();
    for linker in ["cc", "ld"] {
        let bytes = fs::read(bench.build("program", &["--linker", linker, "hello.wat"])).expect("an executable");
        let loaded = headers(&bytes).into_iter().filter(|(p_type, ..)| *p_type == elf::PT_LOAD);
        let flags: Vec<_> = loaded.map(|(_, flags)| flags).collect();
        assert_eq!(flags, [elf::PF_R, elf::PF_R | elf::PF_X, elf::PF_R | elf::PF_W], "{linker}");
    }
}

/// The tool's own linker needs no more room than GNU ld, although it does not move constants and data to where they share a page.
#[test]
fn the_own_linker_lays_out_four_segments() {
    let bench = Workbench::with_hello();
    let bytes = fs::read(bench.build("program", &["hello.wat"])).expect("an executable");
    let by_ld = fs::read(bench.build("program", &["--linker", "ld", "hello.wat"])).expect("an executable");
    assert!(bytes.len() <= by_ld.len(), "{} bytes, {} with ld", bytes.len(), by_ld.len());
    let header = FileHeader64::<Endianness>::parse(&*bytes).expect("an ELF file");
    let endian = header.endian().expect("an ELF file");
    let segments = header.program_headers(endian, &*bytes).expect("program headers").iter();
    let loaded: Vec<_> = segments.filter(|segment| segment.p_type(endian) == elf::PT_LOAD).collect();
    let flags: Vec<_> = loaded.iter().map(|segment| segment.p_flags(endian)).collect();
    let writable = elf::PF_R | elf::PF_W;
    assert_eq!(flags, [elf::PF_R, elf::PF_R | elf::PF_X, writable, writable]);
    assert_eq!(loaded[1].p_offset(endian) % 4096, 0, "constants are on a page of code");
    for pair in loaded.windows(2) {
        let page = pair[1].p_align(endian);
        let end = pair[0].p_vaddr(endian) + pair[0].p_memsz(endian);
        assert!(end.next_multiple_of(page) <= pair[1].p_vaddr(endian), "segments share a page");
        assert_eq!(pair[1].p_vaddr(endian) % page, pair[1].p_offset(endian) % page);
    }
}

#[test]
fn it_runs_at_any_address_and_with_nothing_around_it() {
    let bench = Workbench::with_hello();
    let program = bench.build("program", &["hello.wat"]);
    for _ in 0..20 {
        let mut command = bench.command(&program, [""; 0]);
        assert_eq!(outcome(command.env_clear()).succeeded().stdout, "hello\n");
    }
}

#[test]
fn a_foreign_executable_is_linked() {
    let bench = Workbench::with_hello();
    let (target, machine) = match cfg!(target_arch = "aarch64") {
        true => ("x86_64-unknown-linux-musl", object::Architecture::X86_64),
        false => ("aarch64-unknown-linux-musl", object::Architecture::Aarch64),
    };
    for linker in [&[][..], &["--linker", &rust_lld()]] {
        let program = bench.build("program", &[linker, &["--target", target, "hello.wat"]].concat());
        let bytes = fs::read(program).expect("an executable");
        assert_eq!(object::File::parse(&*bytes).expect("an ELF file").architecture(), machine);
    }
}
