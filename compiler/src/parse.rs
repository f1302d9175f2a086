//! Bytes -> [`Module`], one function per section. Validates everything but function bodies, which [`crate::analyze`] does in parallel.

use wasmparser::{
    BinaryReaderError, DataKind, DataSectionReader, ElementItems as WasmElementItems, ElementKind,
    ElementSectionReader, Encoding, ExportSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, MemorySectionReader, Name, NameSectionReader, Parser, Payload, RefType, TableInit,
    TableSectionReader, TagSectionReader, TypeRef, ValidPayload, Validator, WasmFeatures, types::TypesRef,
};

use crate::error::{Error, Place, Result};
use crate::module::{Body, DataSegment, ElementItems, ElementSegment, Entity, Import, Module, SegmentMode};
use crate::options::{Input, accepted_features};
use crate::proposal;
use crate::types::Types;

type ParseResult<T> = std::result::Result<T, ParseError>;

/// What a section can be refused for.
enum ParseError {
    /// By wasmparser.
    Wasm(BinaryReaderError),
    /// By this file: accepted by the validator, but not understood here.
    Unsupported(&'static str, u64),
}

impl From<BinaryReaderError> for ParseError {
    fn from(error: BinaryReaderError) -> Self {
        ParseError::Wasm(error)
    }
}

/// What is common to the modules of a program: equal types are the same ones.
pub struct Context {
    /// Validates them all, one after the other.
    validator: Validator,
    /// Their types.
    pub types: Types,
}

impl Default for Context {
    fn default() -> Self {
        Context { validator: Validator::new_with_features(accepted_features()), types: Types::default() }
    }
}

/// Parses one module; `bytes` is the binary form of `input`.
///
/// # Errors
/// [`Error::Invalid`] or [`Error::Unsupported`] with the offset.
pub fn parse<'a>(
    input: &Input<'a>,
    bytes: &'a [u8],
    context: &mut Context,
    warnings: &mut Vec<String>,
) -> Result<Module<'a>> {
    let mut module = empty_module(input);
    context.validator.reset();
    let mut parser = Parser::new(0);
    parser.set_features(accepted_features());
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|error| invalid(input.file, bytes, &error))?;
        if let Payload::Version { encoding: Encoding::Component, .. } = payload {
            return Err(Error::Unsupported {
                place: Place::file(input.file),
                feature: "components (this file is a component; extract its core module first)".into(),
            });
        }
        section(&mut module, context, payload, warnings).map_err(|error| match error {
            ParseError::Wasm(error) => invalid(input.file, bytes, &error),
            ParseError::Unsupported(feature, offset) => Error::Unsupported {
                place: Place { offset: Some(offset as usize), ..Place::file(input.file) },
                feature: feature.to_string(),
            },
        })?;
    }
    Ok(module)
}

/// Turns a validation error into one that names the proposals that would have made the module valid, if there are any.
pub fn invalid(file: &str, bytes: &[u8], error: &BinaryReaderError) -> Error {
    let place = Place { offset: Some(error.offset() as usize), ..Place::file(file) };
    let valid_with_everything = || Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok();
    if is_truncated(error) || !valid_with_everything() {
        return Error::Invalid { place, message: error.message().to_string() };
    }
    let feature = match proposal::missing(bytes, accepted_features(), error.offset()).as_slice() {
        [] => format!("a newer proposal ({}); build the module without it", error.message()),
        [proposal] => format!("the {proposal} proposal; build the module without it"),
        proposals => format!("the proposals {}; build the module without them", proposals.join(", ")),
    };
    Error::Unsupported { place, feature }
}

fn is_truncated(error: &BinaryReaderError) -> bool {
    error.message().contains("unexpected end")
}

fn empty_module<'a>(input: &Input<'a>) -> Module<'a> {
    Module {
        name: input.name,
        file: input.file,
        types: Vec::new(),
        imports: Vec::new(),
        functions: Vec::new(),
        imported_functions: Vec::new(),
        tables: Vec::new(),
        imported_tables: Vec::new(),
        memories: Vec::new(),
        imported_memories: Vec::new(),
        globals: Vec::new(),
        imported_globals: Vec::new(),
        tags: Vec::new(),
        imported_tags: Vec::new(),
        global_inits: Vec::new(),
        table_inits: Vec::new(),
        exports: Default::default(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        bodies: Vec::new(),
        code_offset: 0,
        debug_sections: Default::default(),
        function_names: Default::default(),
        tag_names: Default::default(),
    }
}

