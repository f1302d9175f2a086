//! Changes to modules that others have made.

use crate::code::bytes;
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection, SectionId};
use wasmparser::{Parser, Payload};

/// What a module defines and imports, by kind.
#[derive(Default)]
struct Counts {
    functions: u32,
    tables: u32,
    memories: u32,
    globals: u32,
}

/// Exports everything: functions as f0, f1 and so on, globals as g, memories as m, tables as t, and the last global as `last`.
pub fn export_all(wasm: &[u8], last: &str) -> wasmparser::Result<Vec<u8>> {
    let counts = count(wasm)?;
    let mut exports = ExportSection::new();
    let mut export = |letter: &str, kind: ExportKind, count: u32| {
        for index in 0..count {
            exports.export(&format!("{letter}{index}"), kind, index);
        }
    };
    export("f", ExportKind::Func, counts.functions);
    export("t", ExportKind::Table, counts.tables);
    export("m", ExportKind::Memory, counts.memories);
    export("g", ExportKind::Global, counts.globals - 1);
    exports.export(last, ExportKind::Global, counts.globals - 1);
    replace_exports(wasm, &exports)
}

fn count(wasm: &[u8]) -> wasmparser::Result<Counts> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::FunctionSection(section) => counts.functions += section.count(),
            Payload::TableSection(section) => counts.tables += section.count(),
            Payload::MemorySection(section) => counts.memories += section.count(),
            Payload::GlobalSection(section) => counts.globals += section.count(),
            _ => {}
        }
    }
    Ok(counts)
}

/// The order of sections up to that of exports.
const BEFORE_EXPORTS: [u8; 7] = [
    SectionId::Type as u8,
    SectionId::Import as u8,
    SectionId::Function as u8,
    SectionId::Table as u8,
    SectionId::Memory as u8,
    SectionId::Tag as u8,
    SectionId::Global as u8,
];

fn replace_exports(wasm: &[u8], exports: &ExportSection) -> wasmparser::Result<Vec<u8>> {
    let mut module = Module::new();
    let mut done = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else { continue };
        if !done && !BEFORE_EXPORTS.contains(&id) {
            module.section(exports);
            done = true;
        }
        if id != SectionId::Export as u8 {
            module.section(&RawSection { id, data: bytes(wasm, &range) });
        }
    }
    if !done {
        module.section(exports);
    }
    Ok(module.finish())
}
