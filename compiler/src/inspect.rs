//! What a module is made of and what it asks for, without compiling it.

use std::collections::BTreeSet;

use abi::system_calls::{Grant, host_calls};
use abi::wasi::host_function;
use wasmparser::Operator;

use crate::error::Result;
use crate::memory_plan::byte_length;
use crate::module::{Entity, Module};
use crate::options::Input;
use crate::parse;

/// What a module is made of. Names are as the module has them, whatever they hold.
#[derive(Debug, Default)]
pub struct Description {
    /// In the order of the module.
    pub imports: Vec<ImportDescription>,
    /// Names and kinds, by name.
    pub exports: Vec<(String, &'static str)>,
    /// Linear memories.
    pub memories: Vec<MemoryDescription>,
    /// Tables: elements at first and at most.
    pub tables: Vec<(u64, Option<u64>)>,
    /// Proposals beyond the first version of WebAssembly that it uses, sorted.
    pub features: Vec<&'static str>,
    /// Functions defined.
    pub functions: usize,
    /// Bytes of their bodies.
    pub code_bytes: u64,
    /// Bytes of data segments.
    pub data_bytes: u64,
    /// Options that grant what it imports functions for.
    pub wants: Vec<&'static str>,
    /// What is wrong with parts that do not matter.
    pub warnings: Vec<String>,
}

/// An import.
#[derive(Debug)]
pub struct ImportDescription {
    /// Import module.
    pub module: String,
    /// Import name.
    pub name: String,
    /// `function`, `memory` and so on.
    pub kind: &'static str,
    /// What it is for, if the runtime serves it.
    pub capability: Option<&'static str>,
}

/// A linear memory.
#[derive(Debug)]
pub struct MemoryDescription {
    /// Bytes at first.
    pub initial: u64,
    /// Bytes at most, if the module says.
    pub maximum: Option<u64>,
    /// Whether threads may share it.
    pub shared: bool,
    /// Whether its indices have 64 bits.
    pub index64: bool,
}

/// Describes a module, binary or text.
///
/// # Errors
/// As for [`crate::compile`], if it is malformed or uses what is not supported. Imports are not looked at.
pub fn inspect(input: &Input<'_>) -> Result<Description> {
    let bytes = crate::binary(input)?;
    let mut description = Description::default();
    let module = parse::parse(input, &bytes, &mut parse::Context::default(), &mut description.warnings)?;
    let mut features = section_features(&module);
    for body in &module.bodies {
        let operators = body.body.get_operators_reader().map_err(|error| parse::invalid(input.file, &bytes, &error))?;
        for operator in operators {
            let operator = operator.map_err(|error| parse::invalid(input.file, &bytes, &error))?;
            features.extend(feature_name(proposal(&operator)));
        }
        description.code_bytes += body.body.range().end.saturating_sub(body.body.range().start);
    }
    description.features = features.into_iter().collect();
    description.functions = module.bodies.len();
    description.data_bytes = module.data.iter().map(|data| data.bytes.len() as u64).sum();
    description.imports = module.imports.iter().map(import).collect();
    description.exports = module.exports.iter().map(|(name, entity)| (name.to_string(), kind(*entity))).collect();
    description.memories = module.memories.iter().map(memory).collect();
    description.tables = module.tables.iter().map(|table| (table.initial, table.maximum)).collect();
    description.wants = wants(&description.imports);
    Ok(description)
}

fn import(import: &crate::module::Import<'_>) -> ImportDescription {
    let is_served = host_function(import.module, import.name).is_some();
    ImportDescription {
        module: import.module.to_string(),
        name: import.name.to_string(),
        kind: kind(import.entity),
        capability: is_served.then(|| capability(import.name)),
    }
}

fn memory(ty: &wasmparser::MemoryType) -> MemoryDescription {
    MemoryDescription {
        initial: byte_length(ty, ty.initial),
        maximum: ty.maximum.map(|pages| byte_length(ty, pages)),
        shared: ty.shared,
        index64: ty.memory64,
    }
}

fn kind(entity: Entity) -> &'static str {
    match entity {
        Entity::Function(_) => "function",
        Entity::Table(_) => "table",
        Entity::Memory(_) => "memory",
        Entity::Global(_) => "global",
        Entity::Tag(_) => "tag",
    }
}

/// What a host function is for.
fn capability(name: &str) -> &'static str {
    let uses_directories = host_calls(name).is_some_and(|calls| calls.grant == Grant::Directory);
    match name.split(['_', '-']).next() {
        _ if uses_directories => "directories",
        Some("args") => "arguments",
        Some("environ") => "environment",
        Some("clock") => "clocks",
        Some("random") => "random numbers",
        Some("sock") => "sockets",
        Some("thread") => "threads",
        Some("proc" | "sched" | "poll") => "process",
        _ => "streams and files",
    }
}