fn section<'a>(
    module: &mut Module<'a>,
    context: &mut Context,
    payload: Payload<'a>,
    warnings: &mut Vec<String>,
) -> ParseResult<()> {
    if let ValidPayload::Func(to_validate, body) = context.validator.payload(&payload)? {
        module.bodies.push(Body { body, to_validate: std::sync::Mutex::new(Some(to_validate)) });
    }
    let Some(types) = context.validator.types(0) else { return Ok(()) };
    match payload {
        Payload::TypeSection(_) => {
            type_section(module, &mut context.types, types);
            Ok(())
        }
        Payload::ImportSection(reader) => import_section(module, reader, types),
        Payload::FunctionSection(reader) => function_section(module, reader),
        Payload::TableSection(reader) => table_section(module, reader, types),
        Payload::MemorySection(reader) => memory_section(module, reader),
        Payload::GlobalSection(reader) => global_section(module, reader, types),
        Payload::TagSection(reader) => tag_section(module, reader),
        Payload::ExportSection(reader) => export_section(module, reader),
        Payload::StartSection { func, .. } => {
            module.start = Some(func);
            Ok(())
        }
        Payload::ElementSection(reader) => element_section(module, reader),
        Payload::DataSection(reader) => data_section(module, reader),
        Payload::CodeSectionStart { unchecked_range: range, .. } => {
            module.code_offset = range.start;
            Ok(())
        }
        Payload::CustomSection(reader) if reader.name().starts_with(".debug_") => {
            module.debug_sections.insert(reader.name(), reader.data());
            Ok(())
        }
        Payload::CustomSection(reader) => {
            if let wasmparser::KnownCustom::Name(names) = reader.as_known()
                && name_section(module, names).is_err()
            {
                warnings.push(format!("{}: the name section is malformed and partly ignored", module.file));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn type_section(module: &mut Module, all: &mut Types, types: TypesRef) {
    let count = types.core_type_count_in_module();
    module.types.extend((0..count).map(|index| all.add(types, types.core_type_at_in_module(index))));
}

fn import_section<'a>(module: &mut Module<'a>, reader: ImportSectionReader<'a>, types: TypesRef) -> ParseResult<()> {
    for import in reader.into_imports_with_offsets() {
        let (offset, import) = import?;
        let at = module.imports.len();
        let entity = match import.ty {
            TypeRef::Func(ty) => {
                module.functions.push(ty);
                module.imported_functions.push(at);
                Entity::Function(module.functions.len() as u32 - 1)
            }
            TypeRef::Table(_) => {
                module.tables.push(types.table_at(module.tables.len() as u32));
                module.imported_tables.push(at);
                Entity::Table(module.tables.len() as u32 - 1)
            }
            TypeRef::Memory(ty) => {
                module.memories.push(ty);
                module.imported_memories.push(at);
                Entity::Memory(module.memories.len() as u32 - 1)
            }
            TypeRef::Global(_) => {
                module.globals.push(types.global_at(module.globals.len() as u32));
                module.imported_globals.push(at);
                Entity::Global(module.globals.len() as u32 - 1)
            }
            TypeRef::Tag(ty) => {
                module.tags.push(ty.func_type_idx);
                module.imported_tags.push(at);
                Entity::Tag(module.tags.len() as u32 - 1)
            }
            TypeRef::FuncExact(_) => {
                return Err(ParseError::Unsupported("this kind of import", offset));
            }
        };
        module.imports.push(Import { module: import.module, name: import.name, entity });
    }
    Ok(())
}

fn function_section(module: &mut Module, reader: FunctionSectionReader) -> ParseResult<()> {
    for ty in reader {
        module.functions.push(ty?);
    }
    Ok(())
}

fn table_section<'a>(module: &mut Module<'a>, reader: TableSectionReader<'a>, types: TypesRef) -> ParseResult<()> {
    for table in reader {
        module.tables.push(types.table_at(module.tables.len() as u32));
        module.table_inits.push(match table?.init {
            TableInit::Expr(expression) => Some(expression),
            TableInit::RefNull => None,
        });
    }
    Ok(())
}

fn memory_section(module: &mut Module, reader: MemorySectionReader) -> ParseResult<()> {
    for memory in reader {
        module.memories.push(memory?);
    }
    Ok(())
}

fn global_section<'a>(module: &mut Module<'a>, reader: GlobalSectionReader<'a>, types: TypesRef) -> ParseResult<()> {
    for global in reader {
        module.globals.push(types.global_at(module.globals.len() as u32));
        module.global_inits.push(global?.init_expr);
    }
    Ok(())
}

fn tag_section(module: &mut Module, reader: TagSectionReader) -> ParseResult<()> {
    for tag in reader {
        module.tags.push(tag?.func_type_idx);
    }
    Ok(())
}

fn export_section<'a>(module: &mut Module<'a>, reader: ExportSectionReader<'a>) -> ParseResult<()> {
    for export in reader {
        let export = export?;
        let entity = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => Entity::Function(export.index),
            ExternalKind::Table => Entity::Table(export.index),
            ExternalKind::Memory => Entity::Memory(export.index),
            ExternalKind::Global => Entity::Global(export.index),
            ExternalKind::Tag => Entity::Tag(export.index),
        };
        module.exports.insert(export.name, entity);
    }
    Ok(())
}

fn element_section<'a>(module: &mut Module<'a>, reader: ElementSectionReader<'a>) -> ParseResult<()> {
    for element in reader {
        let element = element?;
        let mode = match element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                SegmentMode::Active(table_index.unwrap_or(0), offset_expr)
            }
        };
        let (ty, items) = match element.items {
            WasmElementItems::Functions(functions) => {
                let functions = functions.into_iter().collect::<wasmparser::Result<_>>()?;
                (RefType::FUNC, ElementItems::Functions(functions))
            }
            WasmElementItems::Expressions(ty, expressions) => {
                let expressions = expressions.into_iter().collect::<wasmparser::Result<_>>()?;
                (ty, ElementItems::Expressions(expressions))
            }
        };
        module.elements.push(ElementSegment { mode, ty, items });
    }
    Ok(())
}

fn data_section<'a>(module: &mut Module<'a>, reader: DataSectionReader<'a>) -> ParseResult<()> {
    for data in reader {
        let data = data?;
        let mode = match data.kind {
            DataKind::Passive => SegmentMode::Passive,
            DataKind::Active { memory_index, offset_expr } => SegmentMode::Active(memory_index, offset_expr),
        };
        module.data.push(DataSegment { mode, bytes: data.data });
    }
    Ok(())
}

fn name_section<'a>(module: &mut Module<'a>, reader: NameSectionReader<'a>) -> ParseResult<()> {
    for subsection in reader {
        let (names, of) = match subsection? {
            Name::Function(names) => (names, &mut module.function_names),
            Name::Tag(names) => (names, &mut module.tag_names),
            _ => continue,
        };
        for naming in names {
            let naming = naming?;
            of.insert(naming.index, naming.name);
        }
    }
    Ok(())
}
