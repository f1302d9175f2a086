//! Debug information of objects (`-g`): functions, lines from the module's own DWARF, call frames.

use std::process::Command;

use compiler::{Input, Options};
use gimli::{EndianSlice, LittleEndian};
use object::{Object, ObjectSection};

const SOURCE: &str = "#[inline(never)]\nfn answer(x: u32) -> u32 {\n    x.rotate_left(7) ^ 42\n}\n\nfn main() {\n    \
                      std::process::exit(answer(std::env::args().count() as u32) as i32 & 1);\n}\n";

fn compile(bytes: &[u8]) -> compiler::Output {
    let options = Options { debug_info: true, ..Options::default() };
    compiler::compile(&[Input { name: "", file: "test.wasm", bytes }], &options, &|_, _| {}).expect("compiles")
}

fn rust_module() -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("answer.rs"), SOURCE).expect("the source is written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let status = Command::new(rustc)
        .current_dir(directory.path())
        .args(["-g", "-O", "--target", "wasm32-wasip1", "answer.rs", "-o", "answer.wasm"])
        .status()
        .expect("rustc runs");
    assert!(status.success(), "the guest program compiles");
    std::fs::read(directory.path().join("answer.wasm")).expect("the module is read")
}

fn section<'a>(file: &object::File<'a>, name: &str) -> &'a [u8] {
    file.section_by_name(name).map_or(&[], |section| section.data().expect("section data"))
}

#[test]
fn lines_and_functions_come_from_the_module() {
    let output = compile(&rust_module());
    assert_eq!(output.warnings, Vec::<String>::new());
    let file = object::File::parse(&*output.objects[0].bytes).expect("an object");
    let load = |id: gimli::SectionId| -> Result<_, gimli::Error> {
        Ok(EndianSlice::new(section(&file, id.name()), LittleEndian))
    };
    let dwarf = gimli::Dwarf::load(load).expect("sections");
    let header = dwarf.units().next().expect("valid").expect("one unit");
    let unit = dwarf.unit(header).expect("a unit");
    let mut rows = unit.line_program.clone().expect("lines").rows();
    let mut lines = Vec::new();
    while let Some((header, row)) = rows.next_row().expect("a valid row") {
        let name = row.file(header).map(|file| dwarf.attr_string(&unit, file.path_name()).expect("a name"));
        if name.is_some_and(|name| name.slice().ends_with(b"answer.rs")) {
            lines.push(row.line().map_or(0, |line| line.get()));
        }
    }
    assert!(lines.contains(&3), "the body of answer() is on line 3, the table has {lines:?}");
    let mut entries = unit.entries();
    let mut names = Vec::new();
    while let Some(entry) = entries.next_dfs().expect("valid") {
        if let Some(value) = entry.attr_value(gimli::DW_AT_name) {
            names.push(dwarf.attr_string(&unit, value).expect("a name").to_string_lossy().into_owned());
        }
    }
    assert!(names.iter().any(|name| name == "answer::answer"), "no answer::answer in {names:?}");
    assert!(!section(&file, ".debug_frame").is_empty());
}

/// A throw leaves out the epilogue, so a handler is entered in the middle of what the frame's description covers.
#[test]
fn frames_are_described_in_handlers_too() {
    use gimli::{BaseAddresses, CfaRule, DebugFrame, UnwindContext, UnwindSection};
    const RBP: gimli::Register = gimli::Register(6);
    let text = r#"(module (tag $e) (table funcref (elem $throws)) (func $throws (throw $e))
      (func (export "_start") (block $h (try_table (catch $e $h) (call_indirect (i32.const 0))) (unreachable))))"#;
    let options = Options { debug_info: true, target: compiler::Target::X86_64Linux, ..Options::default() };
    let input = Input { name: "", file: "test.wasm", bytes: text.as_bytes() };
    let output = compiler::compile(&[input], &options, &|_, _| {}).expect("compiles");
    let file = object::File::parse(&*output.objects[0].bytes).expect("an object");
    let frames = DebugFrame::new(section(&file, ".debug_frame"), LittleEndian);
    let bases = BaseAddresses::default();
    let mut entries = frames.entries(&bases);
    let mut context = UnwindContext::new();
    let mut described = 0;
    while let Some(entry) = entries.next().expect("a valid entry") {
        let gimli::CieOrFde::Fde(partial) = entry else { continue };
        let fde = partial.parse(DebugFrame::cie_from_offset).expect("a valid description");
        let mut rows = fde.rows(&frames, &bases, &mut context).expect("rows");
        let mut last = None;
        while let Some(row) = rows.next_row().expect("a valid row") {
            last = Some((row.end_address(), row.cfa().clone()));
        }
        let (end, cfa) = last.expect("a row");
        assert_eq!(end, fde.initial_address() + fde.len());
        assert_eq!(cfa, CfaRule::RegisterAndOffset { register: RBP, offset: 16 });
        described += 1;
    }
    assert!(described >= 2);
}

#[test]
fn malformed_dwarf_is_ignored_with_a_warning() {
    let text = r#"(module (func (export "_start")) (@custom ".debug_info" "\ff\ff\00\00garbage") (@custom ".debug_line" "x"))"#;
    let output = compile(&wat::parse_str(text).expect("valid text"));
    assert!(output.warnings.iter().any(|warning| warning.contains("DWARF")), "{:?}", output.warnings);
    assert_eq!(output.objects.len(), 1);
}
