//! Bytes -> [`Module`], one function per section. Validates everything but function bodies, which [`crate::analyze`] does in parallel.

use wasmparser::{
    BinaryReaderError, ConstExpr as WasmConstExpr, DataKind, DataSectionReader, ElementItems, ElementKind,
    ElementSectionReader, Encoding, ExportSectionReader, ExternalKind, FunctionSectionReader, GlobalSectionReader,
    ImportSectionReader, MemorySectionReader, Name, NameSectionReader, Operator, Parser, Payload, TableInit,
    TableSectionReader, TypeRef, TypeSectionReader, ValidPayload, Validator, WasmFeatures,
};

use crate::error::{Error, Place, Result};
use crate::module::{
    Body, ConstExpr, ConstOp, DataSegment, ElementItem, ElementSegment, Entity, Import, Module, SegmentMode,
};
use crate::options::{Input, accepted_features};

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

/// Parses one module; `bytes` is the binary form of `input`.
///
/// # Errors
/// [`Error::Invalid`] or [`Error::Unsupported`] with the offset.
pub fn parse<'a>(input: &Input<'a>, bytes: &'a [u8], warnings: &mut Vec<String>) -> Result<Module<'a>> {
    let mut module = empty_module(input);
    let mut validator = Validator::new_with_features(accepted_features());
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
        section(&mut module, &mut validator, payload, warnings).map_err(|error| match error {
            ParseError::Wasm(error) => invalid(input.file, bytes, &error),
            ParseError::Unsupported(feature, offset) => Error::Unsupported {
                place: Place { offset: Some(offset as usize), ..Place::file(input.file) },
                feature: feature.to_string(),
            },
        })?;
    }
    Ok(module)
}

/// Turns a validation error into one that says whether a newer proposal would have made the module valid.
pub fn invalid(file: &str, bytes: &[u8], error: &BinaryReaderError) -> Error {
    let place = Place { offset: Some(error.offset() as usize), ..Place::file(file) };
    let valid_with_everything = || Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok();
    if !is_truncated(error) && valid_with_everything() {
        return Error::Unsupported { place, feature: error.message().to_string() };
    }
    Error::Invalid { place, message: error.message().to_string() }
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
        global_inits: Vec::new(),
        exports: Default::default(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        bodies: Vec::new(),
        code_offset: 0,
        debug_sections: Default::default(),
        function_names: Default::default(),
    }
}