fn wants(imports: &[ImportDescription]) -> Vec<&'static str> {
    let served = || imports.iter().filter(|import| import.capability.is_some());
    let opens = served().any(|import| import.name == "path_open");
    let reads_environment = served().any(|import| import.name == "environ_get");
    let accepts = served().any(|import| import.name == "sock_accept");
    let options = [
        (opens, "--dir HOST[::GUEST][,ro]"),
        (reads_environment, "--env NAME[=VALUE]"),
        (accepts, "--listen ADDR:PORT"),
        (imports.iter().any(|import| import.capability.is_none()), "--module NAME=FILE"),
    ];
    options.into_iter().filter(|(wanted, _)| *wanted).map(|(_, option)| option).collect()
}

/// Features that show outside of function bodies.
fn section_features(module: &Module) -> BTreeSet<&'static str> {
    let is_multiple = |index: &u32| module.types[*index as usize].function().results().len() > 1;
    let memory = |wanted: fn(&wasmparser::MemoryType) -> bool| module.memories.iter().any(wanted);
    let features = [
        (module.functions.iter().any(is_multiple), "multiple values"),
        (module.memories.len() > 1, "multiple memories"),
        (memory(|ty| ty.memory64) || module.tables.iter().any(|ty| ty.table64), "memory64"),
        (memory(|ty| ty.shared), "threads"),
        (memory(|ty| ty.page_size_log2.is_some()), "custom page sizes"),
        (module.tables.len() > 1, "reference types"),
        (!module.tags.is_empty(), "exception handling"),
    ];
    features.into_iter().filter(|(used, _)| *used).map(|(_, name)| name).collect()
}

macro_rules! define_proposal {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// The proposal that an instruction comes from, as wasmparser calls it.
        fn proposal(operator: &Operator) -> &'static str {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal),)*
                _ => "",
            }
        }
    };
}

wasmparser::for_each_operator!(define_proposal);

/// The name under which a proposal is known; none for the first version of WebAssembly.
fn feature_name(proposal: &str) -> Option<&'static str> {
    Some(match proposal {
        "sign_extension" => "sign extension",
        "saturating_float_to_int" => "saturating conversions",
        "bulk_memory" => "bulk memory",
        "reference_types" => "reference types",
        "simd" => "SIMD",
        "relaxed_simd" => "relaxed SIMD",
        "tail_call" => "tail call",
        "threads" => "threads",
        "function_references" => "typed function references",
        "gc" => "garbage collection",
        "exceptions" => "exception handling",
        "legacy_exceptions" => "legacy exception handling",
        "wide_arithmetic" => "wide arithmetic",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(text: &str) -> Description {
        inspect(&Input { name: "", file: "test.wat", bytes: text.as_bytes() }).expect("the module is valid")
    }

    #[test]
    fn an_empty_module_uses_nothing() {
        let description = describe("(module)");
        assert!(description.features.is_empty() && description.wants.is_empty() && description.imports.is_empty());
    }

    #[test]
    fn features_show_in_bodies_and_sections() {
        let description = describe(
            "(module (memory 1 2 shared) (memory 1)
               (func (result i32 i32) (i32.extend8_s (i32.const 1)) (i32.const 2))
               (func (drop (v128.const i64x2 0 0)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))
               (func (return_call 1)))",
        );
        let expected =
            ["SIMD", "bulk memory", "multiple memories", "multiple values", "sign extension", "tail call", "threads"];
        assert_eq!(description.features, expected);
        assert_eq!(description.memories[0].maximum, Some(2 << 16));
        assert_eq!(description.functions, 3);
    }

    #[test]
    fn imports_have_capabilities_and_wants() {
        let import = |module: &str, name: &str| format!("(import \"{module}\" \"{name}\" (func))");
        let preview1 = "wasi_snapshot_preview1";
        let imports = [
            import(preview1, "path_open"),
            import(preview1, "fd_write"),
            import(preview1, "environ_get"),
            import("env", "other"),
        ];
        let description = describe(&format!("(module {})", imports.concat()));
        let capabilities: Vec<_> = description.imports.iter().map(|import| import.capability).collect();
        assert_eq!(capabilities, [Some("directories"), Some("streams and files"), Some("environment"), None]);
        assert_eq!(description.wants, ["--dir HOST[::GUEST][,ro]", "--env NAME[=VALUE]", "--module NAME=FILE"]);
    }
}