fn section<'a>(
    module: &mut Module<'a>,
    validator: &mut Validator,
    payload: Payload<'a>,
    warnings: &mut Vec<String>,
) -> ParseResult<()> {
    if let ValidPayload::Func(to_validate, body) = validator.payload(&payload)? {
        module.bodies.push(Body { body, to_validate: std::sync::Mutex::new(Some(to_validate)) });
    }
    match payload {
        Payload::TypeSection(reader) => type_section(module, reader),
        Payload::ImportSection(reader) => import_section(module, reader),
        Payload::FunctionSection(reader) => function_section(module, reader),
        Payload::TableSection(reader) => table_section(module, reader),
        Payload::MemorySection(reader) => memory_section(module, reader),
        Payload::GlobalSection(reader) => global_section(module, reader),
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

fn type_section(module: &mut Module, reader: TypeSectionReader) -> ParseResult<()> {
    for ty in reader.into_iter_err_on_gc_types() {
        module.types.push(ty?);
    }
    Ok(())
}

fn import_section<'a>(module: &mut Module<'a>, reader: ImportSectionReader<'a>) -> ParseResult<()> {
    for import in reader.into_imports_with_offsets() {
        let (offset, import) = import?;
        let at = module.imports.len();
        let entity = match import.ty {
            TypeRef::Func(ty) => {
                module.functions.push(ty);
                module.imported_functions.push(at);
                Entity::Function(module.functions.len() as u32 - 1)
            }
            TypeRef::Table(ty) => {
                module.tables.push(ty);
                module.imported_tables.push(at);
                Entity::Table(module.tables.len() as u32 - 1)
            }
            TypeRef::Memory(ty) => {
                module.memories.push(ty);
                module.imported_memories.push(at);
                Entity::Memory(module.memories.len() as u32 - 1)
            }
            TypeRef::Global(ty) => {
                module.globals.push(ty);
                module.imported_globals.push(at);
                Entity::Global(module.globals.len() as u32 - 1)
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => {
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

fn table_section(module: &mut Module, reader: TableSectionReader) -> ParseResult<()> {
    for table in reader.into_iter_with_offsets() {
        let (offset, table) = table?;
        if let TableInit::Expr(_) = table.init {
            return Err(ParseError::Unsupported("table initializers", offset));
        }
        module.tables.push(table.ty);
    }
    Ok(())
}

fn memory_section(module: &mut Module, reader: MemorySectionReader) -> ParseResult<()> {
    for memory in reader {
        module.memories.push(memory?);
    }
    Ok(())
}

fn global_section(module: &mut Module, reader: GlobalSectionReader) -> ParseResult<()> {
    for global in reader {
        let global = global?;
        module.globals.push(global.ty);
        module.global_inits.push(const_expr(&global.init_expr)?);
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
            ExternalKind::Tag => continue,
        };
        module.exports.insert(export.name, entity);
    }
    Ok(())
}

fn element_section(module: &mut Module, reader: ElementSectionReader) -> ParseResult<()> {
    for element in reader.into_iter_with_offsets() {
        let (offset, element) = element?;
        let mode = match element.kind {
            ElementKind::Passive => SegmentMode::Passive,
            ElementKind::Declared => SegmentMode::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                SegmentMode::Active(table_index.unwrap_or(0), const_expr(&offset_expr)?)
            }
        };
        let items = match element.items {
            ElementItems::Functions(functions) => {
                functions.into_iter().map(|index| Ok(ElementItem::Function(index?))).collect::<ParseResult<_>>()?
            }
            ElementItems::Expressions(_, expressions) => expressions
                .into_iter()
                .map(|expression| match const_expr(&expression?)?.as_slice() {
                    [ConstOp::RefNull] => Ok(ElementItem::Null),
                    [ConstOp::RefFunc(index)] => Ok(ElementItem::Function(*index)),
                    [ConstOp::GlobalGet(index)] => Ok(ElementItem::Global(*index)),
                    _ => Err(ParseError::Unsupported("this element expression", offset)),
                })
                .collect::<ParseResult<_>>()?,
        };
        module.elements.push(ElementSegment { mode, items });
    }
    Ok(())
}

fn data_section<'a>(module: &mut Module<'a>, reader: DataSectionReader<'a>) -> ParseResult<()> {
    for data in reader {
        let data = data?;
        let mode = match data.kind {
            DataKind::Passive => SegmentMode::Passive,
            DataKind::Active { memory_index, offset_expr } => {
                SegmentMode::Active(memory_index, const_expr(&offset_expr)?)
            }
        };
        module.data.push(DataSegment { mode, bytes: data.data });
    }
    Ok(())
}

fn name_section<'a>(module: &mut Module<'a>, reader: NameSectionReader<'a>) -> ParseResult<()> {
    for subsection in reader {
        if let Name::Function(names) = subsection? {
            for naming in names {
                let naming = naming?;
                module.function_names.insert(naming.index, naming.name);
            }
        }
    }
    Ok(())
}

fn const_expr(expression: &WasmConstExpr) -> ParseResult<ConstExpr> {
    let mut ops = Vec::new();
    for op in expression.get_operators_reader().into_iter_with_offsets() {
        let (op, offset) = op?;
        ops.push(match op {
            Operator::I32Const { value } => ConstOp::I32(value),
            Operator::I64Const { value } => ConstOp::I64(value),
            Operator::F32Const { value } => ConstOp::F32(value.bits()),
            Operator::F64Const { value } => ConstOp::F64(value.bits()),
            Operator::V128Const { value } => ConstOp::V128(*value.bytes()),
            Operator::RefNull { .. } => ConstOp::RefNull,
            Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
            Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            Operator::I64Add => ConstOp::I64Add,
            Operator::I64Sub => ConstOp::I64Sub,
            Operator::I64Mul => ConstOp::I64Mul,
            Operator::End => break,
            _ => return Err(ParseError::Unsupported("this constant instruction", offset)),
        });
    }
    Ok(ops)
}
